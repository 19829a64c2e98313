import { FAULTS } from "./faults.ts";
import { casesOf, nameOf } from "./lanes.ts";
import { play, startFaultRig } from "./play.ts";

// `node test/faults/run.ts [pattern]`: the whole table of faults, or the cases whose names match, with a report.

const [pattern = ""] = process.argv.slice(2);
const cases = casesOf(FAULTS).filter((one) => new RegExp(pattern).test(nameOf(one)));
const rig = await startFaultRig();
const started = performance.now();
const { endings, wrong } = await play(rig, cases);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
await rig.stop();
console.log(`${cases.length} cases in ${seconds} s: ${JSON.stringify(endings)}`);
console.log(wrong.length === 0 ? "all as they must be" : wrong.toSorted().join("\n"));
process.exit(wrong.length === 0 ? 0 : 1);
