import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { PATHS } from "../../mint-server/local/paths.ts";
import { type BrowserRig, startBrowserRig, until } from "../support/browser-rig.ts";
import { chat } from "../support/work.ts";

let rig: BrowserRig;
beforeAll(async () => {
  rig = await startBrowserRig({ engine: inject("engine") });
});
afterAll(() => rig.stop());

declare global {
  /** Resolves when another worker has taken over the page. */
  var taken: Promise<boolean>;
}

/** In the page: asks, and gives the answer's text. */
async function ask(this: void, body: unknown) {
  const answer = await fetch("https://api.openai.com/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return answer.text();
}

test("a new version of the worker that comes in mid-stream takes over, and the stream goes on to its end", async () => {
  const file = join(rig.assets, "own-sw.js");
  const script = await readFile(join(PATHS.browser, "mintgate-sw.js"), "utf8");
  await writeFile(file, script);
  const tab = await rig.open({ register: false });
  const mode = await tab.evaluate(async () => (await app.register({ worker: "/own-sw.js" })).mode);
  expect(mode).toBe("worker");
  const user = crypto.randomUUID();
  const gate = rig.standIn.gate("update");
  const reading = tab.evaluate(ask, chat({ events: 50, gate: "update" }, { stream: true, user }));
  gate.allow(10);
  const asked = await rig.standIn.waitFor(({ fields, eventsSent }) => fields.user === user && eventsSent >= 5);
  await writeFile(file, `${script}\n// the next version`);
  // It is there, and waits for what the old one is doing, or has taken over without that.
  await tab.evaluate(async () => {
    globalThis.taken = new Promise((resolve) => {
      navigator.serviceWorker.addEventListener("controllerchange", () => resolve(true), { once: true });
    });
    const registration = await navigator.serviceWorker.getRegistration();
    await registration?.update();
  });
  await until(tab, async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    return !registration?.installing;
  });
  expect(asked.complete).toBe(false);
  gate.allow(1_000);
  const text = await reading;
  expect(text).toContain("[DONE]");
  expect(text).toBe(asked.answer.toString());
  expect(rig.standIn.requests.filter(({ fields }) => fields.user === user)).toHaveLength(1);
  expect(await tab.evaluate(() => globalThis.taken)).toBe(true);
  const next = await tab.evaluate(ask, chat({ text: "From the next one." }));
  expect(next).toContain("From the next one.");
});
