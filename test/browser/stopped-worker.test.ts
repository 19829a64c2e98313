import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type BrowserRig, startBrowserRig } from "../support/browser-rig.ts";
import { chat } from "../support/work.ts";

let rig: BrowserRig;
beforeAll(async () => {
  rig = await startBrowserRig();
});
afterAll(() => rig.stop());

test("a stream whose worker is stopped fails in the page's hands, and does not end short", async () => {
  const { page, context, close } = await rig.open();
  onTestFinished(close);
  const user = crypto.randomUUID();
  const reading = page.evaluate(
    async (body) => {
      const answer = await fetch("https://api.openai.com/v1/chat/completions", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return answer.text().then(
        () => "ended",
        (error) => `${error}`,
      );
    },
    chat({ events: 2000, everyMs: 20 }, { stream: true, user }),
  );
  await rig.standIn.waitFor(({ fields, eventsSent }) => fields.user === user && eventsSent >= 3);
  const devTools = await context.newCDPSession(page);
  await devTools.send("ServiceWorker.enable");
  await devTools.send("ServiceWorker.stopAllWorkers");
  expect(await reading).toMatch(/^TypeError/);
});
