import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BaseSequencer, createVitest, type TestSpecification } from "vitest/node";
import { PATHS } from "../../mint-server/local/paths.ts";
import { type Mutant, mutated } from "./mutants.ts";

// A process that tries mutants for `run.ts`, one after the other: vitest stays, and what did not change is not read again.

export interface Trial {
  readonly path: string;
  readonly tests: readonly string[];
  /** None: the tests as they are. */
  readonly mutant?: Mutant;
}

export interface Verdict {
  readonly isKilled: boolean;
  readonly ms: number;
  /** The first test that failed, and its file. */
  readonly by?: string;
  readonly file?: string | undefined;
}

/** Vitest itself begins with those that take longest. */
class AsPlanned extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    return specifications;
  }
}

let current: { readonly path: string; readonly source: string } | undefined;

const vitest = await createVitest(
  "test",
  {
    root: PATHS.root,
    config: false,
    watch: false,
    include: ["test/**/*.test.ts"],
    reporters: [{}],
    bail: 1,
    sequence: { sequencer: AsPlanned },
    pool: "threads",
    // It would give back what was there before the mutant.
    fsModuleCache: false,
    // One process for all files of a trial: what they share is read once.
    isolate: false,
    fileParallelism: false,
    maxWorkers: 1,
    testTimeout: 10_000,
    hookTimeout: 10_000,
    onConsoleLog: () => false,
  },
  {
    plugins: [
      {
        name: "mutant",
        enforce: "pre",
        async resolveId(source, importer) {
          const isServe =
            source.endsWith("/serve.ts") && importer?.includes("/test/") && !importer.includes("/mutation/");
          return isServe ? join(PATHS.root, "test/mutation/serve-in-process.ts") : null;
        },
        load: (id) => (id === current?.path ? current.source : null),
      },
    ],
  },
);

async function attempt({ path, tests, mutant }: Trial): Promise<Verdict> {
  const file = join(PATHS.root, path);
  const source = readFileSync(file, "utf8");
  // The last trial's mutant goes as this one's comes.
  for (const changed of [file, ...(current ? [current.path] : [])]) vitest.invalidateFile(changed);
  current = mutant && { path: file, source: mutated(source, mutant) };
  const started = performance.now();
  const project = vitest.getRootProject();
  const specifications = tests.map((test) => project.createSpecification(join(PATHS.root, test)));
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications, true);
  // The result remembers modules of earlier trials.
  const own = new Set(specifications.map(({ moduleId }) => moduleId));
  const failed = testModules.find((module) => own.has(module.moduleId) && !module.ok());
  const ms = Math.round(performance.now() - started);
  if (!failed && unhandledErrors.length === 0) return { isKilled: false, ms };
  const test = [...(failed?.children.allTests("failed") ?? [])][0];
  const inFile = failed?.relativeModuleId;
  return { isKilled: true, ms, by: test?.fullName ?? inFile ?? "an error that nobody caught", file: inFile };
}

process.on("message", (trial: Trial) => {
  attempt(trial).then(
    (verdict) => process.send?.(verdict),
    (error: unknown) => process.send?.({ isKilled: true, ms: 0, by: String(error) } satisfies Verdict),
  );
});
process.send?.("ready");
