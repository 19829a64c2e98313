import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PATHS } from "../../mint-server/local/paths.ts";
import { type Rig, startRig } from "../support/rig.ts";
import { renderApiReference } from "./api-reference.ts";
import { type Block, blocksOf, readPage, USER_PAGES } from "./pages.ts";
import type { Ran } from "./run-examples.ts";
import { typeCheck } from "./type-check.ts";

const run = promisify(execFile);
const ADMIN_KEY = "the-admin-key-of-the-documentation-0123456789";
/** What the pages call the server. */
const ADDRESS = /http:\/\/127\.0\.0\.1:8787|https:\/\/mint\.example/g;

const BLOCKS = USER_PAGES.flatMap(blocksOf);

/** What a test of this folder, or of `mint-server/`, checks; any other language is a configuration of something else. */
const CHECKED = ["ts", "tsx", "html", "sh", "json"];

test("every block is of a kind that is checked, or marked as configuration", () => {
  expect(BLOCKS.length).toBeGreaterThan(70);
  const others = BLOCKS.filter(({ language, marker }) => !CHECKED.includes(language) && language !== "text" && !marker);
  expect(others.map(({ page, line, language }) => `${page}:${line} (${language || "no language"})`)).toEqual([]);
  const markers = new Set(BLOCKS.map(({ marker }) => marker));
  expect(
    [...markers].filter((marker) => marker && !["answer", "configuration", "declaration", "run"].includes(marker)),
  ).toEqual([]);
});

// Compiles the package first, all of it in a fresh checkout.
test("TypeScript fits the package's types", { timeout: 120_000 }, () => {
  const typescript = BLOCKS.filter(
    ({ language, marker }) => /^(tsx?|html)$/.test(language) && marker !== "declaration",
  );
  expect(typescript.length).toBeGreaterThan(35);
  expect(typeCheck(typescript)).toEqual([]);
});

test("the reference of the package's exports is what its declarations say", () => {
  expect(readPage("docs/api.md")).toBe(renderApiReference());
});

test("JSON parses", () => {
  const json = BLOCKS.filter(({ language }) => language === "json");
  expect(json.length).toBeGreaterThan(10);
  for (const { page, line, code } of json) expect(() => JSON.parse(code), `${page}:${line}`).not.toThrow();
});

// After the types were checked: that compiles the package, which the examples import.

const REQUESTS = BLOCKS.filter(({ language, code }) => language === "sh" && /^curl /m.test(code));
const RUN = BLOCKS.filter(({ marker }) => marker === "run");

test("there are requests and examples to run", () => {
  expect(REQUESTS.length).toBeGreaterThan(12);
  expect(RUN.length).toBeGreaterThan(4);
});

let rig: Rig;
let folder: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  // Inside the project, so that packages are found.
  folder = mkdtempSync(join(PATHS.dist, "run-blocks-"));
  rig = await startRig({ settings: { ADMIN_KEY } });
  env = {
    ...process.env,
    SERVER: rig.server.url,
    PROJECT_KEY: rig.server.projectKey,
    KEY: rig.server.projectKey,
    ADMIN_KEY,
    KEY_ID: await makeKey(),
  };
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await rig.stop();
});

/** The id of a project key of the organisation `acme`. */
async function makeKey(): Promise<string> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" };
  await fetch(rig.url("admin/orgs/acme"), { method: "PUT", headers, body: "{}" });
  const made = await fetch(rig.url("admin/orgs/acme/keys"), { method: "POST", headers });
  return ((await made.json()) as { id: string }).id;
}

const here = ({ code }: Block) => code.replaceAll(ADDRESS, rig.server.url);

// One after the other, in the order of the page: what one makes another deletes.
describe("a request that the documentation shows is served", () => {
  const scratch = mkdtempSync(join(tmpdir(), "mintgate-docs-"));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  test.each(REQUESTS)("$page:$line", async (block) => {
    const strictly = 'set -euo pipefail\ncurl() { command curl --silent --show-error --fail-with-body "$@"; }\n';
    const { stdout } = await run("bash", ["-c", strictly + here(block)], { env, cwd: scratch });
    expect(stdout).not.toContain('"error"');
    expect(stdout).not.toContain("event: error");
  });
});

test("the examples that the documentation shows run", async () => {
  const files = RUN.map((block) => {
    const file = join(folder, `${block.page.replaceAll(/[/.]/g, "-")}-${block.line}.ts`);
    writeFileSync(file, here(block));
    return file;
  });
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, "run-examples.ts"), ...files], { env });
  const ran = JSON.parse(stdout) as Ran[];
  expect(ran).toHaveLength(RUN.length);
  for (const [index, { shown, error }] of ran.entries()) {
    const name = `${RUN[index]?.page}:${RUN[index]?.line}`;
    expect(error, name).toBeUndefined();
    expect(shown.length, `${name} shows something`).toBeGreaterThan(0);
    expect(shown, name).not.toContain(undefined);
  }
});
