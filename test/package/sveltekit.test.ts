import { join } from "node:path";
import { expect, inject, onTestFinished, test } from "vitest";
import { launchBrowser, openPage } from "../support/browser.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { writeFiles } from "../support/write-files.ts";
import { answered, CALL, install, run, tested, type, VITE_URL } from "./stranger.ts";

/** What the app was before: a call that would go to OpenAI. */
const PAGE = `<script>
  import OpenAI from "openai";
  import { onMount } from "svelte";

  onMount(async () => {
${CALL}
  });
</script>
`;

const CREATE = "sv@0.17.1 create app --template minimal --types ts --no-add-ons --no-install".split(" ");

test("a fresh SvelteKit app answers from its worker after three commands and no line", async () => {
  const parent = await temporaryFolder();
  await type(parent, "npx", "--yes", "--prefer-offline", ...CREATE);
  const app = join(parent, "app");
  await writeFiles(app, { "src/routes/+page.svelte": PAGE });
  await install(app, inject("tarball"), ...tested("openai", "workerd"));
  const said = await type(app, "npx", "--no-install", "mintgate", "init", "--yes");
  expect(said).toContain("add  src/hooks.client.ts");
  expect(said).toContain("edit  vite.config.ts");
  const dev = run(app, "vite", "dev", "--port", "0");
  const url = await dev.says(VITE_URL);

  const browser = await launchBrowser();
  onTestFinished(() => browser.close());
  const { page } = await openPage(browser);
  await page.goto(url);
  const answer = await answered(page);
  expect(answer.text).toContain("credential");
  expect(answer.pieces).toBeGreaterThan(3);
  expect(await page.evaluate(() => navigator.serviceWorker.controller?.scriptURL)).toBe(`${url}/mintgate-sw.js`);
});
