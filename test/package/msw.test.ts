import { expect, inject, onTestFinished, test } from "vitest";
import { launchBrowser, openPage } from "../support/browser.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { writeFiles } from "../support/write-files.ts";
import { answered, CALL, install, run, tested, type, VITE_URL } from "./stranger.ts";

const APP = {
  "package.json": JSON.stringify({ name: "mocked", private: true, type: "module" }),
  "index.html": `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>app</title>
    <link rel="icon" href="data:,">
    <script type="module" src="/main.js"></script>
  </head>
</html>
`,
  "vite.config.js": `import { mintgate } from "mintgate/vite";
export default { plugins: [mintgate({ worker: false })], optimizeDeps: { include: ["mintgate", "msw", "msw/browser", "openai"] } };
`,
  "main.js": `import { register } from "mintgate";
import { http, HttpResponse } from "msw";
import { setupWorker } from "msw/browser";
import OpenAI from "openai";

const mocks = setupWorker(
  http.get("/api/user", () => HttpResponse.json({ name: "Ada" })),
  http.post("*/v1/proxy/chat/completions", async ({ request }) => {
    const { model } = await request.clone().json();
    if (model === "mocked") return HttpResponse.json({ choices: [{ message: { content: "from the mock" } }] });
  }),
);
await mocks.start({ quiet: true, onUnhandledRequest: "bypass" });
globalThis.registration = await register({ worker: false });
globalThis.user = await (await fetch("/api/user")).json();
const mocked = new OpenAI({ apiKey: "browser", dangerouslyAllowBrowser: true });
globalThis.mockedAnswer = await mocked.chat.completions.create({ model: "mocked", messages: [] });
${CALL}`,
};

interface Seen {
  readonly registration: { readonly mode: string };
  readonly user: unknown;
  readonly mockedAnswer: unknown;
}

test("an app whose worker is MSW's is answered in the page, from its mocks or from the mint-server", async () => {
  const app = await temporaryFolder();
  await writeFiles(app, APP);
  await install(app, inject("tarball"), ...tested("msw", "openai", "vite", "workerd"));
  await type(app, "npx", "--no-install", "msw", "init", "public", "--no-save");
  const dev = run(app, "vite", "--port", "0");
  const browser = await launchBrowser();
  onTestFinished(() => browser.close());
  const { page, errors } = await openPage(browser);
  await page.goto(await dev.says(VITE_URL));
  expect((await answered(page)).pieces).toBeGreaterThan(3);
  const seen = await page.evaluate(() => {
    const { registration, user, mockedAnswer } = globalThis as unknown as Seen;
    return { mode: registration.mode, user, mockedAnswer };
  });
  expect(seen).toMatchObject({
    mode: "page",
    user: { name: "Ada" },
    mockedAnswer: { choices: [{ message: { content: "from the mock" } }] },
  });
  expect(await page.evaluate(() => navigator.serviceWorker.controller?.scriptURL)).toContain("mockServiceWorker.js");
  expect(errors).toEqual([]);
});
