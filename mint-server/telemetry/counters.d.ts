import { type Histogram } from "./histogram.ts";
import type { RequestRecord } from "./record.ts";

type Labels = Readonly<Record<string, string>>;
/** What this instance has counted since it started, for `GET /metrics`. */
export interface Counters {
  add(record: RequestRecord): void;
  readonly families: readonly Family[];
}
/** All series of one name. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly series: ReadonlyMap<string, Series>;
}
export interface Series {
  readonly labels: Labels;
  value: number;
  readonly histogram?: Histogram;
}
export declare function createCounters(): Counters;
