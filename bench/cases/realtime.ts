import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { stop, track } from "../processes.ts";
import { issueCredential, type Product, serveProduct } from "../product.ts";
import type { VoiceJob, VoiceOrder, VoiceReport, VoiceTaken } from "../realtime-load.ts";
import { type Result, result, type Unit } from "../result.ts";
import { figure, quantile } from "../statistics.ts";
import { cpuMs, watchRss } from "../usage.ts";
import { serveFloor } from "../workerd.ts";
import { type CaseContext, TARGET } from "./case.ts";

/** One way from a client to the provider. */
interface Lane {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the server in between; absent where there is none. */
  readonly pid?: number;
}

interface Block {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly cpuMsPerFrame: number;
  readonly peakRssMb: number;
  readonly framesPerSecond: number;
}

type Work = Pick<VoiceJob, "sessions" | "everyMs" | "frames">;

/** Ten sessions, each with a frame of 100 ms every 100 ms. */
const VOICES: Work = { sessions: 10, everyMs: 100, frames: 40 };
/** Frames of each lane, taking turns. */
const TURNS = 400;
const MANY: Work = { sessions: 200, everyMs: 100, frames: 100 };

/** What a relay adds to frames of voice, beside one that only hands on, and how it stands under 200 sessions at once. */
export async function realtime({ rounds, progress }: CaseContext): Promise<readonly Result[]> {
  const provider = start("realtime-provider.ts");
  const [{ port }] = (await once(provider, "message")) as [{ readonly port: number }];
  const load = start("realtime-load.ts");
  const upstreamURL = `http://127.0.0.1:${port}`;
  const floor = await serveFloor("realtime-floor.ts", upstreamURL);
  const product = await serveProduct(upstreamURL);
  try {
    const lanes = await lanesOf({ product, floorURL: floor.chatURL, floorPid: floor.pid, upstreamURL });
    const blocks = new Map<string, Block[]>(lanes.map(({ name }) => [name, []]));
    const turns: number[][] = [];
    for (let round = 0; round < rounds; round++) {
      progress(`round ${round + 1}: taking turns`);
      turns.push(await turnsOf(load, lanes));
      for (const lane of lanes) {
        progress(`round ${round + 1}: ${lane.name}`);
        blocks.get(lane.name)?.push(await measure(load, lane, VOICES));
      }
    }
    const [, , , limited] = lanes;
    progress("200 sessions");
    const many = limited && (await measure(load, limited, MANY));
    return [...added(turns), ...compared(blocks), ...(many ? crowd(many) : [])];
  } finally {
    await Promise.all([stop(provider), stop(load), floor.stop(), product.stop()]);
  }
}

interface Places {
  readonly product: Product;
  readonly floorURL: string;
  readonly floorPid: number;
  readonly upstreamURL: string;
}

async function lanesOf({ product, floorURL, floorPid, upstreamURL }: Places): Promise<readonly Lane[]> {
  const url = `${product.url.replace("http", "ws")}/v1/realtime?model=gpt-realtime`;
  const limits = { usd: 1e6, realtimeSeconds: 1e6, realtimeSessions: 1e4, requestsPerMinute: 1e6, per: "day" };
  const lane = (name: string, key: string): Lane => ({
    name,
    url,
    pid: product.pid,
    headers: { authorization: `Bearer ${key}` },
  });
  return [
    { name: "direct", url: upstreamURL.replace("http", "ws"), headers: {} },
    { name: "floor", url: floorURL.replace("http", "ws"), pid: floorPid, headers: {} },
    lane("key", product.projectKey),
    lane("limited", await issueCredential(product, { subject: "bench", limits })),
  ];
}

/** CPU and memory count while they speak, not while they connect. */
async function measure(load: ChildProcess, { url, headers, pid }: Lane, work: Work): Promise<Block> {
  await order(load, { open: { url, headers, ...work } });
  const before = pid === undefined ? 0 : cpuMs(pid);
  const memory = pid === undefined ? undefined : watchRss(pid);
  const report = await order(load, { go: true }).finally(() => memory?.end());
  const used = pid === undefined ? 0 : cpuMs(pid) - before;
  await order(load, { close: true });
  if (!("taken" in report)) throw new Error("no figures came back");
  const { latencies, elapsedMs }: VoiceTaken = report.taken;
  return {
    p50Ms: quantile(latencies, 0.5),
    p95Ms: quantile(latencies, 0.95),
    p99Ms: quantile(latencies, 0.99),
    cpuMsPerFrame: used / latencies.length,
    peakRssMb: memory?.peak() ?? 0,
    framesPerSecond: (latencies.length * 1000) / elapsedMs,
  };
}

/** The p95 of each lane. */
async function turnsOf(load: ChildProcess, lanes: readonly Lane[]): Promise<number[]> {
  const report = await order(load, { takeTurns: { lanes, frames: TURNS } });
  if (!("turns" in report)) throw new Error("no figures came back");
  return report.turns.map((latencies) => quantile(latencies, 0.95));
}

const NAMES = [
  ["floor", "a relay that only hands on"],
  ["key", "a key's session, unread"],
  ["limited", "a limited credential's session, read and paid for"],
] as const;

function added(turns: readonly (readonly number[])[]): readonly Result[] {
  return NAMES.map(([name, what], index) => {
    const rounds = turns.map(([direct = 0, ...others]) => (others[index] ?? 0) - direct);
    const described = { what: `voice: added to a round trip of 100 ms frames (p95), ${what}`, unit: "ms" as const };
    const target = name === "floor" ? {} : { target: TARGET.realtimeAddedMs };
    return result({ name: `realtime.${name}.added-p95`, ...described, ...target }, figure(rounds));
  });
}

function compared(blocks: ReadonlyMap<string, readonly Block[]>): readonly Result[] {
  const floor = blocks.get("floor") ?? [];
  return NAMES.slice(1).map(([name, what]) => {
    const times = (blocks.get(name) ?? []).map(
      (block, round) => block.cpuMsPerFrame / (floor[round]?.cpuMsPerFrame ?? 0),
    );
    const described = { what: `voice: CPU of a frame and its answer, ${what}`, unit: "x" as const };
    return result({ name: `realtime.${name}.cpu`, ...described, target: TARGET.realtimeTimes }, figure(times));
  });
}

function crowd({ p50Ms, p95Ms, p99Ms, peakRssMb, cpuMsPerFrame, framesPerSecond }: Block): readonly Result[] {
  const row = (name: string, what: string, unit: Unit, value: number): Result =>
    result({ name: `realtime.200.${name}`, what: `200 limited sessions of 10 frames a second: ${what}`, unit }, value);
  return [
    row("p50", "round trip, median", "ms", p50Ms),
    row("p95", "round trip, p95", "ms", p95Ms),
    row("p99", "round trip, p99", "ms", p99Ms),
    row("memory", "peak memory", "MB", peakRssMb),
    row("cpu", "CPU of the server, of one core", "%", (cpuMsPerFrame * framesPerSecond) / 10),
  ];
}

function start(file: string): ChildProcess {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  return track(fork(path, { stdio: ["ignore", "inherit", "inherit", "ipc"] }));
}

async function order(load: ChildProcess, what: VoiceOrder): Promise<VoiceReport> {
  load.send(what);
  const [report] = (await once(load, "message")) as [VoiceReport];
  if ("failed" in report) throw new Error(report.failed);
  return report;
}
