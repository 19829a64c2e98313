import { costsOf } from "./costs.ts";
import { fuzz, keep, TARGETS } from "./fuzz.ts";

// `node test/fuzz/run.ts [cases] [pattern] [seed]`: so many cases for each target, and what 10 KiB cost it at most.
// Inputs that break one are kept in its corpus.

const [cases = "10000", pattern = "", seed = String(Date.now() % 1e6)] = process.argv.slice(2);
let isSound = true;
for (const target of TARGETS.filter(({ name }) => new RegExp(pattern).test(name))) {
  const started = performance.now();
  const crashes = await fuzz(target, Number(cases), Number(seed));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const { ratio, shape } = await costsOf(target);
  const cost = `10 KiB cost ${ratio.toFixed(1)} × a JSON.parse (${shape})`;
  console.log(`${target.name}: ${cases} cases in ${seconds} s, ${crashes.length} kinds of crash, ${cost}`);
  for (const { input, reason } of crashes) {
    keep(target.name, input);
    console.log(`  ${reason.slice(0, 600)}\n  ${JSON.stringify(Buffer.from(input).toString("latin1").slice(0, 300))}`);
  }
  if (crashes.length > 0 || ratio > 100) isSound = false;
}
console.log(`seed ${seed}`);
process.exit(isSound ? 0 : 1);
