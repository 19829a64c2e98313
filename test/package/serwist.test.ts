import { expect, inject, onTestFinished, test } from "vitest";
import { launchBrowser, openPage } from "../support/browser.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { writeFiles } from "../support/write-files.ts";
import { answered, CALL, install, run, tested, type, VITE_URL } from "./stranger.ts";

/** Not among this project's own: its parts are published together, and the newest of one may ask for what is not there yet. */
const SERWIST = ["serwist@9.5.12", "@serwist/vite@9.5.12"];

const APP = {
  "package.json": JSON.stringify({ name: "serwist-app", private: true, type: "module" }),
  "index.html": `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>app</title>
    <link rel="icon" href="/icon.svg">
    <script type="module" src="/src/main.js"></script>
  </head>
</html>
`,
  "public/icon.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
  "src/main.js": `import { register } from "mintgate";
await register({ worker: "/sw.js" });
import OpenAI from "openai";
${CALL}`,
  // As Serwist's own instructions have it, and one line.
  "src/sw.js": `import { installProxy } from "mintgate/sw";
import { defaultCache } from "@serwist/vite/worker";
import { Serwist } from "serwist";

installProxy(self);
const serwist = new Serwist({
  precacheEntries: self.__SW_MANIFEST,
  skipWaiting: true,
  clientsClaim: true,
  navigationPreload: true,
  runtimeCaching: defaultCache,
});
serwist.addEventListeners();
`,
  "vite.config.js": `import { serwist } from "@serwist/vite";
import { mintgate } from "mintgate/vite";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [
    mintgate({ worker: false }),
    serwist({
      swSrc: "src/sw.js",
      swDest: "sw.js",
      globDirectory: "dist",
      injectionPoint: "self.__SW_MANIFEST",
      rollupFormat: "iife",
    }),
  ],
});
`,
};

test("an app with a Serwist worker answers through that, while developing and as built", async () => {
  const app = await temporaryFolder();
  await writeFiles(app, APP);
  await install(app, inject("tarball"), ...tested("openai", "vite", "workerd"), ...SERWIST);
  const browser = await launchBrowser();
  onTestFinished(() => browser.close());

  const dev = run(app, "vite", "--port", "0");
  const developing = await openPage(browser);
  await answersThroughItsWorker(developing, await dev.says(VITE_URL));
  await developing.close();
  dev.child.kill("SIGTERM");
  await dev.ended;

  await type(app, "npx", "--no-install", "vite", "build");
  const preview = run(app, "vite", "preview", "--port", "0");
  const built = await openPage(browser);
  await answersThroughItsWorker(built, await preview.says(VITE_URL));

  // Serwist still does its own part: the page comes back although nobody serves it.
  preview.child.kill("SIGTERM");
  await preview.ended;
  await built.page.reload();
  await built.page.waitForFunction(() => document.title === "app");
});

async function answersThroughItsWorker(
  { page, errors }: Awaited<ReturnType<typeof openPage>>,
  url: string,
): Promise<void> {
  await page.goto(`${url}/`);
  expect((await answered(page)).pieces).toBeGreaterThan(3);
  expect(await page.evaluate(() => navigator.serviceWorker.controller?.scriptURL)).toBe(`${url}/sw.js`);
  expect(errors).toEqual([]);
}
