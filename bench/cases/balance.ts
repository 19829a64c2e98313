import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Result, result } from "../result.ts";
import { type Bar, bars } from "../simulation/bars.ts";
import { POLICY_NAMES, type PolicyName } from "../simulation/policies.ts";
import { type Outcome, simulate } from "../simulation/run.ts";
import { SCENARIOS, type ScenarioName } from "../simulation/scenarios.ts";
import { figure, quantile } from "../statistics.ts";
import type { CaseContext } from "./case.ts";

/** More simulations of the same tell no more: each is exact for its seed. */
const MAX_SEEDS = 5;

/** The least of any policy would be 1: then a fault in one of three endpoints is not noticed at all. */
const TARGET = { load: 1.1, latency: { dead: 1.25, hanging: 1.25, flaky: 1.25, limited: 1.25 } as const };

interface Figures {
  /** At the 95th percentile, over what three sound endpoints take. */
  readonly latency: readonly number[];
  readonly load: readonly number[];
  readonly failedPercent: readonly number[];
}

/**
 * How requests fare under each policy when something is wrong with one of three endpoints: a simulation in which nothing
 * takes time, with the mint-server's own code. Writes `balance.svg` beside the other picture.
 */
export async function balance({ progress, rounds }: CaseContext): Promise<readonly Result[]> {
  const results: Result[] = [];
  const picture: Bar[] = [];
  for (const name of Object.keys(SCENARIOS) as ScenarioName[]) {
    for (const policy of POLICY_NAMES) {
      progress(`${SCENARIOS[name].what}: ${policy}`);
      const figures = await figuresOf(name, policy, Math.min(rounds, MAX_SEEDS));
      results.push(...resultsOf(name, policy, figures));
      picture.push({ group: SCENARIOS[name].what, name: policy, value: figure(figures.latency).value });
    }
  }
  const title = "Time to the first byte, 95th percentile, times that of three sound endpoints";
  writeFileSync(fileURLToPath(new URL("../balance.svg", import.meta.url)), bars(title, picture));
  return results;
}

async function figuresOf(name: ScenarioName, policy: PolicyName, seeds: number): Promise<Figures> {
  const outcomes: Outcome[] = [];
  const calm: number[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    outcomes.push(await simulate(SCENARIOS[name].scenario, policy, seed));
    calm.push(quantile((await simulate(SCENARIOS.sound.scenario, "random", seed)).latenciesMs, 0.95));
  }
  return {
    latency: outcomes.map(({ latenciesMs }, index) => quantile(latenciesMs, 0.95) / (calm[index] ?? Number.NaN)),
    load: outcomes.map(({ load }) => load),
    failedPercent: outcomes.map(({ succeeded }) => 100 * (1 - succeeded)),
  };
}

function resultsOf(name: ScenarioName, policy: PolicyName, { latency, load, failedPercent }: Figures): Result[] {
  const isOwn = policy === "mintgate";
  const at = `balance.${name}.${isOwn ? "mintgate" : `peer.${policy}`}`;
  const what = `${SCENARIOS[name].what}, ${policy}`;
  const latencyTarget =
    isOwn && name in TARGET.latency ? TARGET.latency[name as keyof typeof TARGET.latency] : undefined;
  return [
    result(
      {
        name: `${at}.p95`,
        what: `${what}: p95`,
        unit: "x",
        ...(latencyTarget !== undefined && { target: latencyTarget }),
      },
      figure(latency),
    ),
    result(
      { name: `${at}.load`, what: `${what}: load`, unit: "x", ...(isOwn && { target: TARGET.load }) },
      figure(load),
    ),
    ...(isOwn
      ? [result({ name: `${at}.failed`, what: `${what}: failed`, unit: "%", target: 0.1 }, figure(failedPercent))]
      : []),
  ];
}
