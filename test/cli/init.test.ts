import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { build } from "../../mint-server/local/build.ts";
import { withPlugin } from "../../mint-server/local/cli/init-vite-config.ts";
import { BANNER, PATHS } from "../../mint-server/local/paths.ts";
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
    ["vite.config.ts", "src/hooks.client.js"],
  ],
  ["a Next app", withPackage("next"), ["public/mintgate-sw.js"]],
  ["an app that serves the files of public/", withPackage("astro"), ["public/mintgate-sw.js"]],
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

test("renews what an earlier version of the package has put there, and nothing else", async () => {
  const folder = await project({
    "index.html": "<!doctype html>",
    "mintgate-sw.js": `${BANNER}\nearlier();\n`,
    "mintgate.js": "mine",
  });
  const { stdout } = await mintgate(["init", "--yes"], { folder });
  expect([...stdout.matchAll(/^ {2}renew {2}(.+)$/gm)].map(([, path]) => path)).toEqual(["mintgate-sw.js"]);
  expect(await readFile(join(folder, "mintgate-sw.js"), "utf8")).toBe(
    await readFile(join(PATHS.browser, "mintgate-sw.js"), "utf8"),
  );
  expect(await readFile(join(folder, "mintgate.js"), "utf8")).toBe("mine");
});

const SVELTEKIT = { ...withPackage("@sveltejs/kit"), "vite.config.ts": 'import "mintgate/vite";\n' };

test.each([
  ["none", {}, "src/hooks.client.js", ""],
  ["none, in TypeScript", { "tsconfig.json": "{}" }, "src/hooks.client.ts", ""],
  ["some", { "src/hooks.client.ts": "mine" }, undefined, "src/hooks.client.ts: import { register }"],
  ["ours", { "src/hooks.client.js": 'import { register } from "mintgate";\n' }, undefined, ""],
])("registers in the client hooks of a SvelteKit app that has %s", async (_, files, expected, note) => {
  const folder = await project({ ...SVELTEKIT, ...files });
  const { stdout } = await mintgate(["init", "-y"], { folder });
  expect(added(stdout).filter((path) => path.includes("hooks"))).toEqual(expected ? [expected] : []);
  if (expected) expect(await readFile(join(folder, expected), "utf8")).toContain("await register()");
  expect(stdout.includes("src/hooks.client")).toBe(expected !== undefined || note !== "");
  expect(stdout).toContain(note);
});

test.each([
  ["none of it", "dist\n", "dist\n\n# Keys and settings of the mint-server\n.dev.vars*\n"],
  ["no last line end", "dist", "dist\n\n# Keys and settings of the mint-server\n.dev.vars*\n"],
  ["nothing in it", "", "# Keys and settings of the mint-server\n.dev.vars*\n"],
  ["the file in it", "dist\n/.dev.vars\n", "dist\n/.dev.vars\n"],
])("keeps keys out of a repository whose .gitignore has %s", async (_, before, after) => {
  const folder = await project({ ...VITE, ".gitignore": before });
  await mintgate(["init", "--yes"], { folder });
  expect(await readFile(join(folder, ".gitignore"), "utf8")).toBe(after);
});

test.each([
  ["vite-plugin-pwa", withPackage("vite"), withPackage("vite-plugin-pwa")],
  ["src/service-worker.ts", SVELTEKIT, { "src/service-worker.ts": "" }],
])("tells an app with a worker of its own, by %s, to call installProxy there", async (maker, kind, files) => {
  const manifests = [kind, files].map((part: Record<string, string>) => JSON.parse(part["package.json"] ?? "{}"));
  const devDependencies = Object.assign({}, ...manifests.map((manifest) => manifest.devDependencies));
  const folder = await project({ ...kind, ...files, "package.json": JSON.stringify({ devDependencies }) });
  const { stdout } = await mintgate(["init", "--yes"], { folder });
  expect(stdout).toContain(`${maker} makes a worker already`);
  expect(stdout).toContain("mintgate({ worker: false })");
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
    "a line for each",
    "x({\n\tplugins: [\n\t\ta({\n\t\t\tb: [],\n\t\t}),\n\t],\n});\n",
    "x({\n\tplugins: [\n\t\tmintgate(),\n\t\ta({\n\t\t\tb: [],\n\t\t}),\n\t],\n});\n",
  ],
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
  ["import a from 'a';\n", "import { mintgate } from 'mintgate/vite';\n"],
  ["import a from 'a'\n", "import { mintgate } from 'mintgate/vite'\n"],
  ['import { a } from "a"\r\n', 'import { mintgate } from "mintgate/vite"\n'],
])("writes its import as those that are there: %j", (before, line) => {
  const text = `${before}export default x({ plugins: [] });\n`;
  expect(withPlugin(text)).toBe(line + text.replace("[]", "[mintgate()]"));
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
