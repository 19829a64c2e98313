import { startBrowserRig } from "../support/browser-rig.ts";
import type { EngineName } from "../support/engines/engine.ts";
import { chat } from "../support/work.ts";
import { ask, listen, runFlips } from "./flips.ts";

// node test/engines/run-flips.ts [count] [engine]: a server that comes and goes, and what two tabs of a real browser ask meanwhile.

const [count = "100", engine = "chromium"] = process.argv.slice(2);
const rig = await startBrowserRig({ engine: engine as EngineName });
try {
  const one = await rig.open();
  await ask(one, chat());
  await listen(one);
  const other = await rig.open({ profile: one.profile });
  const { asked, sent, delivered, wrong } = await runFlips(rig, [one, other], Number(count));
  const inOrder = JSON.stringify(sent) === JSON.stringify(asked);
  console.log(`${asked.length} asked, ${sent.length} sent, ${delivered} reported; each once and in order: ${inOrder}`);
  for (const problem of wrong) console.error("wrong:", problem);
  process.exitCode = inOrder && wrong.length === 0 ? 0 : 1;
} finally {
  await rig.stop();
}
