import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary.ts";
import { writeFiles } from "../support/write-files.ts";
import { errorLine, mintgate } from "./terminal.ts";

/** What wrangler says where it cannot list secrets; what it does otherwise stands in a file. */
interface Wrangler {
  readonly secrets?: readonly string[];
  readonly refusal?: string;
}

/** An app with something that stands in for wrangler: nobody is signed in here. */
async function app({ secrets = [], refusal }: Wrangler): Promise<string> {
  const folder = await temporaryFolder();
  const listed = JSON.stringify(secrets.map((name) => ({ name })));
  await writeFiles(folder, {
    "package.json": '{ "type": "module" }',
    "mint-server/wrangler.jsonc": "{}",
    "node_modules/wrangler/package.json": '{ "name": "wrangler", "main": "main.cjs" }',
    "node_modules/wrangler/main.cjs": "exports.unstable_readConfig = () => ({ vars: {} });",
    "node_modules/wrangler/bin/wrangler.js": `const { appendFileSync } = require("node:fs");
const [command] = process.argv.slice(2);
appendFileSync("asked", command + "\\n");
if (command !== "secret") process.exit(0);
const refusal = ${JSON.stringify(refusal ?? "")};
if (refusal === "") console.log(${JSON.stringify(listed)});
else console.error(refusal);
process.exit(refusal === "" ? 0 : 1);
`,
  });
  return folder;
}

const asked = async (folder: string): Promise<string> => readFile(join(folder, "asked"), "utf8");

test("deploys where no secret is missing", async () => {
  const folder = await app({ secrets: ["MINT_SECRET", "PUBLIC_URL", "OPENAI_API_KEY"] });
  expect((await mintgate(["deploy"], { folder })).code).toBe(0);
  expect(await asked(folder)).toBe("secret\ndeploy\n");
});

test("names what is missing at the first deployment, before which there is no Worker", async () => {
  const folder = await app({ refusal: 'Worker "app-mint" not found.' });
  const { code, stderr } = await mintgate(["deploy"], { folder });
  expect(code).toBe(1);
  expect(stderr).toContain("missing secret: MINT_SECRET (set it with: npx wrangler secret put MINT_SECRET --config ");
  expect(stderr).toContain("nothing was deployed; set them and run this again");
  expect(await asked(folder)).toBe("secret\n");
});

test("tells whoever is not signed in to sign in, and calls no secret missing", async () => {
  const folder = await app({ refusal: "ERROR: it's necessary to set a CLOUDFLARE_API_TOKEN" });
  const { code, stdout, stderr } = await mintgate(["deploy"], { folder });
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain("ERROR: it's necessary");
  expect(stderr).toMatch(/\nmintgate: .*`npx wrangler login`/);
  expect(stderr).not.toContain("missing secret");
  expect(await asked(folder)).toBe("secret\n");
});

test.each([
  ["no configuration", [], /^1 there is no configuration of wrangler here; `npx mintgate init` makes one/],
  ["a configuration that is not there", ["--config", "x.toml"], /^1 --config: there is no such file/],
] as const)("says what to do with %s", async (_, args, message) => {
  const folder = await app({});
  await writeFiles(folder, { "elsewhere/package.json": "{}" });
  expect(errorLine(await mintgate(["deploy", ...args], { folder: join(folder, "elsewhere") }))).toMatch(message);
});
