import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { build } from "../../mint-server/local/build.ts";
import { withPlugin } from "../../mint-server/local/cli/init-vite-config.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { writeFiles } from "../support/write-files.ts";
import { errorLine, mintgate } from "./terminal.ts";

// Its files are what is copied.
beforeAll(() => build({ demo: false }));

async function project(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  await writeFiles(folder, files);
  return folder;
}

const withPackage = (name: string): Record<string, string> => ({
  "package.json": JSON.stringify({ name: "@Acme/My App!", devDependencies: { [name]: "1" } }),
});

const VITE = { ...withPackage("vite"), "vite.config.ts": "export default {\n  base: '/x/',\n};\n" };

const added = (stdout: string): string[] =>
  [...stdout.matchAll(/^ {2}(add|edit) {2}(.+)$/gm)].map(([, , path = ""]) => path);

test.each([
  ["a Vite app", VITE, ["vite.config.ts"]],
  ["a Vite app", withPackage("vite"), ["vite.config.js"]],
  [
    "a SvelteKit app",
    { ...withPackage("@sveltejs/kit"), ...VITE, ...withPackage("@sveltejs/kit") },
    ["vite.config.ts"],
  ],
  ["a Next app", withPackage("next"), ["public/mintgate-sw.js"]],
] as const)("sees %s and says what it needs", async (kind, files, expected) => {
  const folder = await project(files);
  const { code, stdout } = await mintgate(["init", "--yes"], { folder });
  expect(code).toBe(0);
  expect(stdout).toContain(`This is ${kind}.`);
  expect(added(stdout)).toEqual([...expected, "mint-server/index.js", "mint-server/wrangler.jsonc"]);
  for (const path of added(stdout)) expect((await readFile(join(folder, path), "utf8")).length).toBeGreaterThan(0);
  expect(await readFile(join(folder, "mint-server/wrangler.jsonc"), "utf8")).toContain('"name": "acme-my-app-mint"');
  expect((await mintgate(["init", "--yes"], { folder })).stdout).toContain("Nothing is to be added.");
});

test.each([
  [".", ""],
  ["public", "public/"],
])(
  "gives a site in %s the page client and the worker, and uploads no folder that holds more than the site",
  async (_, at) => {
    const folder = await project({ [`${at}index.html`]: "<!doctype html>" });
    const { stdout } = await mintgate(["init", "--yes"], { folder });
    expect(added(stdout)).toContain(`${at}mintgate.js`);
    expect(added(stdout)).toContain(`${at}mintgate-sw.js`);
    const config = await readFile(join(folder, "mint-server/wrangler.jsonc"), "utf8");
    expect(config.includes('"directory": "../public"')).toBe(at !== "");
    expect(config.includes('"assets"')).toBe(at !== "");
  },
);

test("replaces no file that is there, and says so", async () => {
  const folder = await project({
    ...withPackage("next"),
    "public/mintgate-sw.js": "mine",
    "mint-server/index.js": "mine",
  });
  const { code, stdout } = await mintgate(["init", "--yes"], { folder });
  expect(code).toBe(0);
  expect(added(stdout)).toEqual(["mint-server/wrangler.jsonc"]);
  for (const path of ["public/mintgate-sw.js", "mint-server/index.js"]) {
    expect(stdout).toContain(`${path} is there already and differs`);
    expect(await readFile(join(folder, path), "utf8")).toBe("mine");
  }
});

test("writes nothing on a dry run, nor where a person says no, nor where there is nobody to ask", async () => {
  const folder = await project(VITE);
  const before = (await readdir(folder)).sort();
  const dry = await mintgate(["init", "--dry-run"], { folder });
  expect([dry.code, added(dry.stdout).length]).toEqual([0, 3]);
  const refused = await mintgate(["init"], { folder, confirm: async () => false });
  expect([refused.code, refused.stderr]).toEqual([1, "mintgate: nothing was written\n"]);
  const alone = await mintgate(["init"], { folder });
  expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining("--yes")]);
  expect((await readdir(folder)).sort()).toEqual(before);
  expect(await readFile(join(folder, "vite.config.ts"), "utf8")).toBe(VITE["vite.config.ts"]);
  expect((await mintgate(["init"], { folder, confirm: async () => true })).code).toBe(0);
  expect(await readFile(join(folder, "vite.config.ts"), "utf8")).toContain("mintgate()");
});

test("finds no app in an empty folder", async () => {
  expect(errorLine(await mintgate(["init", "--yes"]))).toMatch(/^1 there is no app here/);
});

const IMPORT = 'import { mintgate } from "mintgate/vite";\n';

test.each([
  ["an empty list", "export default { plugins: [] };\n", "export default { plugins: [mintgate()] };\n"],
  ["a list with others", "x({\n  plugins: [react()],\n})\n", "x({\n  plugins: [mintgate(), react()],\n})\n"],
  [
    "no list",
    "export default defineConfig({\n  base: '/',\n})\n",
    "export default defineConfig({\n  plugins: [mintgate()],\n  base: '/',\n})\n",
  ],
  [
    "an empty object",
    "export default defineConfig({})\n",
    "export default defineConfig({\n  plugins: [mintgate()],\n})\n",
  ],
])("puts the plugin into a configuration with %s", (_, before, after) => {
  expect(withPlugin(before)).toBe(IMPORT + after);
});

test.each([
  ["two lists", "a({ plugins: [] }); b({ plugins: [] });"],
  ["a list from elsewhere", "export default { plugins };"],
  ["a function", "export default ({ mode }) => config(mode);"],
])("leaves a configuration with %s to those who wrote it", async (_, text) => {
  expect(withPlugin(text)).toBeUndefined();
  const folder = await project({ ...withPackage("vite"), "vite.config.ts": text });
  const { stdout } = await mintgate(["init", "--yes"], { folder });
  expect(added(stdout)).not.toContain("vite.config.ts");
  expect(stdout).toContain("vite.config.ts: add ");
  expect(await readFile(join(folder, "vite.config.ts"), "utf8")).toBe(text);
});
