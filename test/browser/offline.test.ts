import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, listen, online, QUEUE, waiting } from "../engines/flips.ts";
import { type BrowserRig, reload, startBrowserRig } from "../support/browser-rig.ts";
import { devToolsOf, stopWorkers } from "../support/dev-tools.ts";
import type { Tab } from "../support/engines/engine.ts";
import { chat } from "../support/work.ts";

/* Offline means here that the server is stopped: no engine's emulation reaches the worker's own requests. */

let rig: BrowserRig;
beforeAll(async () => {
  rig = await startBrowserRig();
});
afterAll(() => rig.stop());

const callsOf = (user: string) => rig.standIn.requests.filter(({ fields }) => fields.user === user);

/** A page that was online once, and hears what becomes of what waits. */
async function open(): Promise<Tab> {
  const tab = await rig.open();
  await ask(tab, chat());
  await listen(tab);
  return tab;
}

/** Waits until nothing waits any more. */
async function emptied(tab: Tab): Promise<void> {
  await expect.poll(() => waiting(tab), { timeout: 30_000 }).toEqual([]);
}

test("what was being delivered when the worker and its connection were lost is paid for once", async () => {
  const tab = await open();
  const user = crypto.randomUUID();
  await rig.server.stop();
  await ask(tab, chat({ events: 80, everyMs: 20 }, { user, stream: true }), QUEUE);
  await rig.restart();
  await online(tab);
  await rig.standIn.waitFor(({ fields, eventsSent }) => fields.user === user && eventsSent >= 5);
  await stopWorkers(tab);
  rig.recorder.cut();
  await online(tab);
  await emptied(tab);
  await expect.poll(() => tab.evaluate(() => heard)).toMatchObject([{ type: "delivered" }]);
  expect(callsOf(user)).toHaveLength(1);
  expect(callsOf(user)[0]?.complete).toBe(true);
});

test("what waits outlives the worker and a reload", async () => {
  const tab = await open();
  const user = crypto.randomUUID();
  await rig.server.stop();
  await ask(tab, chat({}, { user }), QUEUE);
  await stopWorkers(tab);
  await rig.restart();
  await reload(tab);
  await emptied(tab);
  expect(callsOf(user)).toHaveLength(1);
});

test("the browser's own sign that there is a network is enough, with no page that asks for it", async () => {
  const tab = await open();
  const other = await rig.open({ profile: tab.profile, register: false });
  const user = crypto.randomUUID();
  await rig.server.stop();
  await ask(tab, chat({}, { user }), QUEUE);
  const tags = await tab.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    const { sync } = registration as { readonly sync?: { getTags(): Promise<string[]> } };
    return sync?.getTags();
  });
  expect(tags).toEqual(["mintgate:outbox"]);
  await tab.close();
  await rig.restart();
  await dispatchSync(other, "mintgate:outbox");
  await emptied(other);
  expect(callsOf(user)).toHaveLength(1);
});

/** As Chromium does when it finds a network. */
async function dispatchSync(tab: Tab, tag: string): Promise<void> {
  const devTools = await devToolsOf(tab);
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
