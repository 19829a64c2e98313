import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { HEADER } from "../../mint-server/contract/headers.ts";
import type { WatchedPage } from "../support/browser.ts";
import { type BrowserRig, goTo, type OpenOptions, startBrowserRig } from "../support/browser-rig.ts";
import { chat } from "../support/work.ts";
import { stopWorkers } from "./cuts.ts";
import { ask, listen, online, QUEUE, runFlips, waiting } from "./flips.ts";
import { dumpDatabases } from "./stored.ts";

/* Offline means here that the server is stopped: no engine's emulation reaches the worker's own requests. */

let rig: BrowserRig;
beforeAll(async () => {
  rig = await startBrowserRig();
});
afterAll(() => rig.stop());

const COVERS: readonly { readonly by: string; readonly options: OpenOptions }[] = [
  { by: "the worker", options: {} },
  { by: "the page itself", options: { withoutWorkers: true } },
];

const codeOf = ({ text }: { readonly text: string }) => (JSON.parse(text) as { error?: { code: string } }).error?.code;
const callsOf = (user: string) => rig.standIn.requests.filter(({ fields }) => fields.user === user);

/** A page that was online once, and hears what becomes of what waits. */
async function open(options: OpenOptions = {}): Promise<WatchedPage> {
  const watched = await rig.open(options);
  onTestFinished(watched.close);
  await ask(watched, chat());
  await listen(watched);
  return watched;
}

/** Waits until nothing waits any more. */
async function emptied(watched: WatchedPage): Promise<void> {
  await expect.poll(() => waiting(watched), { timeout: 30_000 }).toEqual([]);
}

describe.each(COVERS)("through $by", ({ options }) => {
  test("what waits is sent when the server is there again, and its answer is kept", async () => {
    const watched = await open(options);
    const user = crypto.randomUUID();
    const body = chat({}, { user, stream: true });
    await rig.server.stop();
    const queued = await ask(watched, body, QUEUE);
    expect([queued.status, codeOf(queued)]).toEqual([503, "queued"]);
    const id = queued.headers[HEADER.outbox] ?? "none";
    expect(await waiting(watched)).toMatchObject([{ id }]);
    expect(codeOf(await ask(watched, chat({}, { user: "another" })))).toBe("offline");
    await rig.restart();
    await online(watched);
    await emptied(watched);
    await expect.poll(() => watched.page.evaluate(() => heard)).toMatchObject([{ type: "delivered", requestId: id }]);
    expect(callsOf(user)).toHaveLength(1);
    const answer = await ask(watched, body, QUEUE);
    expect(answer.headers).toMatchObject({ [HEADER.cached]: "HIT", [HEADER.source]: "browser-cache" });
    expect(answer.text).toBe(callsOf(user)[0]?.answer.toString());
  });

  test("what waits can be taken back, and signing out leaves nothing of it", async () => {
    const watched = await open(options);
    const canary = `canary-${crypto.randomUUID()}`;
    await rig.server.stop();
    const first = await ask(watched, chat({}, { user: canary }), QUEUE);
    await ask(watched, chat({}, { user: `${canary}-2` }), QUEUE);
    expect(await watched.page.evaluate(dumpDatabases)).not.toContain("canary");
    await watched.page.evaluate((id) => app.dropQueued(id), first.headers[HEADER.outbox] ?? "none");
    expect(await waiting(watched)).toHaveLength(1);
    await watched.page.evaluate(() => app.signOut());
    expect(await waiting(watched)).toEqual([]);
    await rig.restart();
    await ask(watched, chat());
    expect(callsOf(canary).concat(callsOf(`${canary}-2`))).toEqual([]);
  });

  test("a stream goes on when all connections are broken from the page", async () => {
    const watched = await open(options);
    const user = crypto.randomUUID();
    const reading = ask(watched, chat({ events: 60, everyMs: 10 }, { user, stream: true }));
    await rig.standIn.waitFor(({ fields, eventsSent }) => fields.user === user && eventsSent >= 5);
    const resumed = watched.page.evaluate(
      () => new Promise<string>((resolve) => app.onEvent(({ type }) => type === "resume" && resolve(type))),
    );
    await watched.page.evaluate(() => app.interrupt());
    expect((await reading).text).toBe(callsOf(user)[0]?.answer.toString());
    expect(await resumed).toBe("resume");
    expect(callsOf(user)).toHaveLength(1);
  });
});

test("each of two tabs' messages is delivered once and in order, however often the server comes and goes", async () => {
  const one = await open();
  const other = await open({ beside: one });
  const { asked, sent, delivered, wrong } = await runFlips(rig, [one, other], 10);
  expect(wrong).toEqual([]);
  expect(sent).toEqual(asked);
  expect(delivered).toBe(20);
});

test("what was being delivered when the worker and its connection were lost is paid for once", async () => {
  const watched = await open();
  const user = crypto.randomUUID();
  await rig.server.stop();
  await ask(watched, chat({ events: 80, everyMs: 20 }, { user, stream: true }), QUEUE);
  await rig.restart();
  await online(watched);
  await rig.standIn.waitFor(({ fields, eventsSent }) => fields.user === user && eventsSent >= 5);
  await stopWorkers(watched.page);
  rig.recorder.cut();
  await online(watched);
  await emptied(watched);
  await expect.poll(() => watched.page.evaluate(() => heard)).toMatchObject([{ type: "delivered" }]);
  expect(callsOf(user)).toHaveLength(1);
  expect(callsOf(user)[0]?.complete).toBe(true);
});

test("what waits outlives the worker and a reload", async () => {
  const watched = await open();
  const user = crypto.randomUUID();
  await rig.server.stop();
  await ask(watched, chat({}, { user }), QUEUE);
  await stopWorkers(watched.page);
  await rig.restart();
  await goTo(watched.page, rig.recorder.url);
  await watched.page.evaluate(() => app.register());
  await emptied(watched);
  expect(callsOf(user)).toHaveLength(1);
});

test("the browser's own sign that there is a network is enough, with no page that asks for it", async () => {
  const watched = await open();
  const other = await rig.open({ beside: watched, register: false });
  onTestFinished(other.close);
  const user = crypto.randomUUID();
  await rig.server.stop();
  await ask(watched, chat({}, { user }), QUEUE);
  const tags = await watched.page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    const { sync } = registration as { readonly sync?: { getTags(): Promise<string[]> } };
    return sync?.getTags();
  });
  expect(tags).toEqual(["mintgate:outbox"]);
  await watched.page.close();
  await rig.restart();
  await dispatchSync(other, "mintgate:outbox");
  await emptied(other);
  expect(callsOf(user)).toHaveLength(1);
});

/** As Chromium does when it finds a network. */
async function dispatchSync({ context, page }: WatchedPage, tag: string): Promise<void> {
  const devTools = await context.newCDPSession(page);
  const found = new Promise<string>((resolve) => {
    devTools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const [registration] = registrations;
      if (registration) resolve(registration.registrationId);
    });
  });
  await devTools.send("ServiceWorker.enable");
  const registrationId = await found;
  await devTools.send("ServiceWorker.dispatchSyncEvent", {
    origin: rig.recorder.url,
    registrationId,
    tag,
    lastChance: false,
  });
  await devTools.detach();
}
