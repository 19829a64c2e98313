import { expect, test } from "vitest";
import { startRig } from "../support/rig.ts";
import { askApart } from "./apart.ts";

// `node test/faults/run-apart.ts` asks 10,000 times.
test("of many users at once, each gets their own words, and who leaves ends the provider's work within a second", async () => {
  const rig = await startRig();
  try {
    const { wrong, cancelled } = await askApart(rig, { requests: 150, seed: 11 });
    expect(wrong).toEqual([]);
    expect(cancelled).toBeGreaterThan(30);
  } finally {
    await rig.stop();
  }
});
