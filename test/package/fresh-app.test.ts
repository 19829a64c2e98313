import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { PATHS } from "../../mint-server/local/paths.ts";
import { describeProcess } from "../../mint-server/local/processes.ts";
import { launchBrowser, openPage } from "../support/browser.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { writeFiles } from "../support/write-files.ts";
import { answered, CALL, install, run, tested, type, VITE_URL } from "./stranger.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const FIVE_MINUTES_MS = 5 * 60_000;

const TWO_LINES = `import { register } from "mintgate";
await register();
`;

test("a fresh Vite app answers from its worker after three commands and two lines, within five minutes", async () => {
  const began = performance.now();
  const parent = await temporaryFolder();
  await type(parent, "npm", "create", "--yes", "vite@9", "app", "--", "--template", "vanilla", "--no-interactive");
  const app = join(parent, "app");
  // What the app was before: a call that would go to OpenAI.
  await writeFile(join(app, "src/main.js"), `import OpenAI from "openai";\n${CALL}`);

  await install(app, inject("tarball"), ...tested("openai", "workerd"));
  const said = await type(app, "npx", "--no-install", "mintgate", "init", "--yes");
  expect(said).toContain("add  vite.config.js");
  expect(said).not.toContain("npm install --save-dev workerd");
  await writeFile(join(app, "src/main.js"), TWO_LINES + (await readFile(join(app, "src/main.js"), "utf8")));
  const dev = run(app, "vite", "--port", "0");
  const url = await dev.says(VITE_URL);

  const { page, errors } = await openPage(browser);
  await page.goto(url);
  const answer = await answered(page);
  expect(performance.now() - began).toBeLessThan(FIVE_MINUTES_MS);
  expect(answer.text).toContain("credential");
  expect(answer.pieces).toBeGreaterThan(3);
  expect(await page.evaluate(() => navigator.serviceWorker.controller?.scriptURL)).toBe(`${url}/mintgate-sw.js`);
  expect(errors).toEqual([]);
  console.log(`a fresh app answered after ${((performance.now() - began) / 1000).toFixed(1)} s`);

  await keepsSecrets(app, url);
  await endsWithItsMintServer(app, dev);
  await worksAsBuilt(app);
  await isReadyToDeploy(app);
});

/** Vite serves what lies below its root, and there lie the mint-server's secrets. */
async function keepsSecrets(app: string, url: string): Promise<void> {
  await writeFiles(app, { ".dev.vars": "OPENAI_API_KEY=sk-canary-of-a-stranger\n" });
  const secret = (await readFile(join(app, ".mintgate/development/mint-secret"), "utf8")).trim();
  const paths = [".dev.vars", ".dev.vars?raw", ".mintgate/development/mint-secret", `@fs${app}/.dev.vars?import&raw`];
  for (const path of paths) {
    const answer = await fetch(`${url}/${path}`);
    const body = await answer.text();
    expect([path, answer.status, body.includes("canary") || body.includes(secret)]).toEqual([path, 403, false]);
  }
  expect(await readFile(join(app, ".mintgate/development/.gitignore"), "utf8")).toBe("*\n");
  await writeFiles(app, { ".dev.vars": "" });
}

async function endsWithItsMintServer(app: string, { child, ended }: ReturnType<typeof run>): Promise<void> {
  const [, pid] = (await readFile(join(app, ".mintgate/development/server.pid"), "utf8")).trim().split(" ");
  expect(describeProcess(Number(pid))?.command).toContain("workerd");
  child.kill("SIGINT");
  await ended;
  expect(describeProcess(Number(pid))).toBeUndefined();
}

async function worksAsBuilt(app: string): Promise<void> {
  await type(app, "npm", "run", "build");
  const built = await readFile(join(app, "dist/mintgate-sw.js"), "utf8");
  expect(built).toBe(await readFile(join(app, "node_modules/mintgate/dist/browser/mintgate-sw.js"), "utf8"));
  const preview = run(app, "vite", "preview", "--port", "0");
  const { page, errors, close } = await openPage(browser);
  onTestFinished(close);
  await page.goto(await preview.says(VITE_URL));
  expect((await answered(page)).pieces).toBeGreaterThan(3);
  expect(errors).toEqual([]);
}

/** As far as it goes without an account. */
async function isReadyToDeploy(app: string): Promise<void> {
  // Not installed once more: it is large, and npm has nothing to do with what is tested.
  await symlink(join(PATHS.root, "node_modules/wrangler"), join(app, "node_modules/wrangler"));
  const said = await type(app, "npx", "--no-install", "mintgate", "deploy", "--dry-run");
  for (const name of ["MINT_SECRET", "PUBLIC_URL"]) {
    expect(said).toContain(
      `missing secret: ${name} (set it with: npx wrangler secret put ${name} --config mint-server/`,
    );
  }
  for (const name of ["Ledger", "Directory", "Answers", "Calls"]) expect(said).toContain(`(${name})`);
}
