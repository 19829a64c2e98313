import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { launchBrowser, openPage } from "../support/browser.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { writeFiles } from "../support/write-files.ts";
import { answered, CALL, install, run, tested, type } from "./stranger.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const page = (register: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>app</title>
    <link rel="icon" href="data:,">
  </head>
  <body>
    <script type="module">
      import { register } from "./mintgate.js";
      await register(${register});
      const { default: OpenAI } = await import("./node_modules/openai/index.mjs");
${CALL}
    </script>
  </body>
</html>
`;

test("a page without a bundler answers from the ready-made worker, beside its mint-server and from another origin", async () => {
  const site = await temporaryFolder();
  await writeFiles(site, { "index.html": page(""), "package.json": '{ "private": true }' });
  await install(site, inject("tarball"), ...tested("openai", "workerd"));
  const said = await type(site, "npx", "--no-install", "mintgate", "init", "--yes");
  expect(said).toMatch(/add {2}mintgate-sw\.js\n/);
  expect(said).toMatch(/add {2}mintgate\.js\n/);
  const dev = run(site, "mintgate", "dev", "--site", ".", "--port", "0");
  const url = await dev.says(/your site +(http:\S+?)\/\n/);
  await answersAt(url);
  dev.child.kill("SIGTERM");
  expect(await dev.ended).toBe(0);

  const other = await serveFolder(site);
  const mint = run(site, "mintgate", "dev", "--origin", other, "--port", "0");
  const mintServer = await mint.says(/mintServer +(http:\S+)\n/);
  await writeFiles(site, { "index.html": page(JSON.stringify({ mintServer })) });
  expect(new URL(mintServer).origin).not.toBe(other);
  await answersAt(other);
});

async function answersAt(url: string): Promise<void> {
  const { page, errors, close } = await openPage(browser);
  onTestFinished(close);
  await page.goto(`${url}/`);
  expect((await answered(page)).pieces).toBeGreaterThan(3);
  expect(await page.evaluate(() => navigator.serviceWorker.controller?.scriptURL)).toContain(`${url}/mintgate-sw.js`);
  expect(errors).toEqual([]);
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
};

/** Any web server; returns its origin. */
async function serveFolder(folder: string): Promise<string> {
  const server = createServer(async ({ url = "/" }, response) => {
    const path = url === "/" ? "/index.html" : (url.split("?")[0] ?? "");
    const file = await readFile(join(folder, path)).catch(() => undefined);
    response.writeHead(file ? 200 : 404, { "content-type": TYPES[extname(path)] ?? "text/plain" }).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
