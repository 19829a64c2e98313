import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Provider } from "../../mint-server/providers/provider.ts";
import { baseURLSettings, providers } from "../../mint-server/providers/table.ts";

test("the documentation's table of providers is the server's", () => {
  const page = readFileSync(new URL("../../docs/providers.md", import.meta.url), "utf8");
  const documented = [...page.matchAll(/^\| `.*\|$/gm)].map(([line]) => line.replace(/, with the model.*(?= \|$)/, ""));
  const rows = providers()
    .filter(({ id }) => id !== "custom")
    .map((row) => {
      const settings = baseURLSettings(row).map(code).join(", ");
      const base = row.baseURL ?? row.baseFor?.({ location: "LOCATION", region: "REGION" });
      return `| ${code(row.id)} | ${keysOf(row)} | ${settings} | ${base ? code(base) : "must be set"} |`;
    });
  expect(documented).toEqual(rows);
});

function keysOf({ keySetting, secretSettings }: Provider): string {
  const others = Object.values(secretSettings?.required ?? {}).map(code);
  if (!keySetting) return "none";
  return others.length > 0 ? `${code(keySetting)}, or ${others.join(" and ")}` : code(keySetting);
}

function code(text: string): string {
  return `\`${text}\``;
}
