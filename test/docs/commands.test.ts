import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { API_PREFIXES } from "../../mint-server/contract/hosts.ts";
import { run } from "../../mint-server/local/cli/run.ts";
import { PATHS } from "../../mint-server/local/paths.ts";
import { ROUTES } from "../../mint-server/routes.ts";
import { blocksOf, PAGES, proseOf } from "./pages.ts";

const { scripts } = JSON.parse(readFileSync(join(PATHS.root, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};

/** Commands of the block, each as its words, without what is set before it. */
function commandsOf(code: string): string[][] {
  const lines = code
    .replaceAll(/\\\n\s*/g, " ")
    .replaceAll(/\$\([^)]*\)/g, "_")
    .replaceAll(/(?<=^|\s)#.*$/gm, "")
    .replaceAll(/'[^']*'|"(?:\\.|[^"\\])*"/g, (quoted) => quoted.slice(1, -1).replaceAll(/[\s;|&]/g, "_"));
  return lines
    .split(/&&|\|\||[\n;|]/)
    .map((line) => line.trim().split(/\s+/))
    .map((words) => words.slice(words.findIndex((word) => !/^\w+=/.test(word))))
    .filter(([word = ""]) => word !== "" && !/^\w+=/.test(word));
}

const SHELL = PAGES.flatMap((page) => blocksOf(page).filter(({ language }) => language === "sh"));
const COMMANDS = SHELL.flatMap(({ page, line, code }) => commandsOf(code).map((words) => ({ page, line, words })));
/** And those in the running text. */
const SHOWN_INLINE = PAGES.flatMap((page) =>
  [...proseOf(page).matchAll(/`((?:npm|npx|mintgate) [^`]+)`/g)].map(([, code = ""]) => ({
    page,
    line: 0,
    words: code.trim().split(/\s+/),
  })),
);
const ALL = [...COMMANDS, ...SHOWN_INLINE];

/** What comes with the system, or with Node. */
const PROGRAMS = new Set([
  "docker",
  "npm",
  "npx",
  "node",
  "curl",
  "openssl",
  "tr",
  "read",
  "export",
  "pbpaste",
  "cd",
  "git",
  "cp",
]);
const NPM = new Set(["ci", "install", "test", "start", "run", "uninstall", "create", "init", "pack"]);

describe("the documentation", () => {
  test("shows only programs that a reader has", () => {
    expect(COMMANDS.length).toBeGreaterThan(25);
    expect(COMMANDS.filter(({ words: [word = ""] }) => !PROGRAMS.has(word))).toEqual([]);
  });

  test("shows only npm's commands and the project's scripts", () => {
    const npm = ALL.filter(({ words: [word] }) => word === "npm");
    expect(npm.length).toBeGreaterThan(20);
    const wrong = npm.filter(({ words: [, command = "", script = ""] }) =>
      command === "run" ? !Object.hasOwn(scripts, script) : !NPM.has(command),
    );
    expect(wrong).toEqual([]);
  });

  test("shows only files that exist", () => {
    const files = ALL.filter(({ words }) => words.includes("node"))
      .map(({ words }) => words[words.indexOf("node") + 1] ?? "")
      .filter((file) => /^[\w-]+\//.test(file));
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !existsSync(join(PATHS.root, file)))).toEqual([]);
  });

  test("shows only commands and options that `mintgate` has", async () => {
    const ours = ALL.map(({ page, words }) => ({ page, words: words[0] === "npx" ? words.slice(1) : words }))
      .filter(({ words: [program, first = ""] }) => program === "mintgate" && /^[a-z]+$/.test(first))
      .map(({ page, words: [, ...words] }) => ({ page, words }));
    expect(ours.length).toBeGreaterThan(5);
    for (const { page, words } of ours) {
      const end = words.findIndex((word) => !/^[a-z]+$/.test(word));
      const help = await helpOf(end < 0 ? words : words.slice(0, end));
      for (const option of words.filter((word) => word.startsWith("--"))) {
        expect(help, `${page}: ${words.join(" ")}`).toContain(option.replace(/=.*/, ""));
      }
    }
  });

  test("asks only for paths that the server has", () => {
    const asked = SHELL.flatMap(({ page, code }) =>
      [...code.matchAll(/https?:\/\/(?:127\.0\.0\.1:8787|mint\.example)(\/[\w./-]*)/g)].map(([, path = ""]) => ({
        page,
        path,
      })),
    );
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter(({ path }) => !isRoute(path))).toEqual([]);
  });
});

/** The help of a command; it must exist. */
async function helpOf(words: readonly string[]): Promise<string> {
  const lines: string[] = [];
  const code = await run([...words, "--help"], {
    env: {},
    folder: PATHS.root,
    readInput: async () => "",
    print: (line) => lines.push(line),
    note: (line) => lines.push(line),
  });
  expect(code, words.join(" ")).toBe(0);
  return lines.join("\n");
}

function isRoute(path: string): boolean {
  if (path === "" || path === "/" || (API_PREFIXES as readonly string[]).includes(path)) return true;
  return ROUTES.some((row) => {
    const pattern = row.path.replaceAll(/[.]/g, "\\.").replaceAll(/:\w+(\{\\\.\+\})?/g, "[^/]*");
    return (row.at === "api" ? API_PREFIXES : [""]).some((prefix) => new RegExp(`^${prefix}${pattern}$`).test(path));
  });
}
