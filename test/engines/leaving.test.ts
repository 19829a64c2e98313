import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type BrowserRig, startBrowserRig } from "../support/browser-rig.ts";
import type { Profile, Tab } from "../support/engines/engine.ts";
import type { Orders } from "../support/stand-in/orders.ts";
import { chat } from "../support/work.ts";
import { COVERS } from "./covers.ts";

let rig: BrowserRig;
beforeAll(async () => {
  rig = await startBrowserRig({ engine: inject("engine") });
});
afterAll(() => rig.stop());

// The stand-in answers none of these by itself, so its connection closes only if the page's leaving reaches it.
const PHASES: readonly {
  readonly when: string;
  readonly stream: boolean;
  readonly orders: Orders;
  readonly events: number;
}[] = [
  { when: "before the first byte of a stream", stream: true, orders: { hang: true }, events: 0 },
  { when: "before the first byte of a whole answer", stream: false, orders: { hang: true }, events: 0 },
  { when: "after the headers", stream: true, orders: { hang: "after-headers" }, events: 0 },
  { when: "in mid-stream", stream: true, orders: { events: 1000, everyMs: 20 }, events: 3 },
];
const WAYS = ["an abort", "a closed tab"] as const;

describe.each(COVERS)("through $by", ({ options }) => {
  let profile: Profile;
  let tab: Tab | undefined;
  beforeAll(async () => {
    profile = await rig.engine.newProfile();
    // A tab of nothing, so that the browser stays when the app's only one is closed.
    await profile.newTab();
  });

  // A page that Firefox closes at once, with its process, may be gone before what it sent last.
  const isHeard = inject("engine") !== "firefox" || !options.withoutWorkers;
  describe.each(WAYS.filter((way) => way === "an abort" || isHeard))("%s closes the provider's connection", (way) => {
    test.each(PHASES)("$when", async ({ stream, orders, events }) => {
      tab ??= await rig.open({ ...options, profile });
      const user = crypto.randomUUID();
      await tab.evaluate(ask, chat(orders, { stream, user }));
      const reached = await rig.standIn.waitFor(
        ({ fields, eventsSent }) => fields.user === user && eventsSent >= events,
      );
      expect(reached.closed).toBe(false);
      if (way === "an abort") await tab.evaluate(() => leave());
      else {
        await tab.close();
        tab = undefined;
      }
      // From here on: how long a driver takes to close a tab is not ours.
      const leftMs = performance.now();
      const ended = await rig.standIn.waitFor(({ number, closed }) => number === reached.number && closed);
      expect(ended.leftEarly).toBe(true);
      expect(performance.now() - leftMs).toBeLessThan(1_000);
    });
  });
});

declare global {
  var leave: () => void;
}

/** In the page: asks, and reads the answer until `leave` is called. */
function ask(this: void, body: unknown): void {
  const controller = new AbortController();
  globalThis.leave = () => controller.abort();
  const openai = new app.OpenAI({ apiKey: "browser", dangerouslyAllowBrowser: true, maxRetries: 0 });
  void (async () => {
    const answer = await openai.chat.completions.create(body as never, { signal: controller.signal });
    if (Symbol.asyncIterator in answer) for await (const _chunk of answer as AsyncIterable<unknown>);
  })().catch(() => {});
}
