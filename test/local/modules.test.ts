import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test } from "vitest";
import { importsOf, readModules } from "../../mint-server/local/modules.ts";
import { replaceModules } from "../../mint-server/local/replace.ts";
import { temporaryFolder } from "../support/temporary.ts";

const ENTRY = "mint-server.js";

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, code] of Object.entries(files)) await writeFile(join(folder, name), code);
  return folder;
}

describe("imports of a built module", () => {
  test("are found in every form that a bundler writes them in", () => {
    const code =
      'import"./mint-server-a-12345678.js";import{t as e}from"./mint-server.js";export*from\'./mint-server-b-12345678.js\';' +
      'let c=()=>import(`./mint-server-c-12-45_78.js`),d=await import( "./mint-server-d-12345678.js" );';
    expect(importsOf(code)).toEqual({
      atOnce: ["mint-server-a-12345678.js", "mint-server.js", "mint-server-b-12345678.js"],
      onDemand: ["mint-server-c-12-45_78.js", "mint-server-d-12345678.js"],
    });
  });

  test("are not those that the documentation shows, nor those of the platform", () => {
    const code = 'import{DurableObject as e}from"cloudflare:workers";let t=`import x from "./chat-handlers.js"`;';
    expect(importsOf(code)).toEqual({ atOnce: [], onDemand: [] });
  });
});

describe("the modules of a bundle", () => {
  test("are the entry first, then all that it can come to import, each once", async () => {
    const folder = await folderOf({
      "local-entry.js": 'import e from"./mint-server.js";export{e as default};',
      [ENTRY]: 'import{a}from"./mint-server-a-12345678.js";let l=()=>import("./mint-server-b-12345678.js");',
      "mint-server-a-12345678.js": "",
      "mint-server-b-12345678.js":
        'import{a}from"./mint-server-a-12345678.js";import{t}from"./mint-server.js";import"./mint-server-c-12345678.js";',
      "mint-server-c-12345678.js": 'import("./mint-server-b-12345678.js")',
      "mint-server-old-12345678.js": "",
    });
    const modules = readModules(join(folder, "local-entry.js"));
    expect(modules.map(({ name, onDemand }) => [name, onDemand])).toEqual([
      ["local-entry.js", false],
      [ENTRY, false],
      ["mint-server-a-12345678.js", false],
      ["mint-server-b-12345678.js", true],
      ["mint-server-c-12345678.js", true],
    ]);
  });

  test("are an error where one is not there, which names it", async () => {
    const folder = await folderOf({ [ENTRY]: 'import("./mint-server-gone-12345678.js")' });
    expect(() => readModules(join(folder, ENTRY))).toThrow("mint-server-gone-12345678.js");
  });
});

describe("a build in the place of another", () => {
  const built = (hash: string): Record<string, string> => ({
    [ENTRY]: `import("./mint-server-part-${hash}.js")`,
    [`mint-server-part-${hash}.js`]: hash,
  });

  test("leaves no module of the other, and touches nothing else", async () => {
    const neighbours = {
      "local-entry.js": "",
      "local-entry-part-00000001.js": "",
      "mint-server-part-00000001.js.map": "",
    };
    const to = await folderOf({ ...built("00000001"), ...neighbours });
    await mkdir(join(to, "mint-server"));
    replaceModules({ from: await folderOf(built("00000002")), to, entry: ENTRY });
    expect((await readdir(to)).sort()).toEqual(
      ["mint-server", ...Object.keys({ ...built("00000002"), ...neighbours })].sort(),
    );
    expect(readModules(join(to, ENTRY)).map(({ code }) => code)).toEqual(Object.values(built("00000002")));
  });

  test.each([
    ["a module was made that none imports", { ...built("00000002"), "mint-server-lost-00000002.js": "" }, "lost"],
    ["one imports a module that was not made", { [ENTRY]: 'import("./mint-server-gone-00000002.js")' }, "gone"],
  ])("does not come about where %s", async (_, files, named) => {
    const to = await folderOf(built("00000001"));
    const replace = async (): Promise<void> => replaceModules({ from: await folderOf(files), to, entry: ENTRY });
    await expect(replace()).rejects.toThrow(`mint-server-${named}-00000002.js`);
    expect(readModules(join(to, ENTRY)).map(({ code }) => code)).toEqual(Object.values(built("00000001")));
  });

  test("shows itself whole or not at all to whoever reads meanwhile", async () => {
    const to = await folderOf(built("00000000"));
    const builder = new Worker(BUILDER, {
      eval: true,
      workerData: {
        module: new URL("../../mint-server/local/replace.ts", import.meta.url).href,
        from: await temporaryFolder(),
        to,
        entry: ENTRY,
      },
    });
    onTestFinished(async () => void (await builder.terminate()));
    const failed = new Promise<never>((_, reject) => builder.once("error", reject));
    const seen = new Set<string>();
    while (seen.size < 200) {
      const [entry, part, ...more] = readModules(join(to, ENTRY));
      expect(more).toEqual([]);
      expect(entry?.code).toBe(built(part?.code ?? "")[ENTRY]);
      seen.add(part?.code ?? "");
      await Promise.race([new Promise((resolve) => setImmediate(resolve)), failed]);
    }
  });
});

/** Builds one after the other, each with another module, until it is stopped. */
const BUILDER = `
  const { writeFileSync } = require("node:fs");
  const { workerData: { module, from, to, entry } } = require("node:worker_threads");
  import(module).then(({ replaceModules }) => {
    for (let build = 1; ; build++) {
      const hash = String(build).padStart(8, "0");
      writeFileSync(from + "/" + entry, 'import("./mint-server-part-' + hash + '.js")');
      writeFileSync(from + "/mint-server-part-" + hash + ".js", hash);
      replaceModules({ from, to, entry });
    }
  });
`;
