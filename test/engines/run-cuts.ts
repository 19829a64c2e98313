import { startBrowserRig } from "../support/browser-rig.ts";
import type { EngineName } from "../support/engines/engine.ts";
import { quantile, runCuts } from "./cuts.ts";

// node test/engines/run-cuts.ts [count] [seed] [engine]: answers cut at random places in a real browser, and how fast they go on.

const [count = "1000", seed = "1", engine = "chromium"] = process.argv.slice(2);
const rig = await startBrowserRig({ engine: engine as EngineName });
try {
  const { answers, wrong, recoveredMs } = await runCuts(rig, { count: Number(count), seed: Number(seed) });
  console.log(answers);
  const [p50, p95] = [0.5, 0.95].map((share) => Math.round(quantile(recoveredMs, share)));
  console.log(`${recoveredMs.length} resumptions, p50 ${p50} ms, p95 ${p95} ms`);
  for (const one of wrong) console.error("wrong:", one);
  process.exitCode = wrong.length > 0 ? 1 : 0;
} finally {
  await rig.stop();
}
