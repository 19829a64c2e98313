import { nativeStream } from "../product.ts";
import { type Result, result, type Unit } from "../result.ts";
import { type Lane, measure, type Work } from "../rounds.ts";
import { type Servers, withServers } from "../servers.ts";
import { allGone, stall } from "../stalled.ts";
import { figure } from "../statistics.ts";
import { rssMb } from "../usage.ts";
import { type CaseContext, TARGET } from "./case.ts";

const CHAT: Work = { order: { kind: "json", size: 0 }, connections: 32, requests: 3000 };
const BURST: Work = { order: { kind: "burst", size: 200 }, connections: 32, requests: 192 };

/** Few: each starts every server anew, and a peak scatters little. */
const ROUNDS = 3;

interface Described {
  readonly what: string;
  readonly unit: Unit;
  readonly target?: number;
}

const FIGURES = {
  "memory.floor.peak-mb": { what: "the floor's peak under load", unit: "MB" },
  "memory.idle": { what: "memory: before any load", unit: "x" },
  "memory.peak": { what: "memory: peak under load", unit: "x", target: TARGET.memoryTimes },
  "memory.stalled.floor": { what: "the floor's growth for each stalled stream of 64 MB", unit: "MB" },
  "memory.stalled.native": {
    what: "growth for each stalled stream of 64 MB, native",
    unit: "MB",
    target: TARGET.stalledGrowthMb,
  },
  "memory.stalled.observed": {
    what: "growth for each stalled stream of 64 MB, read along",
    unit: "MB",
    target: TARGET.stalledGrowthMb,
  },
  "memory.peer.peak": { what: "memory: peak of @portkey-ai/gateway under load", unit: "x" },
  "memory.peer.stalled": { what: "@portkey-ai/gateway's growth for each stalled stream of 64 MB", unit: "MB" },
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
  const growthMb = async (lane: Lane): Promise<number> => {
    progress(`stalled clients on ${lane.name}`);
    // Once before, as everything is warmed up: what a heap grows to for a first time it keeps, and uses again.
    if (lane !== peer) await stall(crew, lane).then(() => allGone(crew, lane));
    const { grownMb } = await stall(crew, lane);
    // The other gateway does not let go while its client's bytes wait; it comes last, and ends with the round.
    if (lane !== peer) await allGone(crew, lane);
    return grownMb;
  };
  const idle = rssMb(lanes.bearer.pid) / rssMb(floor.pid);
  const floorPeakMb = await peakMb([floor, floor, floor]);
  return {
    "memory.floor.peak-mb": floorPeakMb,
    "memory.idle": idle,
    "memory.peak": (await peakMb([lanes.bearer, lanes.bound, native])) / floorPeakMb,
    "memory.stalled.floor": await growthMb(floor),
    "memory.stalled.native": await growthMb(native),
    "memory.stalled.observed": await growthMb(lanes.bearer),
    ...(peer && {
      "memory.peer.peak": (await peakMb([peer, peer, peer])) / floorPeakMb,
      "memory.peer.stalled": await growthMb(peer),
    }),
  };
}
