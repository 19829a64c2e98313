import type { Crew } from "../crew.ts";
import type { Progress } from "../progress.ts";
import type { Result } from "../result.ts";

/** What a case gets: the processes around the server, and how much it may measure. */
export interface CaseContext {
  readonly crew: Crew;
  readonly progress: Progress;
  readonly rounds: number;
  /** Also measure the other gateway, on the same work. */
  readonly peers: boolean;
}

export type Case = (context: CaseContext) => Promise<readonly Result[]>;

/** Targets of the whole project: the most that a figure may be. */
export const TARGET = {
  bearerTimes: 1.25,
  boundTimes: 1.7,
  limitedTimes: 2.8,
  /** Added to the median of one request at a time. */
  limitedMs: 1.5,
  nativeStreamTimes: 1.1,
  /** CPU of a hit of the edge cache, over the least that one in an encrypted KV can take: from KV, and from memory. */
  coldHitTimes: 1,
  warmHitTimes: 0.6,
  /** Of a stream that can be resumed, over an ordinary relay. */
  resumableTimes: 1.4,
  resumableFirstByteMs: 1,
  resumableMb: 1.5,
  translatedBurstTimes: 2.2,
  translatedPacedTimes: 3.2,
  /** Added by the relay to a round trip of 100 ms voice frames. */
  realtimeAddedMs: 1,
  /** CPU of a relayed frame, of that of a relay that only hands on. */
  realtimeTimes: 1.5,
  memoryTimes: 1.5,
  /** Megabytes a stalled stream may make a server grow, however long the stream is. */
  stalledGrowthMb: 1,
  workerFirstByteMs: 3,
  browserHitMs: 5,
  /** Against a plain fetch of the same bytes over loopback. */
  browserHitTimes: 2,
  /** An unseen question where nobody can be reached. */
  offlineMs: 200,
  workerTotalPercent: 10,
} as const;
