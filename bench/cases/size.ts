import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "../../mint-server/local/build.ts";
import { readModules } from "../../mint-server/local/modules.ts";
import { PATHS } from "../../mint-server/local/paths.ts";
import { type Result, result } from "../result.ts";
import type { CaseContext } from "./case.ts";

const BUNDLES = [
  { name: "worker", what: "the ready-made worker", path: join(PATHS.browser, "mintgate-sw.js"), targetKb: 15 },
  { name: "page-client", what: "the page client", path: join(PATHS.browser, "mintgate.js"), targetKb: 4 },
  { name: "mint-server", what: "the mint-server", path: PATHS.serverBundle, targetKb: 80 },
] as const;

/** Sizes of the bundles after gzip, in kilobytes (10³ bytes): what loads at once, and nothing that waits for a need. */
export async function size({ progress }: CaseContext): Promise<readonly Result[]> {
  progress("building");
  await build({ demo: false });
  return BUNDLES.map(({ name, what, path, targetKb }): Result => {
    const atOnce = readModules(path).filter((module) => !module.onDemand);
    const sizeBytes = gzipSync(atOnce.map(({ code }) => code).join("\n"), { level: 9 }).length;
    return result({ name: `size.${name}`, what: `${what}, gzip`, unit: "kB", target: targetKb }, sizeBytes / 1000);
  });
}
