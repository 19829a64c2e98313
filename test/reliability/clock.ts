import type { Timing } from "../../mint-server/providers/timing.ts";

/** Time that stands still until it is told to go on, and chance that repeats itself. */
export interface Clock extends Timing {
  /** Moves on, firing what falls due in order. */
  advance(ms: number): Promise<void>;
}

/** The same numbers for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function createClock(seed = 1): Clock {
  let time = Date.UTC(2026, 0, 1);
  const timers = new Set<{ readonly at: number; readonly call: () => void }>();
  return {
    now: () => time,
    random: seeded(seed),
    after(ms, call) {
      const timer = { at: time + ms, call };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    async advance(ms) {
      const end = time + ms;
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
        if (!next) break;
        timers.delete(next);
        time = Math.max(time, next.at);
        next.call();
        // Whoever waited for it goes first.
        await new Promise((resolve) => setImmediate(resolve));
      }
      time = end;
    },
  };
}
