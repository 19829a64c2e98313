import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PATHS } from "../../mint-server/local/paths.ts";
import { readPage } from "./pages.ts";

test("the sizes that the questions state are those that the build is held to", () => {
  const budgets = readFileSync(join(PATHS.root, "test/check/bundles.ts"), "utf8");
  const budgetOf = (name: string) => {
    const [, bytes = ""] = new RegExp(`name: "${name}",[^}]*?maxGzipBytes: ([\\d_]+)`).exec(budgets) ?? [];
    return Number(bytes.replaceAll("_", "")) / 1000;
  };
  expect(readPage("docs/faq.md")).toContain(
    `The page's part may have ${budgetOf("page client")} kB and the ready-made worker ${budgetOf("worker")} kB, compressed.`,
  );
});
