import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Reporter, TestModule } from "vitest/node";
import { PATHS } from "../../mint-server/local/paths.ts";

/** One test in one engine. */
export interface Ran {
  /** `streams`, of `streams.test.ts`. */
  readonly file: string;
  /** Its own title, after those around it. */
  readonly title: string;
  readonly engine: string;
  readonly passed: boolean;
}

const FILE = join(PATHS.root, "test/results/engines.json");
const PROJECT = /^engines-(\w+)$/;

/** Keeps what ran in which engine, for `write-table.ts`. */
// biome-ignore lint/style/noDefaultExport: Vitest reads a reporter from the default export.
export default class KeepResults implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const ran = modules.flatMap(resultsOf);
    if (ran.length === 0) return;
    mkdirSync(dirname(FILE), { recursive: true });
    writeFileSync(FILE, JSON.stringify(ran, null, 1));
  }
}

function resultsOf(module: TestModule): readonly Ran[] {
  const engine = PROJECT.exec(module.project.name)?.[1];
  if (!engine) return [];
  const file = basename(module.moduleId, ".test.ts");
  return [...module.children.allTests()].flatMap((test) => {
    const { state } = test.result();
    return state === "skipped" ? [] : [{ file, title: test.fullName, engine, passed: state === "passed" }];
  });
}

/** What the last run kept. */
export function lastResults(): readonly Ran[] {
  return JSON.parse(readFileSync(FILE, "utf8")) as readonly Ran[];
}
