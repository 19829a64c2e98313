import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PATHS } from "../../mint-server/local/paths.ts";
import { renderApiReference } from "./api-reference.ts";
import { withErrorTable } from "./error-codes.ts";
import { compilePackage } from "./type-check.ts";

// Part of `npm run docs:generate`, and of `npm run docs:check`.

const isCheck = process.argv.includes("--check");

function write(page: string, text: string): void {
  const path = join(PATHS.root, page);
  if (!isCheck) writeFileSync(path, text);
  else if (readFileSync(path, "utf8") !== text) {
    console.error(`${page} is behind the code: run \`npm run docs:generate\`.`);
    process.exitCode = 1;
  }
}

compilePackage();
write("docs/api.md", renderApiReference());
write("docs/errors.md", withErrorTable(readFileSync(join(PATHS.root, "docs/errors.md"), "utf8")));
