import { afterAll, beforeAll, expect, test } from "vitest";
import { type Rig, startRig } from "../support/rig.ts";
import { cutStreams } from "./cuts.ts";

// A sample; `node test/answers/run-cuts.ts 1000` cuts more.

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());

test("60 streams that are cut at random points arrive whole, byte for byte, from one call each", async () => {
  const { wrong, resets } = await cutStreams(rig, { streams: 60, seed: 20_261_122 });
  expect(wrong).toEqual([]);
  expect(resets).toBeGreaterThan(60);
});
