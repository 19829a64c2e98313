import { nativeStream } from "../product.ts";
import { type Result, result, type Unit } from "../result.ts";
import { type Lane, measure, type Work } from "../rounds.ts";
import { type Servers, withServers } from "../servers.ts";
import { allGone, type Stalled, stall } from "../stalled.ts";
import { figure } from "../statistics.ts";
import { rssMb } from "../usage.ts";
import { type CaseContext, TARGET } from "./case.ts";

/** Many: V8 lets what it is not pressed to collect pile up, and only after some 20,000 requests does memory stand still. */
const CHAT: Work = { order: { kind: "json", size: 0 }, connections: 32, requests: 12_000 };
const BURST: Work = { order: { kind: "burst", size: 200 }, connections: 32, requests: 192 };

/** Few: each starts every server anew, and a peak scatters little. */
const ROUNDS = 2;

interface Described {
  readonly what: string;
  readonly unit: Unit;
  readonly target?: number;
}

const FIGURES = {
  "memory.floor.peak-mb": { what: "the floor's peak under load", unit: "MB" },
  "memory.idle": { what: "memory: before any load", unit: "x" },
  "memory.peak": { what: "memory: peak under load", unit: "x", target: TARGET.memoryTimes },
  "memory.filled.floor": { what: "the floor's growth until a stalled stream is full", unit: "MB" },
  "memory.filled.native": { what: "growth until a stalled stream is full, native", unit: "MB" },
  "memory.filled.observed": { what: "growth until a stalled stream is full, read along", unit: "MB" },
  "memory.stalled.native": {
    what: "growth for each stalled stream from then on, native",
    unit: "MB",
    target: TARGET.stalledGrowthMb,
  },
  "memory.stalled.observed": {
    what: "growth for each stalled stream from then on, read along",
    unit: "MB",
    target: TARGET.stalledGrowthMb,
  },
  "memory.peer.peak": { what: "memory: peak of @portkey-ai/gateway under load", unit: "x" },
  "memory.peer.filled": { what: "@portkey-ai/gateway's growth until a stalled stream is full", unit: "MB" },
} as const satisfies Record<string, Described>;

type Seen = Partial<Record<keyof typeof FIGURES, number>>;

/** Peak memory under load, and what clients who read nothing do to it. Every round has fresh processes. */
export async function memory(context: CaseContext): Promise<readonly Result[]> {
  const seen: Seen[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    seen.push(
      await withServers(context, (servers) =>
        oneRound({ ...context, progress: (what) => context.progress(`round ${round + 1}: ${what}`) }, servers),
      ),
    );
  }
  return Object.entries(FIGURES).flatMap(([name, described]) => {
    const values = seen.flatMap((one) => one[name as keyof Seen] ?? []);
    return values.length === 0 ? [] : [result({ name, ...described }, figure(values))];
  });
}

async function oneRound({ crew, progress }: CaseContext, { floor, lanes, peers }: Servers): Promise<Seen> {
  const [peer] = peers;
  const native = nativeStream(lanes.bearer);
  // The same load on every server: twice the chats, once the streams.
  const peakMb = async (blocks: readonly [chat: Lane, chat: Lane, stream: Lane]): Promise<number> => {
    const peaks: number[] = [];
    for (const [at, lane] of blocks.entries()) {
      progress(`load on ${lane.name}`);
      peaks.push((await measure(crew, lane, at < 2 ? CHAT : BURST)).peakRssMb);
    }
    return Math.max(...peaks);
  };
  const stalled = async (lane: Lane): Promise<Stalled> => {
    progress(`stalled clients on ${lane.name}`);
    // Once before, as everything is warmed up: what a heap grows to for a first time it keeps, and uses again.
    if (lane !== peer) await stall(crew, lane).then(() => allGone(crew, lane));
    const seen = await stall(crew, lane);
    // The other gateway does not let go while its client's bytes wait; it comes last, and ends with the round.
    if (lane !== peer) await allGone(crew, lane);
    return seen;
  };
  const idle = rssMb(lanes.bearer.pid) / rssMb(floor.pid);
  const floorPeakMb = await peakMb([floor, floor, floor]);
  const peak = (await peakMb([lanes.bearer, lanes.bound, native])) / floorPeakMb;
  const floorStalled = await stalled(floor);
  const nativeStalled = await stalled(native);
  const observedStalled = await stalled(lanes.bearer);
  return {
    "memory.floor.peak-mb": floorPeakMb,
    "memory.idle": idle,
    "memory.peak": peak,
    "memory.filled.floor": floorStalled.filledMb,
    "memory.filled.native": nativeStalled.filledMb,
    "memory.filled.observed": observedStalled.filledMb,
    "memory.stalled.native": nativeStalled.grownMb,
    "memory.stalled.observed": observedStalled.grownMb,
    ...(peer && {
      "memory.peer.peak": (await peakMb([peer, peer, peer])) / floorPeakMb,
      "memory.peer.filled": (await stalled(peer)).filledMb,
    }),
  };
}
