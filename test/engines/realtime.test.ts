import { rm } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { startRealtimeRig } from "../realtime/rig.ts";
import { buildBarePage } from "../support/bare-page.ts";
import { until } from "../support/browser-rig.ts";
import type { Engine, Tab } from "../support/engines/engine.ts";
import { startEngine } from "../support/engines/start-engine.ts";
import { type Rig, startRig } from "../support/rig.ts";
import { startCallsStandIn } from "../support/stand-in/calls/calls.ts";
import type { Script } from "../support/stand-in/realtime/answer.ts";

// Unmodified clients in a page, with the credential that the page was given: bound, and exchanged for each session.

let engine: Engine;
let tab: Tab;
let assets: string;
let sockets: Awaited<ReturnType<typeof startRealtimeRig>>;
let calls: Rig & { readonly provider: Awaited<ReturnType<typeof startCallsStandIn>> };
beforeAll(async () => {
  [engine, assets] = await Promise.all([startEngine(inject("engine")), buildBarePage("realtime-page")]);
  tab = await (await engine.newProfile()).newTab();
  sockets = await startRealtimeRig({ assets });
  const provider = await startCallsStandIn({ withPeers: true });
  calls = { ...(await startRig({ assets, settings: { OPENAI_BASE_URL: provider.url } })), provider };
});
afterAll(async () => {
  await engine?.close();
  await Promise.all([sockets?.stop(), calls?.stop(), calls?.provider.stop()]);
  if (assets) await rm(assets, { recursive: true, force: true });
});
afterEach(() => {
  sockets.provider.scripts.length = 0;
});

async function open(url = sockets.server.url): Promise<void> {
  await tab.goTo(url);
  await until(tab, () => "realtime" in globalThis);
  await tab.evaluate(async () => void (await realtime.register()));
}

const CLIENTS = [
  { name: "openai, OpenAIRealtimeWebSocket", by: "socket" },
  { name: "@openai/agents-realtime over a WebSocket", by: "socket" },
  { name: "@openai/agents-realtime over WebRTC", by: "call" },
  { name: "the beta's reference client", by: "socket" },
  { name: "realtimeSocket", by: "socket" },
] as const;
/** WebKitGTK as Debian builds it has no WebRTC. */
const HERE = CLIENTS.filter(({ by }) => by === "socket" || inject("engine") !== "webkit");

const LONG: Script = { seconds: 60, everyMs: 10 };
const PATIENCE = { timeout: 15_000 };

describe.each(HERE)("$name", ({ name, by }) => {
  const said = () => tab.evaluate(() => realtime.do("said"));
  const heard = () => tab.evaluate(() => realtime.do("heard"));

  test("text, a tool, voice and an interruption", async () => {
    const rig = by === "call" ? calls : sockets;
    await open(rig.server.url);
    await tab.evaluate((client) => realtime.open(client), name);
    await tab.evaluate(() => realtime.do("write", "Hello?"));
    await expect.poll(() => said(), PATIENCE).toContain("Hello from the stand-in.");
    await tab.evaluate(() => realtime.do("write", "call:weather"));
    await expect.poll(() => said(), PATIENCE).toMatch(/The tool said .*rain in Paris/);
    const before = await heard();
    await tab.evaluate(() => realtime.do("speak", { pause: true }));
    await expect.poll(() => heard(), PATIENCE).toBeGreaterThan(before);
    if (by === "call") expect(calls.provider.calls.at(-1)?.voicePackets()).toBeGreaterThan(0);
    else await expect.poll(async () => (await said()).match(/Hello from/g)?.length, PATIENCE).toBe(2);
    rig.provider.scripts.push(LONG);
    const begun = await tab.evaluate(() => realtime.do("begun"));
    const soFar = await heard();
    await tab.evaluate(() => realtime.do("write", "Talk."));
    await expect.poll(() => tab.evaluate(() => realtime.do("begun")), PATIENCE).toBeGreaterThan(begun);
    await expect.poll(() => heard(), PATIENCE).toBeGreaterThan(soFar + ENOUGH[by]);
    await tab.evaluate(() => realtime.do("interrupt"));
    await expect.poll(() => tab.evaluate(() => realtime.do("interruptions")), PATIENCE).toBeGreaterThan(0);
    expect(await tab.evaluate(() => realtime.do("errors"))).toEqual([]);
  });
});

/** Bytes of sound, or packets, after which there is something to interrupt. */
const ENOUGH = { socket: 9600, call: 5 } as const;

describe("realtimeSocket", () => {
  const told = () => tab.evaluate(() => realtime.events);
  const session = { instructions: "Speak like a pirate." };

  test("tells what is left, locks the session, and closes as it is told", async () => {
    await open();
    await tab.evaluate((asked) => realtime.socket({ model: "gpt-realtime", session: asked }), session);
    await expect.poll(() => told(), PATIENCE).toContain("session.created");
    const [left] = await tab.evaluate(() => realtime.budgets);
    expect(left?.secondsLeft).toBeGreaterThan(0);
    expect(left?.secondsLeft).toBeLessThanOrEqual(600);
    const connection = sockets.provider.connections.at(-1);
    expect(connection?.config()).toMatchObject(session);
    await tab.evaluate(() => realtime.close());
    await expect.poll(() => told(), PATIENCE).toContain("close 1000");
    expect((await told()).filter((type) => type.startsWith("mintgate."))).toEqual([]);
  });

  test("connects again where the provider is lost between two responses, with the same session, and says so", async () => {
    await open();
    await tab.evaluate((asked) => realtime.socket({ model: "gpt-realtime", session: asked }), session);
    await expect.poll(() => told(), PATIENCE).toContain("session.created");
    const before = sockets.provider.connections.length;
    sockets.provider.connections.at(-1)?.cut();
    await expect.poll(() => told(), PATIENCE).toContain("mintgate.reconnected");
    await expect
      .poll(() => told().then((types) => types.slice(types.indexOf("mintgate.reconnected"))), PATIENCE)
      .toContain("session.created");
    expect(sockets.provider.connections.length).toBe(before + 1);
    expect(sockets.provider.connections.at(-1)?.config()).toMatchObject(session);
    expect(await told()).not.toContain("close 1011");
    await tab.evaluate(() => realtime.send({ type: "response.create" }));
    await expect.poll(() => told(), PATIENCE).toContain("response.done");
  });

  test("does not connect again in the middle of a response, nor after an end that is final", async () => {
    await open();
    await tab.evaluate(() => realtime.socket({ model: "gpt-realtime" }));
    sockets.provider.scripts.push(LONG);
    await tab.evaluate(() => realtime.send({ type: "response.create" }));
    await expect.poll(() => told(), PATIENCE).toContain("response.output_audio.delta");
    sockets.provider.connections.at(-1)?.cut();
    await expect.poll(() => told(), PATIENCE).toContain("close 1011");
    expect(await told()).toContain("error upstream_lost");
    await tab.evaluate(() => realtime.socket({ model: "gpt-realtime" }));
    sockets.provider.connections.at(-1)?.close(4242, "final");
    await expect.poll(() => told(), PATIENCE).toContain("close 4242");
    expect(await told()).not.toContain("mintgate.reconnected");
  });

  test("says why there is no session, and what to do", async () => {
    await open();
    const failure = (model: string) => tab.evaluate((id) => realtime.failure({ model: id }), model);
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
