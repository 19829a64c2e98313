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
  translatedBurstTimes: 2.2,
  translatedPacedTimes: 3.2,
  memoryTimes: 1.5,
  /** Megabytes a stalled stream may make a server grow, however long the stream is. */
  stalledGrowthMb: 1,
  workerFirstByteMs: 3,
  workerTotalPercent: 10,
} as const;
