import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { findFaults } from "../support/axe.ts";
import { launchBrowser, openPage, type WatchedPage } from "../support/browser.ts";
import { type Rig, startRig } from "../support/rig.ts";
import { DEMO_PAGES } from "../support/serve.ts";

let browser: Browser;
let rig: Rig;
beforeAll(async () => {
  [browser, rig] = await Promise.all([launchBrowser(), startRig({ assets: DEMO_PAGES })]);
});
afterAll(() => Promise.all([browser.close(), rig.stop()]));

async function openDemo(): Promise<WatchedPage> {
  const watched = await openPage(browser);
  onTestFinished(watched.close);
  const { page } = watched;
  await page.goto(rig.server.url);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await page.locator("#model option", { hasText: "guide" }).waitFor({ state: "attached" });
  return watched;
}

async function ask(page: Page, question: string): Promise<void> {
  await page.getByRole("button", { name: "New conversation" }).click();
  await page.getByLabel("Your question").fill(question);
  await page.keyboard.press("Enter");
}

const chip = (page: Page, text: string) => page.locator(".chip", { hasText: text });
const problem = (page: Page, text: string) => page.locator(".problem", { hasText: text });

/** Goes to a page beside the chat as its link does, without loading anything anew. */
async function goTo(page: Page, id: string): Promise<void> {
  await page.evaluate((place) => {
    location.hash = `#/${place}`;
  }, id);
}

test("without the server it opens, answers what was asked before, and sends what waited when the server is back", async () => {
  const { page } = await openDemo();
  await ask(page, "What happens offline?");
  await chip(page, "fresh answer").waitFor();
  await goTo(page, "cache");
  await page.locator("#budget-words", { hasText: "1 answer" }).waitFor();
  await goTo(page, "");
  await rig.server.stop();

  await page.reload();
  await ask(page, "What happens offline?");
  await chip(page, "from this browser’s cache").waitFor();
  await ask(page, "How do I sign out?");
  await problem(page, "The server could not be reached.").waitFor();
  await page.getByRole("button", { name: "Send it later" }).click();
  await problem(page, "This question waits for the server.").waitFor();
  await goTo(page, "cache");
  await page.getByText("1 question waits for the server").waitFor();
  await page.locator(".waiting", { hasText: "How do I sign out?" }).waitFor();
  await goTo(page, "");
  await ask(page, "Taken back?");
  await problem(page, "The server could not be reached.").getByRole("button", { name: "Send it later" }).click();
  await problem(page, "This question waits for the server.").waitFor();
  await goTo(page, "cache");
  await page.locator(".waiting li", { hasText: "Taken back?" }).getByRole("button", { name: "Take it back" }).click();
  await page.getByText("1 question waits for the server").waitFor();

  await rig.restart();
  // The demo may have found out by itself by now, so its button need not be there.
  await page.evaluate(() => void dispatchEvent(new Event("online")));
  await page.getByText("Nothing waits.").waitFor();
  await goTo(page, "");
  await problem(page, "You took this question back.").waitFor();
  await page.getByRole("navigation").getByRole("button", { name: "How do I sign out?", exact: true }).click();
  await chip(page, "from this browser’s cache").waitFor();
  await page.locator(".markdown", { hasText: "signOut" }).waitFor();
});

test("the cache page tells what is stored and saved, and deletes it after asking", async () => {
  const { page, errors } = await openDemo();
  await goTo(page, "cache");
  await page.getByText("Nothing is stored yet.").waitFor();
  await goTo(page, "");
  await ask(page, "What happens offline?");
  await chip(page, "fresh answer").waitFor();
  await ask(page, "What happens offline?");
  await chip(page, "from this browser’s cache").waitFor();
  await goTo(page, "cache");
  await page.getByText("1 of 2 answers").waitFor();
  await page.getByText("The same as a table").click();
  // One row for each minute in which something was answered, or more if this took longer.
  const cells = await page.locator(".plot-table tbody td").allTextContents();
  const sums = [0, 1, 2].map((column) =>
    cells.reduce((sum, cell, at) => sum + (at % 3 === column ? Number(cell) : 0), 0),
  );
  expect(sums).toEqual([1, 0, 1]);
  await expect(findFaults(page)).resolves.toEqual([]);
  await page.getByRole("button", { name: "Delete all" }).click();
  await page.getByRole("dialog", { name: "Delete 1 answer?" }).getByRole("button", { name: "Cancel" }).click();
  await expect(page.locator(".stored li").count()).resolves.toBe(1);
  // Styles of a page stay when it is left: those of forms are no business of this list.
  await goTo(page, "credentials");
  await page.getByLabel("Minutes to live").waitFor();
  await goTo(page, "cache");
  const widths = page.locator(".stored").evaluate((list) => [list.clientWidth, list.children[0]?.clientWidth]);
  expect(new Set(await widths).size).toBe(1);
  await page.getByRole("button", { name: "Delete all" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("Nothing is stored yet.").waitFor();
  await expect(page.locator("#stored:focus").count()).resolves.toBe(1);
  expect(errors).toEqual([]);
});

test("a stream whose connection is cut on purpose comes to its end, and the page says how", async () => {
  const { page, errors } = await openDemo();
  await goTo(page, "cache");
  await page.getByRole("button", { name: "Cut my connection" }).click();
  await page.getByText("It came to its end.").waitFor();
  const steps = await page.locator(".cut-steps li").allTextContents();
  expect(steps).toHaveLength(4);
  expect(steps[2]).toMatch(/^The answer went on from byte [\d,]+, [\d.]+ m?s after the cut\.$/);
  expect(errors).toEqual([]);
});
