import { expect, test } from "vitest";
import { parseJson } from "../../mint-server/contract/json.ts";

// In Node alone: a Worker's clock stands still while it computes.

const SIZE = 1 << 19;
const ordinary = `{${Array.from({ length: SIZE / 16 }, (_, at) => `"k${at}":0`).join(",")}}`;

test.each([
  ["members", ordinary],
  ["plain text", `{"a":"${"x".repeat(SIZE)}"}`],
  ["escaped quotes", `{"a":"${'\\"'.repeat(SIZE / 2)}"}`],
  ["backslashes", `{"a":"${"\\\\".repeat(SIZE / 2)}"}`],
  ["open quotes", '"'.repeat(SIZE + 1)],
  ["backslashes and open quotes", '\\"'.repeat(SIZE / 2)],
  ["brackets that close nothing", "]".repeat(SIZE)],
])("half a megabyte of %s costs little more than JSON.parse of as much", (_, text) => {
  // Linear is 0.1 to 2; a quadratic look at this many characters would be in the thousands.
  expect(cpuTime(() => parseJson(text)) / cpuTime(() => JSON.parse(ordinary))).toBeLessThan(20);
});

/** Of this process alone, whatever else the machine does; the best of several runs leaves out the collection of garbage. */
function cpuTime(run: () => unknown): number {
  const times = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.min(...times);
}
