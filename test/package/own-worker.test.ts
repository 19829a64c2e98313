import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { expect, inject, onTestFinished, test } from "vitest";
import { launchBrowser, openPage } from "../support/browser.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { writeFiles } from "../support/write-files.ts";
import { answered, CALL, install, run, tested, type, VITE_URL } from "./stranger.ts";

/** Nothing inline, nothing from elsewhere, and no connection but to the app itself and to the API that the SDK names. */
const POLICY = "default-src 'self'; connect-src 'self' https://api.openai.com; object-src 'none'; base-uri 'none'";

const APP = {
  "package.json": JSON.stringify({ name: "own-worker", private: true, type: "module" }),
  "index.html": `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${POLICY}">
    <title>app</title>
    <link rel="icon" href="/icon.svg">
    <script type="module" src="/main.js"></script>
  </head>
</html>
`,
  "public/icon.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
  "main.js": `import { register } from "mintgate";
await register({ worker: import.meta.env.BASE_URL + "sw.js" });
import OpenAI from "openai";
${CALL}`,
  "sw.js": `import { installProxy } from "mintgate/sw";
import { clientsClaim } from "workbox-core";
import { precacheAndRoute } from "workbox-precaching";

installProxy(self);
self.skipWaiting();
clientsClaim();
precacheAndRoute(self.__WB_MANIFEST);
`,
  "vite.config.js": `import { mintgate } from "mintgate/vite";
import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";

export default defineConfig({
  base: "/below/a/path/",
  build: { modulePreload: false },
  plugins: [
    mintgate({ worker: false }),
    VitePWA({ strategies: "injectManifest", srcDir: ".", filename: "sw.js", injectRegister: false, manifest: false }),
  ],
});
`,
  // Workbox writes all of the worker, and has it load ours.
  "generated/index.html": `<!doctype html><html lang="en"><title>app</title><link rel="icon" href="data:,"><script type="module" src="/main.js"></script></html>
`,
  "generated/main.js": `import { register } from "mintgate";
await register({ worker: "/sw.js" });
import OpenAI from "openai";
${CALL}`,
  "generated/vite.config.js": `import { mintgate } from "mintgate/vite";
import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";

export default defineConfig({
  plugins: [
    mintgate(),
    VitePWA({ workbox: { importScripts: ["mintgate-sw.js"] }, injectRegister: false, manifest: false }),
  ],
});
`,
};

test("an app with a Workbox worker, its own below a path and under a strict policy or a generated one, answers through that", async () => {
  const app = await temporaryFolder();
  await writeFiles(app, APP);
  const packages = tested("openai", "vite", "vite-plugin-pwa", "workbox-core", "workbox-precaching", "workerd");
  await install(app, inject("tarball"), ...packages);
  await type(app, "npx", "--no-install", "vite", "build");
  await expect(readFile(join(app, "dist/mintgate-sw.js"))).rejects.toThrow("ENOENT");
  const preview = run(app, "vite", "preview", "--port", "0");
  const url = await preview.says(VITE_URL);
  expect(url).toContain("/below/a/path");

  const browser = await launchBrowser();
  onTestFinished(() => browser.close());
  const { page, errors } = await openPage(browser);
  await page.goto(`${url}/`);
  expect((await answered(page)).pieces).toBeGreaterThan(3);
  expect(await page.evaluate(() => navigator.serviceWorker.controller?.scriptURL)).toBe(`${url}/sw.js`);
  expect(errors).toEqual([]);

  // Workbox still does its own part: the page comes back although nobody serves it.
  preview.child.kill("SIGTERM");
  await preview.ended;
  await page.reload();
  await page.waitForFunction(() => document.title === "app");
  await expect(fetch(url)).rejects.toThrow();
  await page.close();
  await answersThroughAGeneratedWorker(app, browser);
});

async function answersThroughAGeneratedWorker(app: string, browser: Browser): Promise<void> {
  await type(app, "npx", "--no-install", "vite", "build", "generated");
  const preview = run(app, "vite", "preview", "generated", "--port", "0");
  const url = await preview.says(VITE_URL);
  const { page, errors } = await openPage(browser);
  await page.goto(`${url}/`);
  expect((await answered(page)).pieces).toBeGreaterThan(3);
  expect(await page.evaluate(() => navigator.serviceWorker.controller?.scriptURL)).toBe(`${url}/sw.js`);
  expect(errors).toEqual([]);
  preview.child.kill("SIGTERM");
  await preview.ended;
  await page.reload();
  await page.waitForFunction(() => document.title === "app");
}
