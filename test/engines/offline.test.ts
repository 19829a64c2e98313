import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { HEADER } from "../../mint-server/contract/headers.ts";
import { type BrowserRig, type OpenOptions, reload, startBrowserRig } from "../support/browser-rig.ts";
import type { Tab } from "../support/engines/engine.ts";
import { chat } from "../support/work.ts";
import { COVERS } from "./covers.ts";
import { ask, listen, online, QUEUE, runFlips, waiting } from "./flips.ts";
import { dumpDatabases } from "./stored.ts";

/* Offline means here that the server is stopped: no engine's emulation reaches the worker's own requests. */

let rig: BrowserRig;
beforeAll(async () => {
  rig = await startBrowserRig({ engine: inject("engine") });
});
afterAll(() => rig.stop());

const codeOf = ({ text }: { readonly text: string }) => (JSON.parse(text) as { error?: { code: string } }).error?.code;
const callsOf = (user: string) => rig.standIn.requests.filter(({ fields }) => fields.user === user);

/** A page that was online once, and hears what becomes of what waits. */
async function open(options: OpenOptions = {}): Promise<Tab> {
  const tab = await rig.open(options);
  await ask(tab, chat());
  await listen(tab);
  return tab;
}

/** Waits until nothing waits any more. */
async function emptied(tab: Tab): Promise<void> {
  await expect.poll(() => waiting(tab), { timeout: 30_000 }).toEqual([]);
}

describe.each(COVERS)("through $by", ({ options }) => {
  let tab: Tab;
  beforeAll(async () => {
    tab = await open(options);
  });

  test("what waits is sent when the server is there again, and its answer is kept", async () => {
    const user = crypto.randomUUID();
    const body = chat({}, { user, stream: true });
    await rig.server.stop();
    const queued = await ask(tab, body, QUEUE);
    expect([queued.status, codeOf(queued)]).toEqual([503, "queued"]);
    const id = queued.headers[HEADER.outbox] ?? "none";
    expect(await waiting(tab)).toMatchObject([{ id }]);
    expect(codeOf(await ask(tab, chat({}, { user: "another" })))).toBe("offline");
    await rig.restart();
    await online(tab);
    await emptied(tab);
    await expect.poll(() => tab.evaluate(() => heard)).toMatchObject([{ type: "delivered", requestId: id }]);
    expect(callsOf(user)).toHaveLength(1);
    const answer = await ask(tab, body, QUEUE);
    expect(answer.headers).toMatchObject({ [HEADER.cached]: "HIT", [HEADER.source]: "browser-cache" });
    expect(answer.text).toBe(callsOf(user)[0]?.answer.toString());
  });

  test("what waits can be taken back, and signing out leaves nothing of it", async () => {
    const canary = `canary-${crypto.randomUUID()}`;
    await rig.server.stop();
    const first = await ask(tab, chat({}, { user: canary }), QUEUE);
    await ask(tab, chat({}, { user: `${canary}-2` }), QUEUE);
    expect(await tab.evaluate(dumpDatabases)).not.toContain("canary");
    await tab.evaluate((id) => app.dropQueued(id), first.headers[HEADER.outbox] ?? "none");
    expect(await waiting(tab)).toHaveLength(1);
    await tab.evaluate(() => app.signOut());
    expect(await waiting(tab)).toEqual([]);
    await rig.restart();
    await ask(tab, chat());
    expect(callsOf(canary).concat(callsOf(`${canary}-2`))).toEqual([]);
  });

  test("a stream goes on when all connections are broken from the page", async () => {
    const user = crypto.randomUUID();
    const resumed = tab.evaluate(
      () => new Promise<string>((resolve) => app.onEvent(({ type }) => type === "resume" && resolve(type))),
    );
    // Long enough to be under way still when the driver gets to it.
    const reading = ask(tab, chat({ events: 300, everyMs: 10 }, { user, stream: true }));
    await rig.standIn.waitFor(({ fields, eventsSent }) => fields.user === user && eventsSent >= 5);
    await tab.evaluate(() => app.interrupt());
    expect((await reading).text).toBe(callsOf(user)[0]?.answer.toString());
    expect(await resumed).toBe("resume");
    expect(callsOf(user)).toHaveLength(1);
  });
});

test("each of two tabs' messages is delivered once and in order, however often the server comes and goes", async () => {
  const one = await open();
  const other = await open({ profile: one.profile });
  const { asked, sent, delivered, wrong } = await runFlips(rig, [one, other], 5);
  expect(wrong).toEqual([]);
  expect(sent).toEqual(asked);
  expect(delivered).toBe(10);
});

test("what waits outlives the worker and a reload", async () => {
  const tab = await open();
  const user = crypto.randomUUID();
  await rig.server.stop();
  await ask(tab, chat({}, { user }), QUEUE);
  await rig.restart();
  await tab.evaluate(async () => void (await (await navigator.serviceWorker.getRegistration())?.unregister()));
  await reload(tab);
  await emptied(tab);
  expect(callsOf(user)).toHaveLength(1);
});
