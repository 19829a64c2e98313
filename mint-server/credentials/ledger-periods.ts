import type { Limits } from "../contract/credential.ts";

/** How much of an ISO date names a period. */
const LENGTHS = { hour: 13, day: 10, month: 7 } as const;

const HOUR_SECONDS = 60 * 60;

/**
 * The period, in UTC, that a time falls into: `all`, `hour:2026-11-22T13`, `day:2026-11-22` or `month:2026-11`.
 *
 * @param now milliseconds since the epoch
 */
export function periodOf(per: NonNullable<Limits["per"]>, now: number): string {
  if (per === "credential" || per === "total") return "all";
  return `${per}:${new Date(now).toISOString().slice(0, LENGTHS[per])}`;
}

/** When a period is over, in seconds since the epoch; undefined for one that never is. */
export function endOfPeriod(period: string): number | undefined {
  const kind = /^(hour|day|month):/.exec(period)?.[1];
  if (!kind) return undefined;
  const date = period.slice(kind.length + 1);
  // Without a time, a date is UTC's by itself.
  const start = new Date(kind === "hour" ? `${date}:00Z` : date);
  if (kind === "month") return start.setUTCMonth(start.getUTCMonth() + 1) / 1000;
  return start.getTime() / 1000 + (kind === "day" ? 24 * HOUR_SECONDS : HOUR_SECONDS);
}
