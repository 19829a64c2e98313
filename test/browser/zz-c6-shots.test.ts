import { test } from "vitest";
import { launchBrowser, openPage } from "../support/browser.ts";
import { startRig } from "../support/rig.ts";
import { DEMO_PAGES } from "../support/serve.ts";

const OUT = "/tmp/shots-cache";

test("shots", async () => {
  const browser = await launchBrowser();
  const rig = await startRig({ assets: DEMO_PAGES });
  const watched = await openPage(browser);
  const { page } = watched;
  const shot = async (name: string) => {
    for (const [size, width, height] of [["wide", 1280, 900], ["phone", 390, 844]] as const) {
      await page.setViewportSize({ width, height });
      for (const theme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme: theme });
        await page.waitForTimeout(150);
        await page.screenshot({ path: `${OUT}/${name}-${size}-${theme}.png` });
      }
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  };
  await page.goto(rig.server.url);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await page.locator("#model option", { hasText: "guide" }).waitFor({ state: "attached" });
  await page.goto(`${rig.server.url}/#/cache`);
  await page.getByText("Nothing is stored yet").waitFor();
  await shot("empty");
  await page.goto(`${rig.server.url}/#/`);
  for (const [at, q] of ["What happens offline?", "How do I add it to my app?", "What happens offline?", "How do I use my own OpenAI key?", "Why?"].entries()) {
    await page.getByRole("button", { name: "New conversation" }).click();
    await page.getByLabel("Your question").fill(q);
    await page.keyboard.press("Enter");
    await page.locator(".chip").first().waitFor();
    console.log(at, await page.locator(".chip").first().innerText());
  }
  for (let at = 0; at < 30; at++) {
    await page.evaluate(async (n) => {
      await (await fetch("/v1/proxy/chat/completions", { method: "POST", headers: { "content-type": "application/json", "x-bt-use-cache": "always" }, body: JSON.stringify({ model: "guide", messages: [{ role: "user", content: `offline ${n % 25} ${"x".repeat(n * 40)}` }] }) })).text();
    }, at);
  }
  await page.goto(`${rig.server.url}/#/cache`);
  await page.getByRole("button", { name: "Cut my connection" }).click();
  await page.getByText("It came to its end").waitFor({ timeout: 20_000 }).catch((e) => console.log(String(e)));
  console.log(await page.locator(".cut-steps").innerText());
  await page.waitForTimeout(500);
  await page.getByText("The same as a table").click();
  await shot("full");
  await page.locator("#cut").scrollIntoViewIfNeeded();
  await shot("full-end");
  await page.getByRole("button", { name: "Delete all" }).click();
  await shot("ask");
  await page.getByRole("button", { name: "Keep them" }).click();
  await rig.server.stop();
  await page.goto(`${rig.server.url}/#/`);
  await page.reload();
  await page.getByRole("button", { name: "New conversation" }).click();
  await page.getByLabel("Your question").fill("How do I sign out?");
  await page.keyboard.press("Enter");
  await page.locator(".problem", { hasText: "could not be reached" }).waitFor();
  await shot("offline-chat");
  await page.getByRole("button", { name: "Send my question then" }).click();
  await page.locator(".problem", { hasText: "waits for the server" }).waitFor();
  await shot("offline-queued");
  await page.goto(`${rig.server.url}/#/cache`);
  await page.locator("#waiting").scrollIntoViewIfNeeded();
  await page.waitForTimeout(500);
  await shot("offline-cache");
  await rig.restart();
  await page.goto(`${rig.server.url}/#/`);
  await page.getByRole("button", { name: "Try now" }).click();
  await page.locator(".chip", { hasText: "cache" }).waitFor({ timeout: 20_000 }).catch((e) => console.log(String(e)));
  await shot("delivered");
  console.log(watched.errors);
  await browser.close();
  await rig.stop();
}, 180_000);
