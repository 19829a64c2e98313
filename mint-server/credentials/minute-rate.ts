const MINUTE_MS = 60_000;

/** Entries of one tick are kept as one, at its end: a rate's memory is bounded, and it errs on the careful side. */
const TICK_MS = 100;

/** How many entries there were in the last minute, to the tick. */
export interface MinuteRate {
  /** Entries that still count. */
  count(now: number): number;
  add(now: number): void;
  /** Seconds until one more fits under a limit; 0 if it fits now. */
  waitSeconds(limit: number, now: number): number;
  /** Seconds until none counts any more. */
  resetSeconds(now: number): number;
}

/** A sliding minute. Times are milliseconds since the epoch and may come a little out of order. */
export function createMinuteRate(): MinuteRate {
  // Sorted ends of ticks, and the entries of each.
  const ticks: { readonly at: number; entries: number }[] = [];
  let sum = 0;

  const count = (now: number): number => {
    if ((ticks[0]?.at ?? 0) + MINUTE_MS > now) return sum;
    const over = ticks.findIndex(({ at }) => at + MINUTE_MS > now);
    for (const { entries } of ticks.splice(0, over < 0 ? ticks.length : over)) sum -= entries;
    return sum;
  };
  const seconds = (at: number, now: number): number => Math.max(1, Math.ceil((at + MINUTE_MS - now) / 1000));

  return {
    count,
    add(now) {
      const at = Math.ceil(now / TICK_MS) * TICK_MS;
      const last = ticks.at(-1);
      if (last && last.at >= at) last.entries += 1;
      else ticks.push({ at, entries: 1 });
      sum += 1;
    },
    waitSeconds(limit, now) {
      let excess = count(now) + 1 - limit;
      if (excess <= 0) return 0;
      for (const { at, entries } of ticks) {
        excess -= entries;
        if (excess <= 0) return seconds(at, now);
      }
      return MINUTE_MS / 1000;
    },
    resetSeconds(now) {
      count(now);
      const last = ticks.at(-1);
      return last ? seconds(last.at, now) : 0;
    },
  };
}
