import { startRig } from "../support/rig.ts";
import { askApart } from "./apart.ts";

// `node test/faults/run-apart.ts [count] [seed]`: so many requests of 50 users at once, 40 % of them cancelled, and a report.

const [count = "10000", seed = String(Date.now() % 1e6)] = process.argv.slice(2);
const rig = await startRig();
const { requests, cancelled, wrong, closingsMs } = await askApart(rig, { requests: Number(count), seed: Number(seed) });
await rig.stop();
const at = (share: number): string => `${closingsMs[Math.floor(share * (closingsMs.length - 1))]} ms`;
console.log(`${requests} requests, ${cancelled} cancelled, seed ${seed}`);
console.log(
  `from leaving to the provider's closing: median ${at(0.5)}, 95 of 100 within ${at(0.95)}, longest ${at(1)}`,
);
console.log(wrong.length === 0 ? "nobody got what was another's" : wrong.slice(0, 50).join("\n"));
process.exit(wrong.length === 0 ? 0 : 1);
