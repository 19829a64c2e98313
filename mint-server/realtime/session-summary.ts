import type { Ending } from "./close-codes.ts";
import type { MeterTotals } from "./meter.ts";

/** A realtime session that is over. Nothing of what was said in it. */
export interface SessionSummary {
  readonly org: string;
  readonly subject: string;
  readonly model: string;
  /** Name of the endpoint that served. */
  readonly endpoint: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** What its client was told at the end. */
  readonly ending: Ending;
  /** Absent where frames passed unread: a key's session. */
  readonly totals?: MeterTotals;
}
