import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { findFaults } from "../support/axe.ts";
import { launchBrowser, openPage } from "../support/browser.ts";
import { type Rig, startRig } from "../support/rig.ts";
import { DEMO_PAGES } from "../support/serve.ts";

let browser: Browser;
let rig: Rig;
beforeAll(async () => {
  [browser, rig] = await Promise.all([launchBrowser(), startRig({ assets: DEMO_PAGES })]);
});
afterAll(() => Promise.all([browser.close(), rig.stop()]));

const figure = (page: Page, name: string) => page.locator(".usage-figures div", { hasText: name }).locator("dd");

async function goTo(page: Page, id: string): Promise<void> {
  await page.evaluate((place) => {
    location.hash = `#/${place}`;
  }, id);
}

async function ask(page: Page, model: string): Promise<void> {
  await page.getByRole("button", { name: "New conversation" }).click();
  await page.locator("#model").selectOption(model);
  await page.getByLabel("Your question").fill("What is this?");
  await page.keyboard.press("Enter");
  await page.locator(".chip").waitFor();
}

test("the usage page shows what was asked, what it took, and of which model, by pointer, keys and words", async () => {
  const watched = await openPage(browser);
  onTestFinished(watched.close);
  const { page } = watched;
  await page.goto(`${rig.server.url}/#/usage`);
  await page.getByText("Nothing was asked in this time.").waitFor();
  await page.getByText("has no limits here").waitFor();
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await goTo(page, "");
  await page.locator("#model option", { hasText: "gpt-4o" }).first().waitFor({ state: "attached" });
  await ask(page, "gpt-4o");
  await ask(page, "gpt-4o");
  await goTo(page, "usage");
  await expect.poll(() => figure(page, "requests").textContent()).toBe("2");
  expect(await figure(page, "from a cache").textContent()).toBe("50 %");
  expect(Number(await figure(page, "tokens").textContent())).toBeGreaterThan(0);
  expect(await figure(page, "cost, list price").textContent()).toMatch(/^\$0\.\d*[1-9]/);
  const row = page
    .getByRole("table")
    .first()
    .getByRole("row", { name: /gpt-4o/ });
  expect((await row.getByRole("cell").first().textContent()) ?? "").toBe("2");
  const slider = page.getByRole("slider", { name: "Requests, column by column" });
  await slider.focus();
  await page.keyboard.press("Home");
  expect(await slider.getAttribute("aria-valuetext")).toMatch(/answered: 0; failed: 0$/);
  await page.getByLabel("Time", { exact: true }).check();
  await page.getByRole("slider", { name: "Time, column by column" }).waitFor();
  expect(await findFaults(page)).toEqual([]);
  expect(watched.errors).toEqual([]);
});
