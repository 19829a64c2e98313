import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { PATHS } from "../../mint-server/local/paths.ts";

const folder = mkdtempSync(join(tmpdir(), "mintgate-imports-"));
afterAll(() => rmSync(folder, { recursive: true }));

const FORBIDDEN = [
  ["sw/x.ts", "../mint-server/app.ts"],
  ["sw/x.ts", "../mint-server/credentials/issue.ts"],
  ["sw/x.ts", "../demo/main.tsx"],
  ["demo/x.tsx", "../mint-server/app.ts"],
  ["demo/state/x.ts", "../../mint-server/config.ts"],
  ["mint-server/x.ts", "../sw/client.ts"],
  ["mint-server/x.ts", "./local/server.ts"],
  ["mint-server/credentials/x.ts", "../../sw/events.ts"],
  ["mint-server/providers/x.ts", "../../demo/story.ts"],
  ["mint-server/contract/x.ts", "../config.ts"],
  ["mint-server/contract/x.ts", "../../sw/client.ts"],
  ["mint-server/wire/x.ts", "../providers/table.ts"],
  ["mint-server/wire/google/x.ts", "../../providers/select.ts"],
  ["mint-server/wire/x.ts", "../credentials/verify.ts"],
  ["mint-server/local/x.ts", "../../sw/client.ts"],
] as const;

const ALLOWED = [
  ["sw/x.ts", "../mint-server/contract/sse.ts"],
  ["sw/x.ts", "./client.ts"],
  ["demo/state/x.ts", "../../mint-server/contract/sse.ts"],
  ["demo/state/x.ts", "../../sw/client.ts"],
  ["mint-server/contract/x.ts", "./sse.ts"],
  ["mint-server/wire/x.ts", "../providers/js-model.ts"],
  ["mint-server/wire/x.ts", "../contract/sse.ts"],
  ["mint-server/providers/x.ts", "../wire/openai.ts"],
  ["mint-server/local/x.ts", "../settings.ts"],
] as const;

/** Writes a file that holds one import; returns its path within the folder. */
function write(name: string, [path, target]: readonly [string, string]): string {
  const unique = path.replace("x.", `${name}.`);
  mkdirSync(dirname(join(folder, unique)), { recursive: true });
  writeFileSync(join(folder, unique), `import ${JSON.stringify(target)};\n`);
  return unique;
}

/** What the project's own lint rules say about the imports of the folder. */
function lint(): string {
  copyFileSync(join(PATHS.root, "biome.json"), join(folder, "biome.json"));
  const biome = join(PATHS.root, "node_modules/@biomejs/biome/bin/biome");
  const args = [biome, "lint", "--vcs-enabled=false", "--only=style/noRestrictedImports", "--reporter=github"];
  return spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" }).stdout;
}

test("refuses the imports against the one direction, and no other", () => {
  const forbidden = FORBIDDEN.map((row, index) => write(`forbidden${index}`, row));
  const allowed = ALLOWED.map((row, index) => write(`allowed${index}`, row));
  const report = lint();
  expect(forbidden.filter((path) => !report.includes(`/${path},`))).toEqual([]);
  expect(allowed.filter((path) => report.includes(`/${path},`))).toEqual([]);
});
