import { afterAll, beforeAll, expect, test } from "vitest";
import { type BrowserRig, startBrowserRig, until } from "../support/browser-rig.ts";
import { devToolsOf, stopWorkers } from "../support/dev-tools.ts";
import { chat } from "../support/work.ts";

/* What only developer tools can do to a page. */

let rig: BrowserRig;
beforeAll(async () => {
  rig = await startBrowserRig();
});
afterAll(() => rig.stop());

test("a page that was reloaded hard, which no worker controls, is covered all the same", async () => {
  const tab = await rig.open();
  await tab.evaluate(async () => void (await navigator.serviceWorker.ready));
  const devTools = await devToolsOf(tab);
  // Or it may still be the old page that is looked at.
  const loaded = tab.playwright?.waitForEvent("load");
  await devTools.send("Page.reload", { ignoreCache: true });
  await loaded;
  await until(tab, () => "app" in globalThis);
  expect(await tab.evaluate(() => navigator.serviceWorker.controller)).toBeNull();
  const said = await tab.evaluate(
    async (body) => {
      void app.register();
      const openai = new app.OpenAI({ apiKey: "browser", dangerouslyAllowBrowser: true, maxRetries: 0 });
      const answer = await openai.chat.completions.create(body as never);
      return answer.choices[0]?.message.content;
    },
    chat({ text: "What the provider said." }),
  );
  expect(said).toBe("What the provider said.");
});

test("a worker that the browser stopped starts again with the same key", async () => {
  const tab = await rig.open();
  const subject = () =>
    tab.evaluate(
      () =>
        new Promise<string>((resolve) => {
          const stop = app.onEvent((event) => {
            if (event.type !== "mint") return;
            stop();
            resolve(event.claims.sub);
          });
          void fetch("/v1/proxy/models");
        }),
    );
  const before = await subject();
  await stopWorkers(tab);
  expect(await subject()).toBe(before);
  await tab.evaluate(() => app.signOut());
  expect(await subject()).not.toBe(before);
});
