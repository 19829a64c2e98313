import { readFileSync, writeFileSync } from "node:fs";
import { argv, exit } from "node:process";
import { FEATURE_IDS, FEATURES, lackOf, ROWS } from "./features.ts";
import { contentRows } from "./features-content.ts";
import { settingRows } from "./features-settings.ts";

const PAGE = new URL("../../docs/compatibility.md", import.meta.url);

const WIRES = ["OpenAI", "Responses", "Anthropic", "Google", "Bedrock"];
const SCHEMAS = ["Chat", "Responses", "Messages", "Gemini"];

/** The tables by the names under which the page holds their places. */
const TABLES: Readonly<Record<string, () => string>> = {
  features: renderFeatures,
  settings: () =>
    table(["setting", ...SCHEMAS, ...WIRES.map((name) => `→ ${name}`)], settingRows().map(withoutIndexes)),
  content: () => table(["content", ...WIRES.map((name) => `→ ${name}`)], contentRows()),
};

function renderFeatures(): string {
  const reasons = new Map<string, number>();
  const numberOf = (why: string): number => {
    reasons.set(why, reasons.get(why) ?? reasons.size + 1);
    return reasons.get(why) ?? 0;
  };
  const rows = ROWS.map((row) => [
    row.id.replace(/^\w[\w-]*/, "`$&`"),
    ...FEATURE_IDS.map((feature) => {
      const lack = lackOf(row, feature);
      return lack ? `(${numberOf(lack.why)})` : "✓";
    }),
  ]);
  const notes = [...reasons].map(([why, number]) => `${number}. ${why[0]?.toUpperCase()}${why.slice(1)}.`);
  return `${table(["provider", ...FEATURE_IDS.map((id) => FEATURES[id])], rows)}\n\n${notes.join("\n")}`;
}

/** A path of any item of a list, rather than of the sample's first. */
function withoutIndexes(row: readonly string[]): readonly string[] {
  return row.map((cell) => cell.replaceAll("[0]", "[]"));
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The page with its tables as they should be for the code as it stands. */
export function renderCompatibility(page: string): string {
  return page.replace(
    /(<!-- table: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, start: string, name: string, end: string) => `${start}\n${TABLES[name]?.() ?? ""}\n\n${end}`,
  );
}

if (import.meta.main) {
  const page = readFileSync(PAGE, "utf8");
  const wanted = renderCompatibility(page);
  if (!argv.includes("--check")) writeFileSync(PAGE, wanted);
  else if (page !== wanted) {
    console.error("docs/compatibility.md is behind the code: run `npm run docs:generate`.");
    exit(1);
  }
}
