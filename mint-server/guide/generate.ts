import { globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { argv, exit } from "node:process";
import { fileURLToPath } from "node:url";
import { cutPage } from "./cut.ts";
import type { Passage } from "./passage.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TARGET = new URL("passages.ts", import.meta.url);

/** The pages that the built-in model answers from, as paths from the root of the project. */
function pages(): string[] {
  // Not the reference of the package's exports: declarations answer no question.
  const found = globSync(["docs/*.md", "docs/recipes/*.md", "docs/quick-start/*.md"], { cwd: ROOT }).filter(
    (path) => basename(path) !== "api.md",
  );
  return ["README.md", ...found.map((path) => path.replaceAll("\\", "/")).sort()];
}

/** The text of `passages.ts` as it should be for the documentation as it stands. */
export function renderPassages(): string {
  return [
    "// Generated from README.md and docs/ by generate.ts. Change those and run `npm run docs:generate`.",
    "// biome-ignore-all format: generated",
    "// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the documentation shows code",
    'import { type Passage, pagePassages } from "./passage.ts";',
    "",
    "export const PASSAGES: readonly Passage[] = [",
    ...pages().map((page) => renderPage(page, cutPage(page, readFileSync(join(ROOT, page), "utf8")))),
    "];",
    "",
  ].join("\n");
}

function renderPage(page: string, passages: readonly Passage[]): string {
  const rows = passages.map(({ heading, also, text }) => `    ${JSON.stringify([heading, also, text])},`);
  const title = passages[0]?.title ?? page;
  return [`  ...pagePassages(${JSON.stringify(page)}, ${JSON.stringify(title)}, [`, ...rows, "  ]),"].join("\n");
}

if (import.meta.main) {
  const wanted = renderPassages();
  if (!argv.includes("--check")) writeFileSync(TARGET, wanted);
  else if (readFileSync(TARGET, "utf8") !== wanted) {
    console.error("mint-server/guide/passages.ts is behind the documentation: run `npm run docs:generate`.");
    exit(1);
  }
}
