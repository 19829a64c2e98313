import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { PATHS } from "../../mint-server/local/paths.ts";
import { anchorsOf, PAGES, proseOf } from "./pages.ts";

const LINKS = PAGES.flatMap((page) =>
  [...proseOf(page).matchAll(/(?:\]\(|<(?:a|img|source)[^>]*?(?:href|src|srcset)=")([^)"\s]+)/g)].map(
    ([, target = ""]) => ({ page, target }),
  ),
).filter(({ target }) => !/^(https?|mailto):/.test(target));

/** The page and the heading that a link leads to. */
function resolve(page: string, target: string): { readonly path: string; readonly anchor: string | undefined } {
  const [path = "", anchor] = target.split("#");
  return { path: path === "" ? page : normalize(join(dirname(page), path)), anchor };
}

test("links lead to files that exist", () => {
  expect(LINKS.length).toBeGreaterThan(80);
  const broken = LINKS.filter(({ page, target }) => !existsSync(join(PATHS.root, resolve(page, target).path)));
  expect(broken.map(({ page, target }) => `${page} → ${target}`)).toEqual([]);
});

test("links lead to headings that exist", () => {
  const toHeadings = LINKS.map(({ page, target }) => ({
    name: `${page} → ${target}`,
    ...resolve(page, target),
  })).filter(({ anchor, path }) => anchor !== undefined && path.endsWith(".md"));
  expect(toHeadings.length).toBeGreaterThan(8);
  expect(toHeadings.filter(({ path, anchor = "" }) => !anchorsOf(path).has(anchor)).map(({ name }) => name)).toEqual(
    [],
  );
});

test("every page of the documentation is reached from the front page", () => {
  const reached = new Set(["README.md"]);
  for (const page of reached) {
    for (const link of LINKS.filter((one) => one.page === page)) reached.add(resolve(page, link.target).path);
  }
  const pages = PAGES.filter((page) => page.startsWith("docs/") && !page.startsWith("docs/decisions/"));
  expect(pages.filter((page) => !reached.has(page))).toEqual([]);
});
