import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readModules } from "./modules.ts";
import { PATHS } from "./paths.ts";
import { COMMON_INPUTS, TARGETS, type Target } from "./targets.ts";

export interface BuildOptions {
  /** Whether to build the demo too. */
  readonly demo: boolean;
}

/**
 * Bundles the mint-server, the worker, the page client and, if asked, the demo into `dist/`. Leaves alone what is up to
 * date, so a second call costs milliseconds.
 *
 * @throws {Error} if a bundle cannot be made; the bundler has then said why on stderr.
 */
export async function build({ demo }: BuildOptions): Promise<void> {
  const wanted: Target[] = ["mint-server", "local-entry", "browser"];
  if (demo) wanted.push("demo");
  const stale = wanted.map((target) => ({ target, digest: digestOf(target) })).filter((item) => !isCurrent(item));
  if (stale.length === 0) return;
  // In a process of its own: the bundler's memory should not stay with the server for its whole life.
  await run([fileURLToPath(new URL("./bundle.ts", import.meta.url)), ...stale.map((item) => item.target)]);
  mkdirSync(PATHS.dist, { recursive: true });
  for (const { target, digest } of stale) writeFileSync(stampOf(target), digest);
}

function stampOf(target: Target): string {
  return join(PATHS.dist, `.${target}.digest`);
}

function isCurrent({ target, digest }: { target: Target; digest: string }): boolean {
  return (
    isWhole(TARGETS[target].output) && existsSync(stampOf(target)) && readFileSync(stampOf(target), "utf8") === digest
  );
}

/** Not so where someone stopped a build, or deleted by hand: then it is made again. */
function isWhole(output: string): boolean {
  const path = join(PATHS.dist, output);
  if (!existsSync(path)) return false;
  if (!output.endsWith(".js")) return true;
  try {
    return readModules(path).length > 0;
  } catch {
    return false;
  }
}

/** By content rather than by time: a checkout changes every time and no content. */
function digestOf(target: Target): string {
  const hash = createHash("sha256");
  for (const input of [...COMMON_INPUTS, ...TARGETS[target].inputs]) {
    for (const path of filesUnder(join(PATHS.root, input))) hash.update(path).update("\0").update(readFileSync(path));
  }
  return hash.digest("hex");
}

function filesUnder(path: string): string[] {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".tsbuildinfo"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function run(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    // Not the caller's NODE_ENV: what a test run builds has to be what is shipped.
    const env = { ...process.env, NODE_ENV: "production" };
    const child = spawn(process.execPath, args, { cwd: PATHS.root, env, stdio: ["ignore", "ignore", "inherit"] });
    child.once("error", reject);
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error("the build failed"))));
  });
}

// `npm run build`
if (import.meta.main) await build({ demo: true });
