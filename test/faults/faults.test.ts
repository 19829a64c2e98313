import { afterAll, beforeAll, expect, test } from "vitest";
import { createRandom } from "../limits/priced.ts";
import type { Rig } from "../support/rig.ts";
import { FAULTS } from "./faults.ts";
import { casesOf } from "./lanes.ts";
import { play, startFaultRig } from "./play.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startFaultRig();
});
afterAll(() => rig.stop());

// `node test/faults/run.ts` plays the whole table.
test("a sample of all faults, at all wires and in all ways, ends whole, in one typed error, or broken off aloud", async () => {
  const random = createRandom(11);
  const quick = FAULTS.filter(({ isSilent }) => !isSilent);
  const sample = casesOf(FAULTS).filter(({ fault }) => random() < (quick.includes(fault) ? 0.008 : 0.002));
  const { wrong, cases } = await play(rig, sample, 32);
  expect(wrong).toEqual([]);
  expect(cases).toBeGreaterThan(20);
}, 60_000);

test("of every other fault nothing is given again from the cache", async () => {
  const faults = FAULTS.filter(({ isSilent, expected }) => !isSilent && expected === "error");
  const all = casesOf(faults).filter(({ way }) => way === "cacheable");
  const byFault = faults.map((fault) => all.filter((one) => one.fault === fault));
  const sample = byFault.flatMap((cases, at) => cases[(at * 7) % cases.length] ?? []).filter((_, at) => at % 2 === 0);
  const { wrong } = await play(rig, sample, 32);
  expect(wrong).toEqual([]);
}, 60_000);
