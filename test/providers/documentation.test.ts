import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { baseURLSettings, providers } from "../../mint-server/providers/table.ts";

test("the documentation's table of providers is the server's", () => {
  const page = readFileSync(new URL("../../docs/providers.md", import.meta.url), "utf8");
  const documented = [...page.matchAll(/^\| `.*\|$/gm)].map(([line]) => line.replace(/, with the model.*(?= \|$)/, ""));
  const rows = providers()
    .filter(({ id, wire }) => wire === "openai" && id !== "custom")
    .map((row) => {
      const settings = baseURLSettings(row).map(code).join(", ");
      const base = row.baseURL ? code(row.baseURL) : "must be set";
      return `| ${code(row.id)} | ${row.keySetting ? code(row.keySetting) : "none"} | ${settings} | ${base} |`;
    });
  expect(documented).toEqual(rows);
});

function code(text: string): string {
  return `\`${text}\``;
}
