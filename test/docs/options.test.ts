import { expect, test } from "vitest";
import { mintConfigSchema } from "../../mint-server/config-schema.ts";
import { run } from "../../mint-server/local/cli/run.ts";
import { PATHS } from "../../mint-server/local/paths.ts";
import { readPage, USER_PAGES } from "./pages.ts";

/** The fields of an interface, as the reference has it. */
function fieldsOf(name: string): string[] {
  const [, body = ""] =
    new RegExp(`^interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)^\\}`, "m").exec(readPage("docs/api.md")) ?? [];
  return [...body.matchAll(/^ {2}readonly (\w+)/gm)].map(([, field = ""]) => field);
}

test("the options of `register` are those that the worker's page lists", () => {
  // Set by the package itself.
  const own = ["askSession"];
  const declared = ["ProxyOptions", "FetchOptions", "RegisterOptions"]
    .flatMap(fieldsOf)
    .filter((field) => !own.includes(field));
  expect(declared.length).toBeGreaterThan(10);
  const [, table = ""] =
    /^\| option \| meaning \|\n\| --- \| --- \|\n((?:\|.*\n)+)/m.exec(readPage("docs/service-worker.md")) ?? [];
  const listed = table
    .split("\n")
    .flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(listed.sort()).toEqual(declared.sort());
});

test("the options of `mintgate credential issue` are those that its page lists", async () => {
  const lines: string[] = [];
  const print = (line: string) => lines.push(line);
  const terminal = { env: {}, folder: PATHS.root, readInput: async () => "", print, note: print };
  await run(["credential", "issue", "--help"], terminal);
  const has = [...lines.join("\n").matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, option = ""]) => option);
  expect(has.length).toBeGreaterThan(12);
  const page = readPage("docs/recipes/command-line.md");
  expect(has.filter((option) => option !== "--help" && !page.includes(option))).toEqual([]);
  const [, table = ""] = /^\| option \|.*\n\| --- \| --- \|\n((?:\|.*\n)+)/m.exec(page) ?? [];
  const listed = [...table.matchAll(/`(--[a-z-]+)`/g)].map(([, option = ""]) => option);
  expect(listed.filter((option) => !has.includes(option))).toEqual([]);
});

test("every field of `MINT_CONFIG` is explained or shown", () => {
  const pages = USER_PAGES.filter((page) => page !== "docs/api.md")
    .map(readPage)
    .join("\n");
  const fields = [...namesIn(mintConfigSchema)];
  expect(fields.length).toBeGreaterThan(50);
  expect(fields.filter((name) => !pages.includes(`\`${name}\``) && !pages.includes(`"${name}"`))).toEqual([]);
});

/** The names of all fields of a schema, at any depth. */
function namesIn(schema: unknown, found = new Set<string>()): Set<string> {
  if (typeof schema !== "object" || schema === null) return found;
  const { entries, getter, ...parts } = schema as { entries?: object; getter?: (input: unknown) => unknown };
  for (const [name, part] of Object.entries(entries ?? {})) {
    found.add(name);
    namesIn(part, found);
  }
  if (getter) namesIn(getter({}), found);
  for (const key of ["item", "value", "wrapped", "options", "pipe"]) {
    const part = (parts as Record<string, unknown>)[key];
    for (const one of Array.isArray(part) ? part : [part]) namesIn(one, found);
  }
  return found;
}
