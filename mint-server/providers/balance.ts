/** What a choice among endpoints goes by. */
export interface Standing {
  /** The operator's share of the requests. */
  readonly weight: number;
  /** Expected milliseconds to the first byte; `undefined` if nothing is known. */
  readonly latencyMs: number | undefined;
  /** Requests whose first byte has not come. */
  readonly waiting: number;
}

/** However slow an endpoint is, some requests still go there: else nobody would learn that it has become faster. */
const LEAST_SPEED = 1 / 10;

/** What answers faster than this, in milliseconds, is fast: below it, differences are the machine's and not the provider's. */
const FAST_MS = 50;

/**
 * Chooses one: two are drawn, each as often as its weight times the third power of its speed says, and the one with fewer
 * requests waiting for its weight is taken. Where all are equally fast and none is busy, shares are exactly the weights.
 */
export function choose<Candidate extends Standing>(
  candidates: readonly [Candidate, ...Candidate[]],
  random: () => number,
): Candidate {
  if (candidates.length === 1) return candidates[0];
  const known = candidates.flatMap(({ latencyMs }) => latencyMs ?? []);
  const best = Math.min(...known);
  const odds = candidates.map(({ weight, latencyMs }) => {
    // What nobody knows yet counts as the best, so that it is soon known.
    const speed =
      latencyMs === undefined ? 1 : Math.max(LEAST_SPEED, Math.max(FAST_MS, best) / Math.max(FAST_MS, latencyMs));
    return weight * speed ** 3;
  });
  const one = draw(candidates, odds, random());
  const other = draw(candidates, odds, random());
  return other.waiting / other.weight < one.waiting / one.weight ? other : one;
}

function draw<Candidate>(candidates: readonly [Candidate, ...Candidate[]], odds: readonly number[], at: number) {
  let left = at * odds.reduce((sum, each) => sum + each, 0);
  for (const [index, candidate] of candidates.entries()) {
    left -= odds[index] ?? 0;
    if (left < 0) return candidate;
  }
  return candidates[0];
}

/** A latency that follows what was measured lately, and fades into the unknown. */
export interface Latency {
  add(ms: number, now: number): void;
  /** Milliseconds; `undefined` while nothing is known, or nothing any more. */
  value(now: number): number | undefined;
}

/** Share of the newest sample. */
const NEWEST = 0.2;
const FORGOTTEN_MS = 60_000;

/** An exponentially weighted moving average. */
export function createLatency(): Latency {
  let average: number | undefined;
  let addedAt = 0;
  return {
    add(ms, now) {
      average = average === undefined || now - addedAt > FORGOTTEN_MS ? ms : average + NEWEST * (ms - average);
      addedAt = now;
    },
    value: (now) => (now - addedAt > FORGOTTEN_MS ? undefined : average),
  };
}
