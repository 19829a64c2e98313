import { balance } from "./cases/balance.ts";
import { browser } from "./cases/browser.ts";
import { browserCache } from "./cases/browser-cache.ts";
import { cache } from "./cases/cache.ts";
import type { Case } from "./cases/case.ts";
import { chat } from "./cases/chat.ts";
import { latency } from "./cases/latency.ts";
import { memory } from "./cases/memory.ts";
import { realtime } from "./cases/realtime.ts";
import { resume } from "./cases/resume.ts";
import { size } from "./cases/size.ts";
import { start } from "./cases/start.ts";
import { stream } from "./cases/stream.ts";
import { translate } from "./cases/translate.ts";
import { startCrew } from "./crew.ts";
import { type Options, readOptions, USAGE } from "./options.ts";
import { cleanUpAtExit } from "./processes.ts";
import { startProgress } from "./progress.ts";
import { table, write } from "./report.ts";
import type { Result } from "./result.ts";

// `npm run bench`: measures everything, prints a table, and writes `results.json` and `results.svg` beside this file.

const CASES: Readonly<Record<string, Case>> = {
  chat,
  stream,
  translate,
  resume,
  cache,
  latency,
  memory,
  realtime,
  browser,
  "browser-cache": browserCache,
  start,
  size,
  balance,
};

cleanUpAtExit();
const options = optionsOrExit();
const { results, failures } = await runAll(options);
console.log(table(results));
if (options.only.length === 0 && failures.length === 0) console.log(`Written: ${write(results, options).join(", ")}`);
for (const failure of failures) console.error(failure);
const missed = results.filter((result) => result.met === false);
if (missed.length > 0) console.log(`Targets missed: ${missed.map((result) => result.name).join(", ")}`);
process.exit(failures.length > 0 || (options.assert && missed.length > 0) ? 1 : 0);

function optionsOrExit(): Options {
  try {
    const read = readOptions(process.argv.slice(2), Object.keys(CASES));
    if (read) return read;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}

/** A case that fails does not take the others with it. */
async function runAll({ only, rounds, peers }: Options) {
  const results: Result[] = [];
  const failures: string[] = [];
  const progress = startProgress();
  const crew = await startCrew();
  for (const [name, run] of Object.entries(CASES)) {
    if (only.length > 0 && !only.includes(name)) continue;
    try {
      results.push(...(await run({ crew, progress: progress.of(name), rounds, peers })));
    } catch (error) {
      failures.push(`case ${name} failed: ${error instanceof Error ? error.stack : error}`);
    }
  }
  progress.end();
  await crew.stop();
  return { results, failures };
}
