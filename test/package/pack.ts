import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { PATHS } from "../../mint-server/local/paths.ts";
import { strangersEnvironment } from "./stranger.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Path of the package as npm packs it. */
    tarball: string;
  }
}

/** Compiles and packs the package once for all tests; its bundles were made by whoever runs them. */
export function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "mintgate-pack-"));
  const tsc = join(PATHS.root, "node_modules/typescript/bin/tsc");
  for (const command of [
    [tsc, "-b", "mint-server/local/cli", "sw"],
    [join(PATHS.root, "mint-server/local/prune.ts")],
  ]) {
    execFileSync(process.execPath, command, { cwd: PATHS.root, stdio: "inherit" });
  }
  provide("tarball", packInto(folder));
  return () => rmSync(folder, { recursive: true, force: true });
}

/** Packs the package as it is built; returns the tarball's path. */
export function packInto(folder: string): string {
  const args = ["pack", "--json", "--ignore-scripts", "--offline", "--pack-destination", folder];
  const stdout = execFileSync("npm", args, { cwd: PATHS.root, env: strangersEnvironment(), encoding: "utf8" });
  const [packed] = JSON.parse(stdout) as readonly [{ readonly filename: string }];
  return join(folder, packed.filename);
}
