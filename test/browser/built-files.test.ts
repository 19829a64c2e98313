import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { launchBrowser, openPage } from "../support/browser.ts";
import { serve, type TestServer } from "../support/serve.ts";

let browser: Browser;
let server: TestServer;
beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), serve()]);
});
afterAll(() => Promise.all([browser.close(), server.stop()]));

test("the page client and the ready-made worker run under the strict policy, and take over a bare page", async () => {
  const { page, errors, close } = await openPage(browser);
  onTestFinished(close);
  await page.goto(`${server.url}/client.html`);
  const scriptURL = await page.evaluate(async () => {
    await mintgate.register();
    return navigator.serviceWorker.controller?.scriptURL;
  });
  expect(scriptURL).toMatch(/\/mintgate-sw\.js(\?|$)/);
  expect(errors).toEqual([]);
});

test("the policy lets no page talk to anyone but the server and the host that the worker answers for", async () => {
  const { page, close } = await openPage(browser);
  onTestFinished(close);
  await page.goto(server.url);
  const blocked = await page.evaluate(async () => {
    const violation = new Promise<string>((resolve) => {
      addEventListener("securitypolicyviolation", (event) => resolve(event.blockedURI), { once: true });
    });
    await fetch("https://elsewhere.invalid/").catch(() => {});
    return violation;
  });
  expect(blocked).toBe("https://elsewhere.invalid/");
});
