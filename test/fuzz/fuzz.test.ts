import { expect, test } from "vitest";
import { costsOf } from "./costs.ts";
import { fuzz, TARGETS } from "./fuzz.ts";

const CASES = 200;

// `node test/fuzz/run.ts` reads as many as one likes.
test.each(TARGETS)("$name: no bytes that are kept, and none of two hundred others, break it", async (target) => {
  const crashes = await fuzz(target, CASES, 1);
  expect(crashes.map(({ reason }) => reason)).toEqual([]);
});

test.each(TARGETS)("$name: no 10 KiB cost a hundred times what parsing JSON costs", async (target) => {
  const first = await costsOf(target, 3);
  // A busy machine shows in the least of three; a costly reader in the least of thirty, too.
  const { ratio, shape } = first.ratio < 100 ? first : await costsOf(target, 30);
  expect(ratio, shape).toBeLessThan(100);
});
