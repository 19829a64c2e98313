import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PATHS } from "../../mint-server/local/paths.ts";
import { ERROR_CODES, withErrorTable } from "./error-codes.ts";
import { readPage } from "./pages.ts";

const PAGE = readPage("docs/errors.md");
/** The text under each heading that is a code. */
const SECTIONS = new Map(
  [...PAGE.matchAll(/^### ([a-z_]+)$([\s\S]*?)(?=^#|$(?![\s\S]))/gm)].map(([, code = "", text = ""]) => [code, text]),
);

test("every code is explained, and nothing else is", () => {
  expect(ERROR_CODES.length).toBeGreaterThan(55);
  expect([...SECTIONS.keys()].sort()).toEqual(ERROR_CODES.map(({ code }) => code));
});

test("each explanation names the statuses, and says what to do", () => {
  for (const { code, statuses } of ERROR_CODES) {
    const text = (SECTIONS.get(code) ?? "").replaceAll(/<!--[\s\S]*?-->/g, "").trim();
    expect(
      statuses.filter((status) => !text.includes(String(status))),
      code,
    ).toEqual([]);
    expect(text.split(/[.:] /).length, `${code} has a cause and a remedy`).toBeGreaterThan(1);
  }
});

test("the table is the one that `npm run docs:generate` makes", () => {
  expect(PAGE).toContain("| [`budget_exceeded`](#budget_exceeded) | 402 | the mint-server |");
  expect(PAGE).toBe(withErrorTable(PAGE));
});

test("no code is made anywhere that the list does not have", () => {
  const sources = globSync(["sw/**/*.ts", "mint-server/**/*.ts"], { cwd: PATHS.root }).filter(
    (path) => !/\/(guide|openapi|failure-answers)/.test(path),
  );
  const made = sources.flatMap((path) =>
    [...readFileSync(join(PATHS.root, path), "utf8").matchAll(/\bcode: "([a-z_]+)"/g)].map(([, code = ""]) => code),
  );
  expect(made.length).toBeGreaterThan(8);
  const listed = new Set(ERROR_CODES.map(({ code }) => code));
  expect([...new Set(made)].filter((code) => !listed.has(code))).toEqual([]);
});
