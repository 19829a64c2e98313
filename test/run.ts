import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../mint-server/local/build.ts";
import { PATHS } from "../mint-server/local/paths.ts";
import { ENGINES } from "./support/engines/engine.ts";
import { installEngines, pathOf } from "./support/find-browser.ts";

// `npm test`: the suite, or with arguments the files whose path contains one of them. `--project NAME` runs that project of
// `vitest.config.ts` in the suite's place.

const SUITE = ["node", "workers", "browser", "engines-chromium"];

interface Results {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

const scratch = mkdtempSync(join(tmpdir(), "mintgate-results-"));
const file = join(scratch, "results.json");

const given = projectsOf(process.argv.slice(2));
const projects = given.projects.length > 0 ? given.projects : SUITE;

try {
  // All others open pages in Chromium.
  const named = ENGINES.filter((engine) => projects.includes(`engines-${engine}`));
  installEngines([...new Set<(typeof ENGINES)[number]>(["chromium", ...named])]);
  await build({ demo: true });
  const code = await runVitest({ ...process.env, CHROMIUM_PATH: pathOf("chromium") });
  console.log(closingLine(JSON.parse(readFileSync(file, "utf8")) as Results, code));
  process.exitCode = code;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** The projects that arguments name, and the other arguments. */
function projectsOf(args: readonly string[]): {
  readonly projects: readonly string[];
  readonly rest: readonly string[];
} {
  const isName = (index: number): boolean => args[index - 1] === "--project";
  return {
    projects: args.filter((_, index) => isName(index)),
    rest: args.filter((arg, index) => arg !== "--project" && !isName(index)),
  };
}

function runVitest(env: NodeJS.ProcessEnv): Promise<number> {
  const vitest = join(PATHS.root, "node_modules/vitest/vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  // What runs in all of them is told in the docs.
  const isForTable = ENGINES.every((engine) => projects.includes(`engines-${engine}`));
  if (isForTable) reporters.push(`--reporter=${join(PATHS.root, "test/engines/results.ts")}`);
  const args = [vitest, "run", ...reporters, ...projects.flatMap((name) => ["--project", name]), ...given.rest];
  // The plugin for tests in workerd would otherwise look up this machine's place on the network, and report its use.
  const quiet = { CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_SEND_METRICS: "false" };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: PATHS.root,
      env: { ...env, ...quiet },
      stdio: ["ignore", "inherit", "inherit"],
    });
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

function closingLine(results: Results, code: number): string {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = results;
  const skipped = numPendingTests + numTodoTests;
  // What failed outside of every test (a file that does not load, an error that nobody caught) must not read as zero.
  const failed = Math.max(numFailedTests + filesThatFailedAlone(results), code === 0 ? 0 : 1);
  return `${numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

function filesThatFailedAlone({ testResults }: Results): number {
  return testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && !assertionResults.some((result) => result.status === "failed"),
  ).length;
}
