import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type BrowserRig, type OpenOptions, startBrowserRig } from "../support/browser-rig.ts";
import type { Orders } from "../support/stand-in/orders.ts";
import { chat } from "../support/work.ts";

let rig: BrowserRig;
beforeAll(async () => {
  rig = await startBrowserRig();
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
const COVERS: readonly { readonly by: string; readonly options: OpenOptions }[] = [
  { by: "the worker", options: {} },
  { by: "the page itself", options: { withoutWorkers: true } },
];

for (const { by, options } of COVERS) {
  for (const way of WAYS) {
    test.each(PHASES)(
      `${way} closes the provider's connection $when, through ${by}`,
      async ({ stream, orders, events }) => {
        const watched = await rig.open(options);
        onTestFinished(watched.close);
        const user = crypto.randomUUID();
        const marked = chat(orders, { stream, user });
        await watched.page.evaluate((body) => {
          const controller = new AbortController();
          Object.assign(globalThis, { leave: () => controller.abort() });
          const openai = new app.OpenAI({ apiKey: "browser", dangerouslyAllowBrowser: true, maxRetries: 0 });
          void (async () => {
            const answer = await openai.chat.completions.create(body as never, { signal: controller.signal });
            if (Symbol.asyncIterator in answer) for await (const _chunk of answer as AsyncIterable<unknown>);
          })().catch(() => {});
        }, marked);
        const reached = await rig.standIn.waitFor(
          ({ fields, eventsSent }) => fields.user === user && eventsSent >= events,
        );
        expect(reached.closed).toBe(false);
        const leftMs = performance.now();
        if (way === "an abort") await watched.page.evaluate(() => (globalThis as never as { leave(): void }).leave());
        else await watched.page.close();
        const ended = await rig.standIn.waitFor(({ number, closed }) => number === reached.number && closed);
        expect(ended.leftEarly).toBe(true);
        expect(performance.now() - leftMs).toBeLessThan(1_000);
      },
    );
  }
}
