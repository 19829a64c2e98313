import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "../../test/limits/priced.ts";
import { startRig } from "../../test/support/rig.ts";
import { cleanUpAtExit, temporaryFolder, until } from "../processes.ts";
import { startTabs } from "../tabs.ts";
import { isFlat, median } from "./flat.ts";
import { createLoad } from "./load.ts";

// `node bench/soak/run.ts [minutes]`: steady mixed load from Node and from a page, the memory of workerd and of the browser's
// renderers (page and worker), a line a minute, and a verdict. Linux. In a Chromium in which nobody watches: developer tools
// keep what went through, in the renderer.

const SAMPLE_MS = 1000;
const NODE_LOOPS = 6;
const PAGE_LOOPS = 2;

interface Sample {
  readonly workerdMb: number;
  readonly rendererMb: number;
}

function statusOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "latin1");
  } catch {
    return "";
  }
}

const rssMb = (status: string): number => Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;

/** Processes that this one started, and those that they did. */
function descendants(): readonly string[] {
  const parents = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => [pid, /^PPid:\s+(\d+)$/m.exec(statusOf(pid))?.[1]] as const),
  );
  const isMine = (pid: string | undefined): boolean =>
    pid !== undefined && (pid === String(process.pid) || isMine(parents.get(pid)));
  return [...parents.keys()].filter((pid) => pid !== String(process.pid) && isMine(pid));
}

function isRenderer(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("--type=renderer");
  } catch {
    return false;
  }
}

function sampleOf(): Sample {
  const renderers = descendants().filter(isRenderer);
  return {
    workerdMb: rssMb(statusOf(String(rig.server.pid))),
    rendererMb: renderers.reduce((sum, pid) => sum + rssMb(statusOf(pid)), 0),
  };
}

const minutes = Number(process.argv[2] ?? "10");
cleanUpAtExit();
const assets = temporaryFolder();
writeFileSync(join(assets, "index.html"), "<!doctype html><title>soak</title>");
const rig = await startRig({ assets });
const tabs = await startTabs();
const tab = await tabs.open(`${rig.server.url}/`);
await tab.evaluate('import("/mintgate.js").then(({ register }) => register()).then(() => undefined)');
await until(() => tab.evaluate("navigator.serviceWorker.controller !== null").then(Boolean), { what: "the worker" });
const load = createLoad(rig, tab, createRandom(1));
const endMs = performance.now() + minutes * 60_000;
const loop = async (act: () => Promise<void>): Promise<void> => {
  while (performance.now() < endMs) await act();
};
const loops = [
  ...Array.from({ length: NODE_LOOPS }, () => loop(load.fromNode)),
  ...Array.from({ length: PAGE_LOOPS }, () => loop(load.fromPage)),
];
const samples: Sample[] = [];
for (let minute = 1; performance.now() < endMs; minute++) {
  const of = samples.length;
  const endsAt = Math.min(endMs, performance.now() + 60_000);
  while (performance.now() < endsAt) {
    samples.push(sampleOf());
    rig.standIn.requests.length = 0;
    await sleep(SAMPLE_MS);
  }
  const last = samples.slice(of);
  const [workerd, renderer] = (["workerdMb", "rendererMb"] as const).map((key) =>
    median(last.map((sample) => sample[key])).toFixed(0),
  );
  console.log(`minute ${minute}: workerd ${workerd} MiB, renderers ${renderer} MiB, ${load.done} requests`);
}
await Promise.all(loops);
await tabs.stop();
await rig.stop();
const verdicts = (["workerdMb", "rendererMb"] as const).map(
  (key) => [key, isFlat(samples.map((s) => s[key]))] as const,
);
for (const [key, flat] of verdicts) console.log(`${key}: ${flat ? "flat" : "grows"}`);
for (const problem of load.problems.slice(0, 20)) console.log(problem);
process.exit(verdicts.every(([, flat]) => flat) && load.problems.length === 0 ? 0 : 1);
