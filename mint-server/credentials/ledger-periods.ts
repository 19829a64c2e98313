import type { Limits } from "../contract/credential.ts";

/** How much of an ISO date names a period, and what makes a whole date of it. */
const PERIODS = {
  hour: { length: 13, rest: ":00:00Z" },
  day: { length: 10, rest: "T00:00:00Z" },
  month: { length: 7, rest: "-01T00:00:00Z" },
} as const;

const HOUR_SECONDS = 60 * 60;

/**
 * The period, in UTC, that a time falls into: `all`, `hour:2026-11-22T13`, `day:2026-11-22` or `month:2026-11`.
 *
 * @param now milliseconds since the epoch
 */
export function periodOf(per: NonNullable<Limits["per"]>, now: number): string {
  if (per === "credential" || per === "total") return "all";
  return `${per}:${new Date(now).toISOString().slice(0, PERIODS[per].length)}`;
}

/** When a period is over, in seconds since the epoch; undefined for one that never is. */
export function endOfPeriod(period: string): number | undefined {
  const match = /^(hour|day|month):(.+)$/.exec(period);
  if (!match) return undefined;
  const kind = match[1] as keyof typeof PERIODS;
  const start = new Date(`${match[2]}${PERIODS[kind].rest}`);
  if (kind === "month") return start.setUTCMonth(start.getUTCMonth() + 1) / 1000;
  return start.getTime() / 1000 + (kind === "day" ? 24 * HOUR_SECONDS : HOUR_SECONDS);
}
