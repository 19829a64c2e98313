import { parseArgs } from "node:util";
import { startRig } from "../support/rig.ts";
import { runSweep } from "./run-sweep.ts";

// `node test/forgeries/sweep.ts [--count 10000] [--seed 1]`: forged credentials and proofs against the real server.

const { values } = parseArgs({
  options: { count: { type: "string", default: "10000" }, seed: { type: "string", default: "1" } },
});
const started = performance.now();
const rig = await startRig();
try {
  const [count, seed] = [Number(values.count), Number(values.seed)];
  const { sent, answers, wrong, controls, strays } = await runSweep(rig, { count, seed });
  console.table(sent);
  console.table(answers);
  for (const each of wrong.slice(0, 20)) console.log(JSON.stringify(each));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${count} forgeries of seed ${seed}: ${wrong.length} not refused, ${strays} reached the provider`);
  console.log(`${controls} sound requests among them went through; ${seconds} s`);
  process.exitCode = wrong.length === 0 && strays === 0 ? 0 : 1;
} finally {
  await rig.stop();
}
