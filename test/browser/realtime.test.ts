import { rm } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startRealtimeRig } from "../realtime/rig.ts";
import { buildBarePage } from "../support/bare-page.ts";
import { launchBrowser, openPage } from "../support/browser.ts";
import { type Rig, startRig } from "../support/rig.ts";
import { startCallsStandIn } from "../support/stand-in/calls/calls.ts";
import type { Script } from "../support/stand-in/realtime/answer.ts";

// Unmodified clients in a page of Chromium's, with the credential that the page was given: bound, and exchanged for each session.

let browser: Browser;
let assets: string;
let sockets: Awaited<ReturnType<typeof startRealtimeRig>>;
let calls: Rig & { readonly provider: Awaited<ReturnType<typeof startCallsStandIn>> };
beforeAll(async () => {
  const flags = [
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
  ];
  [browser, assets] = await Promise.all([launchBrowser(flags), buildBarePage("realtime-page")]);
  sockets = await startRealtimeRig({ assets });
  const provider = await startCallsStandIn({ withPeers: true });
  calls = { ...(await startRig({ assets, settings: { OPENAI_BASE_URL: provider.url } })), provider };
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([sockets?.stop(), calls?.stop(), calls?.provider.stop()]);
  if (assets) await rm(assets, { recursive: true, force: true });
});
afterEach(() => {
  sockets.provider.scripts.length = 0;
});

async function open(url = sockets.server.url): Promise<Page> {
  const { page, close } = await openPage(browser);
  onTestFinished(close);
  await page.addInitScript(speakPlainly);
  await page.goto(url);
  await page.waitForFunction(() => "realtime" in globalThis);
  await page.evaluate(() => realtime.register());
  return page;
}

/** OpenAI's SDK takes `wss:` alone; the test's server speaks `ws:`. */
function speakPlainly(): void {
  const Original = WebSocket;
  window.WebSocket = class extends Original {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(String(url).replace(/^wss:/, "ws:"), protocols);
    }
  };
}

const CLIENTS = [
  { name: "openai, OpenAIRealtimeWebSocket", by: "socket" },
  { name: "@openai/agents-realtime over a WebSocket", by: "socket" },
  { name: "@openai/agents-realtime over WebRTC", by: "call" },
  { name: "the beta's reference client", by: "socket" },
  { name: "realtimeSocket", by: "socket" },
] as const;

const LONG: Script = { seconds: 60, everyMs: 10 };
const PATIENCE = { timeout: 15_000 };

describe.each(CLIENTS)("$name", ({ name, by }) => {
  const said = (page: Page) => page.evaluate(() => realtime.do("said"));
  const heard = (page: Page) => page.evaluate(() => realtime.do("heard"));

  test("text, a tool, voice and an interruption", async () => {
    const rig = by === "call" ? calls : sockets;
    const page = await open(rig.server.url);
    await page.evaluate((client) => realtime.open(client), name);
    await page.evaluate(() => realtime.do("write", "Hello?"));
    await expect.poll(() => said(page), PATIENCE).toContain("Hello from the stand-in.");
    await page.evaluate(() => realtime.do("write", "call:weather"));
    await expect.poll(() => said(page), PATIENCE).toMatch(/The tool said .*rain in Paris/);
    const before = await heard(page);
    await page.evaluate(() => realtime.do("speak", { pause: true }));
    await expect.poll(() => heard(page), PATIENCE).toBeGreaterThan(before);
    if (by === "call") expect(calls.provider.calls.at(-1)?.voicePackets()).toBeGreaterThan(0);
    else await expect.poll(async () => (await said(page)).match(/Hello from/g)?.length, PATIENCE).toBe(2);
    rig.provider.scripts.push(LONG);
    const begun = await page.evaluate(() => realtime.do("begun"));
    const soFar = await heard(page);
    await page.evaluate(() => realtime.do("write", "Talk."));
    await expect.poll(() => page.evaluate(() => realtime.do("begun")), PATIENCE).toBeGreaterThan(begun);
    await expect.poll(() => heard(page), PATIENCE).toBeGreaterThan(soFar + ENOUGH[by]);
    await page.evaluate(() => realtime.do("interrupt"));
    await expect.poll(() => page.evaluate(() => realtime.do("interruptions")), PATIENCE).toBeGreaterThan(0);
    expect(await page.evaluate(() => realtime.do("errors"))).toEqual([]);
  });
});

/** Bytes of sound, or packets, after which there is something to interrupt. */
const ENOUGH = { socket: 9600, call: 5 } as const;

describe("realtimeSocket", () => {
  const told = (page: Page) => page.evaluate(() => realtime.events);
  const session = { instructions: "Speak like a pirate." };

  test("tells what is left, locks the session, and closes as it is told", async () => {
    const page = await open();
    await page.evaluate((asked) => realtime.socket({ model: "gpt-realtime", session: asked }), session);
    await expect.poll(() => told(page), PATIENCE).toContain("session.created");
    const [left] = await page.evaluate(() => realtime.budgets);
    expect(left?.secondsLeft).toBeGreaterThan(0);
    expect(left?.secondsLeft).toBeLessThanOrEqual(600);
    const connection = sockets.provider.connections.at(-1);
    expect(connection?.config()).toMatchObject(session);
    await page.evaluate(() => realtime.close());
    await expect.poll(() => told(page), PATIENCE).toContain("close 1000");
    expect((await told(page)).filter((type) => type.startsWith("mintgate."))).toEqual([]);
  });

  test("connects again where the provider is lost between two responses, with the same session, and says so", async () => {
    const page = await open();
    await page.evaluate((asked) => realtime.socket({ model: "gpt-realtime", session: asked }), session);
    await expect.poll(() => told(page), PATIENCE).toContain("session.created");
    const before = sockets.provider.connections.length;
    sockets.provider.connections.at(-1)?.cut();
    await expect.poll(() => told(page), PATIENCE).toContain("mintgate.reconnected");
    await expect
      .poll(() => told(page).then((types) => types.slice(types.indexOf("mintgate.reconnected"))), PATIENCE)
      .toContain("session.created");
    expect(sockets.provider.connections.length).toBe(before + 1);
    expect(sockets.provider.connections.at(-1)?.config()).toMatchObject(session);
    expect(await told(page)).not.toContain("close 1011");
    await page.evaluate(() => realtime.send({ type: "response.create" }));
    await expect.poll(() => told(page), PATIENCE).toContain("response.done");
  });

  test("does not connect again in the middle of a response, nor after an end that is final", async () => {
    const page = await open();
    await page.evaluate(() => realtime.socket({ model: "gpt-realtime" }));
    sockets.provider.scripts.push(LONG);
    await page.evaluate(() => realtime.send({ type: "response.create" }));
    await expect.poll(() => told(page), PATIENCE).toContain("response.output_audio.delta");
    sockets.provider.connections.at(-1)?.cut();
    await expect.poll(() => told(page), PATIENCE).toContain("close 1011");
    expect(await told(page)).toContain("error upstream_lost");
    await page.evaluate(() => realtime.socket({ model: "gpt-realtime" }));
    sockets.provider.connections.at(-1)?.close(4242, "final");
    await expect.poll(() => told(page), PATIENCE).toContain("close 4242");
    expect(await told(page)).not.toContain("mintgate.reconnected");
  });

  test("says why there is no session, and what to do", async () => {
    const page = await open();
    const failure = (model: string) => page.evaluate((id) => realtime.failure({ model: id }), model);
    const unknown = await failure("no-such-model");
    expect(unknown).toMatchObject({ name: "RealtimeError", code: "model_not_found", status: 404, isTemporary: false });
    expect(unknown.advice).toContain("GET /models");
    expect(await failure("guide")).toMatchObject({ name: "RealtimeError", closeCode: 1008, isTemporary: false });
    sockets.provider.refuse(503);
    onTestFinished(() => sockets.provider.refuse(undefined));
    const refused = await failure("gpt-realtime");
    expect(refused).toMatchObject({ name: "RealtimeError", closeCode: 1011, isTemporary: true });
    expect(refused.advice).toContain("try again");
  });
});
