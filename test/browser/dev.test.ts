import { expect, onTestFinished, test } from "vitest";
import { launchBrowser, openPage } from "../support/browser.ts";
import { start } from "../support/start.ts";
import { temporaryFolder } from "../support/temporary.ts";

test("`npm run dev` serves the demo from its sources, and its worker's calls reach the mint-server behind it", async () => {
  const { url, child, ended, printed } = start({ settings: {}, folder: await temporaryFolder(), script: "dev" });
  const browser = await launchBrowser();
  onTestFinished(() => browser.close());
  const { page, errors } = await openPage(browser);
  await page.goto(await url);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await page.locator("#model option", { hasText: "guide" }).waitFor({ state: "attached" });
  await page.getByLabel("Your question").fill("what is DPoP");
  await page.keyboard.press("Enter");
  await page.locator(".chip", { hasText: "fresh answer" }).waitFor();
  const told = await page.getByRole("complementary", { name: "What just happened" }).innerText();
  expect(told).toContain("The Service Worker caught the call");
  await expect(page.locator('script[src^="/@vite/client"]').count()).resolves.toBe(1);
  expect(errors).toEqual([]);
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
  expect(printed.stderr).toBe("");
});
