import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findFaultsEverywhere } from "../support/axe.ts";
import { launchBrowser, openPage } from "../support/browser.ts";
import { type Rig, startRig } from "../support/rig.ts";
import { DEMO_PAGES } from "../support/serve.ts";

let browser: Browser;
let rig: Rig;
let page: Page;
beforeAll(async () => {
  [browser, rig] = await Promise.all([launchBrowser(), startRig({ assets: DEMO_PAGES })]);
  ({ page } = await openPage(browser));
  await page.goto(rig.server.url);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
});
afterAll(() => Promise.all([browser.close(), rig.stop()]));

/** Where each page is, and what is there once it is. The last ones are reached from the others. */
const PLACES = [
  ["", "Ask something"],
  ["playground", "Another model"],
  ["voice", "Start talking"],
  ["cache", "Nothing is stored yet."],
  ["usage", "Nothing was asked in this time."],
  ["credentials", "Issued by"],
  ["providers", "For whoever runs this server"],
] as const;

test.each(PLACES)("axe finds nothing on #/%s, light and dark, wide and narrow", async (place, sign) => {
  await page.evaluate((id) => {
    location.hash = `#/${id}`;
  }, place);
  await page.getByText(sign).first().waitFor();
  expect(await findFaultsEverywhere(page)).toEqual([]);
});

test("the list of pages leads to each of them, and to no other", async () => {
  const places = await page.locator("a.place").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  expect(places.toSorted()).toEqual(PLACES.map(([place]) => `#/${place}`).toSorted());
});

test("what one goes through by Tab is in sight, and starts with the list of pages", async () => {
  await page.evaluate(() => {
    location.hash = "#/credentials";
    (document.activeElement as HTMLElement | null)?.blur();
  });
  await page.getByText("Issued by").first().waitFor();
  await page.evaluate(() => getSelection()?.collapse(document.body, 0));
  const seen: string[] = [];
  for (let step = 0; step < 30; step++) {
    await page.keyboard.press("Tab");
    seen.push(await page.evaluate(nameOfFocus));
  }
  expect(seen).toContain("Credentials");
  expect(seen.filter((name) => name.endsWith("out of sight"))).toEqual([]);
  expect(seen).toContain("Issue a credential");
});

/** The text of what has the focus, or its label's. */
function nameOfFocus(): string {
  const focused = document.activeElement as (HTMLElement & { readonly labels?: NodeListOf<HTMLElement> }) | null;
  if (!focused || focused === document.body) return "";
  const { width, height, top, bottom } = focused.getBoundingClientRect();
  const isSeen = width > 0 && height > 0 && bottom > 0 && top < innerHeight;
  const name = focused.textContent || (focused.labels?.[0]?.textContent ?? "");
  return isSeen ? name.trim() : `${name.trim()}, out of sight`;
}
