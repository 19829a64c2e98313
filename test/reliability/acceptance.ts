import { parseArgs } from "node:util";
import { measureOutage, startOutage } from "./outage.ts";

// `node test/reliability/acceptance.ts`: what one dead endpoint of three does to ten thousand requests.

const { values } = parseArgs({
  options: { requests: { type: "string", default: "10000" }, "at-once": { type: "string", default: "16" } },
});
const outage = await startOutage();
const { succeeded, load, addedP95Ms } = await measureOutage(outage, Number(values.requests), Number(values["at-once"]));
await outage.stop();
const rows = [
  ["succeeded", `${(100 * succeeded).toFixed(3)} %`, "at least 99.9 %", succeeded >= 0.999],
  ["load of the providers", `${load.toFixed(4)} x`, "at most 1.1 x", load <= 1.1],
  ["added at the 95th percentile", `${addedP95Ms.toFixed(1)} ms`, "below 300 ms", addedP95Ms < 300],
] as const;
for (const [what, value, target, isMet] of rows)
  console.log(`${what}: ${value} (${target}) ${isMet ? "met" : "MISSED"}`);
process.exit(rows.every(([, , , isMet]) => isMet) ? 0 : 1);
