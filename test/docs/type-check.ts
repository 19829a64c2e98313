import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { PATHS } from "../../mint-server/local/paths.ts";
import type { Block } from "./pages.ts";

/** Inside the project, so that the package is found by its own name, as an app finds it. */
const FOLDER = join(PATHS.dist, "code-blocks");
const TSC = join(PATHS.root, "node_modules/typescript/bin/tsc");

/** As an app would be set up; less strict than the project is with itself, so that an example may be short. */
const COMMON = {
  extends: "../../../tsconfig.base.json",
  compilerOptions: {
    noEmit: true,
    composite: false,
    declaration: false,
    noImplicitReturns: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    noUncheckedIndexedAccess: false,
    exactOptionalPropertyTypes: false,
    moduleDetection: "force",
    jsx: "react-jsx",
    jsxImportSource: "preact",
    // React's own types are not installed; what stands in for React has the same.
    paths: { react: ["../../../node_modules/preact/compat/src/index.d.ts"] },
    skipLibCheck: true,
  },
};
const PAGE = { lib: ["esnext", "dom", "dom.iterable", "dom.asynciterable"], types: ["node", "vite/client"] };
const WORKER = { lib: ["esnext", "webworker"], types: [] };

/** Checks TypeScript by the package's own types; returns what the compiler says, each with its page and line. */
export function typeCheck(blocks: readonly Block[]): string[] {
  compilePackage();
  rmSync(FOLDER, { recursive: true, force: true });
  return [
    ...check("worker", { blocks: blocks.filter(isWorker), options: WORKER }),
    ...check("page", { blocks: blocks.filter((block) => !isWorker(block)), options: PAGE }),
  ];
}

/** What the package's entries are made of. */
export function compilePackage(): void {
  compile(["mint-server", "mint-server/local/cli", "sw"]);
}

interface Program {
  readonly blocks: readonly Block[];
  readonly options: object;
}

function check(name: "page" | "worker", { blocks, options }: Program): string[] {
  const folder = join(FOLDER, name);
  mkdirSync(folder, { recursive: true });
  for (const block of blocks) writeFileSync(join(folder, fileOf(block)), sourceOf(block));
  cpSync(join(import.meta.dirname, `${name}-context.d.ts`), join(folder, "context.d.ts"));
  const config = { ...COMMON, compilerOptions: { ...COMMON.compilerOptions, ...options } };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  return compile(["-p", relative(PATHS.root, folder)], blocks);
}

function fileOf({ page, line, language }: Block): string {
  return `${page.replaceAll(/[/.]/g, "-")}-${line}.${language === "html" ? "ts" : language}`;
}

/** TypeScript knows no way to say globally what the scope of a worker is, so every worker says it. */
const WORKER_SCOPE = "declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST: string[] };";

/** Each line stands where it stands on its page. */
function sourceOf(block: Block): string {
  const scope = isWorker(block) && !block.code.includes("declare const self") ? WORKER_SCOPE : "";
  const code = block.language === "html" ? scriptsOf(block.code) : block.code;
  return `${scope}${"\n".repeat(block.line - 1)}${code}`;
}

/** The module scripts of a page, with the packages whose files they import. */
function scriptsOf(html: string): string {
  const blank = (text: string) => text.replaceAll(/[^\n]/g, "");
  const parts = html.split(/(?<=<script type="module">)|(?=<\/script>)/);
  return parts
    .map((part, index) => (parts[index - 1]?.endsWith('<script type="module">') ? part : blank(part)))
    .join("")
    .replaceAll(/"\.?\/mintgate\.js"/g, '"mintgate"')
    .replaceAll(/"\.?\/node_modules\/([\w-]+)\/[^"]*"/g, '"$1"');
}

function isWorker({ code }: Block): boolean {
  return /"mintgate\/sw"|ServiceWorkerGlobalScope/.test(code);
}

/** Runs the compiler; fails the test itself where the package does not compile. */
function compile(args: readonly string[], blocks?: readonly Block[]): string[] {
  const command = blocks ? args : ["-b", ...args];
  const { stdout, status } = spawnSync(process.execPath, [TSC, ...command, "--pretty", "false"], {
    cwd: PATHS.root,
    encoding: "utf8",
  });
  if (status === 0) return [];
  if (!blocks) throw new Error(`the package does not compile:\n${stdout}`);
  return stdout
    .split("\n")
    .filter((line) => line.includes("error TS"))
    .map((line) => {
      const block = blocks.find((candidate) => line.includes(fileOf(candidate)));
      return block ? line.replace(/^.*?\((\d+),\d+\)/, `${block.page}:$1`) : line;
    });
}
