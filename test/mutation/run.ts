import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import fc from "fast-check";
import { PATHS } from "../../mint-server/local/paths.ts";
import { reasonOf } from "./equivalent.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import { type Planned, plannedFiles } from "./plan.ts";
import type { Trial, Verdict } from "./trial.ts";

// `node test/mutation/run.ts [--file ledger] [--share 0.5] [--seed 1] [--json file]`: how many small changes of the code
// that guards credentials and limits its tests notice.

const { values } = parseArgs({
  options: {
    file: { type: "string", default: "" },
    share: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    json: { type: "string" },
  },
});

/** A mutant that takes longer than its tests take without it, and this, never ends. */
const PATIENCE_MS = 20_000;

interface Outcome {
  readonly path: string;
  readonly mutant: Mutant;
  readonly fate: "killed" | "survived" | "equivalent" | "timeout";
  readonly by?: string | undefined;
}

let child: ChildProcess | undefined;

async function trier(): Promise<ChildProcess> {
  if (child) return child;
  const started = fork(join(import.meta.dirname, "trial.ts"), {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    detached: true,
  });
  await once(started, "message");
  child = started;
  return started;
}

/** Ends the trier with the processes that it has started. */
function end(): void {
  if (child?.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  child = undefined;
}

async function attempt(trial: Trial): Promise<Verdict | undefined> {
  const process = await trier();
  process.send(trial);
  try {
    const [verdict] = (await once(process, "message", { signal: AbortSignal.timeout(PATIENCE_MS) })) as [Verdict];
    return verdict;
  } catch {
    end();
    return undefined;
  }
}

function sampled({ path }: Planned): readonly Mutant[] {
  const all = mutantsOf(path, readFileSync(join(PATHS.root, path), "utf8"));
  const count = Math.ceil(all.length * Number(values.share));
  if (count >= all.length) return all;
  const some = fc.shuffledSubarray([...all.keys()], { minLength: count, maxLength: count });
  const [places = []] = fc.sample(some, { seed: Number(values.seed), numRuns: 1 });
  return places.sort((a, b) => a - b).flatMap((place) => all[place] ?? []);
}

/** Those of the tests that pass without a mutant; a test of the platform itself may not. */
async function soundTests({ path, tests }: Planned): Promise<readonly string[]> {
  const verdict = await attempt({ path, tests });
  if (verdict && !verdict.isKilled) return tests;
  if (!verdict?.file) throw new Error(`${path}: its tests fail without a mutant: ${verdict?.by ?? "time is up"}`);
  console.log(`  left out, since it fails without a mutant: ${verdict.file} (${verdict.by})`);
  return soundTests({ path, tests: tests.filter((test) => test !== verdict.file) });
}

async function outcomesOf(planned: Planned): Promise<readonly Outcome[]> {
  const { path } = planned;
  const mutants = sampled(planned);
  if (mutants.length === 0) return [];
  const tests = await soundTests(planned);
  const outcomes: Outcome[] = [];
  for (const mutant of mutants) {
    if (reasonOf(path, mutant) !== undefined) {
      outcomes.push({ path, mutant, fate: "equivalent" });
      continue;
    }
    const verdict = await attempt({ path, tests, mutant });
    const fate = verdict === undefined ? "timeout" : verdict.isKilled ? "killed" : "survived";
    outcomes.push({ path, mutant, fate, by: verdict?.by });
    if (fate === "survived") console.log(`  ${describe(path, mutant)}`);
  }
  return outcomes;
}

function describe(path: string, { line, kind, original, replacement }: Mutant): string {
  const short = (text: string): string => text.replaceAll(/\s+/g, " ").slice(0, 90);
  return `${path}:${line} ${kind}: ${short(original)} => ${short(replacement)}`;
}

function summary(name: string, outcomes: readonly Outcome[]): string {
  const count = (fate: Outcome["fate"]): number => outcomes.filter((outcome) => outcome.fate === fate).length;
  const [killed, survived, equivalent] = [count("killed") + count("timeout"), count("survived"), count("equivalent")];
  const share = ((100 * killed) / Math.max(1, killed + survived)).toFixed(1);
  return `${name}: ${killed} of ${killed + survived} killed, ${share} % (${count("timeout")} by the clock, ${equivalent} equivalent left out)`;
}

const all: Outcome[] = [];
const started = performance.now();
try {
  for (const planned of plannedFiles(values.file)) {
    const begun = performance.now();
    const outcomes = await outcomesOf(planned);
    all.push(...outcomes);
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    console.log(`${summary(planned.path, outcomes)} in ${seconds} s`);
  }
} finally {
  end();
}
console.log(`${summary("all", all)} in ${((performance.now() - started) / 60_000).toFixed(1)} min`);
if (values.json) writeFileSync(values.json, JSON.stringify(all, null, 1));
