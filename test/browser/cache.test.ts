import { afterAll, beforeAll, expect, test } from "vitest";
import { COVERS } from "../engines/covers.ts";
import { type BrowserRig, startBrowserRig } from "../support/browser-rig.ts";
import { devToolsOf } from "../support/dev-tools.ts";
import { chat } from "../support/work.ts";

let rig: BrowserRig;
beforeAll(async () => {
  rig = await startBrowserRig();
});
afterAll(() => rig.stop());

test.each(COVERS)("a full disk fails no request through $by", async ({ options }) => {
  // Before anything is stored: Chromium remembers for a while how much room there was.
  const tab = await rig.open({ ...options, register: false });
  const devTools = await devToolsOf(tab);
  await devTools.send("Storage.overrideQuotaForOrigin", { origin: rig.recorder.url, quotaSize: 400_000 });
  await tab.evaluate(async () => void (await app.register()));
  for (let at = 0; at < 12; at++) {
    const body = chat({ text: "x".repeat(60_000) }, { temperature: 0, user: crypto.randomUUID() });
    const { status, length } = await tab.evaluate(async (asked) => {
      const answer = await fetch("https://api.openai.com/v1/chat/completions", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(asked),
      });
      return { status: answer.status, length: (await answer.text()).length };
    }, body);
    expect([status, length > 60_000]).toEqual([200, true]);
  }
  // The newest are kept in place of others, which shows that the disk was full.
  const { entries, sizeBytes } = await tab.evaluate(() => app.cacheInfo());
  expect(sizeBytes).toBeLessThan(500_000);
  expect(entries.length).toBeGreaterThan(0);
});
