import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { type GroupServer, startGroup } from "./group-server.ts";
import { spendAcrossKills } from "./killed.ts";

// Limits across `kill -9`, for as many seeds as are asked for: `node test/limits/sweep.ts --seeds 20`.

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "10" }, size: { type: "string", default: "500" } },
});

for (let seed = 1; seed <= Number(values.seeds); seed++) {
  for (const [exact, atOnce] of [
    [true, undefined],
    [true, 3],
    [false, 3],
  ] as const) {
    const group: GroupServer = await startGroup();
    try {
      const spread = { size: Number(values.size), kills: 5, seed, exact, ...(atOnce && { atOnce }) };
      const { limit, lives, reached, cost } = await spendAcrossKills(group, spread);
      const kind = `${exact ? "all that is held" : "any part"}, ${atOnce ?? "all"} at once`;
      console.log(`seed ${seed}, ${kind}: ${reached} reached in ${lives} lives, ${cost} of ${limit} spent`);
      assert.ok(cost <= limit, "spent more than there was");
      assert.ok(!exact || reached <= 10, "more than ten reached the provider");
    } finally {
      await group.stop();
    }
  }
}
