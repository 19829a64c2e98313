import { afterAll, beforeAll, expect, test } from "vitest";
import { type Rig, startRig } from "../support/rig.ts";
import { runSweep } from "./run-sweep.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());

test("of 1,000 forged credentials and proofs none is accepted, none fails the server, none reaches the provider", async () => {
  const { sent, wrong, controls, strays } = await runSweep(rig, { seed: 20261122, count: 1000 });
  expect(wrong).toEqual([]);
  expect(strays).toBe(0);
  expect(controls).toBe(10);
  expect(Object.keys(sent)).toHaveLength(21);
});
