import { startRig } from "../support/rig.ts";
import { cutStreams } from "./cuts.ts";

// `node test/answers/run-cuts.ts [count] [seed]`: cuts so many streams at random points and reports.

const [count = "1000", seed = String(Date.now() % 1e6)] = process.argv.slice(2);
const rig = await startRig();
const { streams, resets, wrong, recoveriesMs } = await cutStreams(rig, { streams: Number(count), seed: Number(seed) });
await rig.stop();
const at = (share: number): string => `${recoveriesMs[Math.floor(share * (recoveriesMs.length - 1))]?.toFixed(1)} ms`;
console.log(`${streams} streams, ${resets} resets that were followed by a byte, seed ${seed}`);
console.log(`from a reset to the next byte: median ${at(0.5)}, 95 of 100 within ${at(0.95)}, longest ${at(1)}`);
console.log(wrong.length === 0 ? "all whole, one call each" : wrong.join("\n"));
process.exit(wrong.length === 0 ? 0 : 1);
