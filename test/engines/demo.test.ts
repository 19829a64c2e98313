import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { until } from "../support/browser-rig.ts";
import type { Engine, Tab } from "../support/engines/engine.ts";
import { startEngine } from "../support/engines/start-engine.ts";
import { type Rig, startRig } from "../support/rig.ts";
import { DEMO_PAGES } from "../support/serve.ts";

/* What everybody does with the demo, by the page's own elements alone. Its details are looked at elsewhere. */

let engine: Engine;
let rig: Rig;
let tab: Tab;
beforeAll(async () => {
  [engine, rig] = await Promise.all([startEngine(inject("engine")), startRig({ assets: DEMO_PAGES })]);
  tab = await (await engine.newProfile()).newTab();
  await tab.goTo(rig.server.url);
  await until(tab, () => navigator.serviceWorker.controller !== null);
  await until(tab, () => document.querySelector("#model")?.textContent?.includes("guide"));
});
afterAll(async () => {
  await engine.close();
  await rig.stop();
});

/** Writes a question, and sends it. */
async function ask(question: string): Promise<void> {
  await tab.evaluate((text) => {
    const field = document.querySelector<HTMLTextAreaElement>("#question");
    if (!field) throw new Error("there is nowhere to ask");
    field.value = text;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }, question);
  // The page has heard of it once it can be sent.
  await until(tab, () => {
    const button = document.querySelector<HTMLButtonElement>("button[aria-label=Send]:not([aria-disabled=true])");
    button?.click();
    return button !== null;
  });
}

/** Waits until the page says this. */
async function says(text: string): Promise<void> {
  await expect.poll(() => tab.evaluate(() => document.body.innerText), { timeout: 20_000 }).toContain(text);
}

test("the built-in model answers through the worker", async () => {
  await ask("What happens offline?");
  await says("fresh answer");
  await says("not a language model");
});

test("the same question again is answered from the browser's cache", async () => {
  await tab.evaluate(() => {
    const buttons = [...document.querySelectorAll("button")];
    buttons.find(({ textContent, ariaLabel }) => `${textContent}${ariaLabel}`.includes("New conversation"))?.click();
  });
  await until(tab, () => document.querySelector(".chip") === null);
  await ask("What happens offline?");
  await says("from this browser’s cache");
});

test("without the server it opens, says so, and goes on when the server is back", async () => {
  // The conversation is stored a moment after it is shown.
  await until(tab, async () => {
    const stored = await new Promise<string>((resolve) => {
      const opening = indexedDB.open("mintgate-demo");
      opening.onsuccess = () => {
        const reading = opening.result.transaction("conversations").objectStore("conversations").getAll();
        reading.onsuccess = () => {
          opening.result.close();
          resolve(JSON.stringify(reading.result));
        };
      };
    });
    return stored.split('"complete"').length > 2;
  });
  await rig.server.stop();
  await tab.reload();
  await says("The server is out of reach.");
  await until(tab, () => {
    const shown = [...document.querySelectorAll<HTMLButtonElement>("nav button")];
    const conversation = shown.find(({ textContent }) => textContent === "What happens offline?");
    conversation?.click();
    return conversation !== undefined;
  });
  await says("not a language model");
  await rig.restart();
  await tab.evaluate(() => void dispatchEvent(new Event("online")));
  await until(tab, () => !document.body.innerText.includes("The server is out of reach."));
  await ask("How do I add it to my app?");
  await expect.poll(() => tab.evaluate(() => document.querySelectorAll(".chip").length), { timeout: 20_000 }).toBe(2);
});
