import type { Failure } from "../../mint-server/failures.ts";
import type { SimulatedClock } from "./clock.ts";

/** How one endpoint behaves. Times are milliseconds from the beginning of the run. */
export interface Behaviour {
  /** Median time to the first byte while it is not busy. */
  readonly medianMs: number;
  /** Most requests that it works at; others wait in line. */
  readonly slots?: number;
  /** While it is out, what it does instead of answering. */
  readonly outage?: { readonly from: number; readonly to: number; readonly kind: "refuses" | "fails" | "hangs" };
  /** Share of the requests that fail at any time. */
  readonly failureShare?: number;
  /** Requests a second; more are refused with 429, and say when the second is over. */
  readonly requestsPerSecond?: number;
}

export type Reply = { readonly headers: Record<string, string> } | { readonly failure: Failure };

/** When a request that hangs is given up. */
const GIVE_UP_MS = 30_000;

export interface SimulatedProvider {
  /** Requests that it got. */
  readonly load: number;
  ask(done: (reply: Reply) => void): void;
}

export function createProvider(behaviour: Behaviour, clock: SimulatedClock): SimulatedProvider {
  const { medianMs, slots = Number.POSITIVE_INFINITY, outage, failureShare = 0 } = behaviour;
  const limit = createLimit(behaviour.requestsPerSecond, clock);
  const line: (() => void)[] = [];
  let working = 0;
  let load = 0;
  const work = (done: () => void): void => {
    working++;
    clock.after(medianMs * Math.exp(0.4 * normal(clock.random)), () => {
      working--;
      done();
      line.shift()?.();
    });
  };
  return {
    get load() {
      return load;
    },
    ask(done) {
      load++;
      const now = clock.now();
      if (outage && now >= outage.from && now < outage.to) {
        const [ms, failure] = OUTAGES[outage.kind];
        clock.after(ms, () => done({ failure }));
        return;
      }
      const headers = limit();
      if (!headers) {
        const restMs = 1000 - (now % 1000);
        clock.after(5, () => done({ failure: { ...failed(429), restMs, retryAfterMs: restMs } as Failure }));
        return;
      }
      const start = (): void =>
        work(() => done(clock.random() < failureShare ? { failure: failed(502) } : { headers }));
      if (working < slots) start();
      else line.push(start);
    },
  };
}

function failed(status: number): Failure {
  return { kind: "upstream_error", status, details: { message: "", type: "upstream_error", code: null } };
}

const OUTAGES: Readonly<Record<"refuses" | "fails" | "hangs", readonly [afterMs: number, failure: Failure]>> = {
  refuses: [1, { kind: "upstream_unreachable" }],
  fails: [20, failed(502)],
  hangs: [GIVE_UP_MS, { kind: "upstream_timeout", phase: "first byte", seconds: GIVE_UP_MS / 1000 }],
};

/** Headers that tell what is left of the second; `undefined` if nothing is. */
function createLimit(most: number | undefined, clock: SimulatedClock): () => Record<string, string> | undefined {
  let second = -1;
  let used = 0;
  return () => {
    if (most === undefined) return {};
    const now = clock.now();
    if (Math.floor(now / 1000) !== second) {
      second = Math.floor(now / 1000);
      used = 0;
    }
    if (used >= most) return undefined;
    used++;
    return {
      "x-ratelimit-remaining-requests": String(most - used),
      "x-ratelimit-reset-requests": `${Math.ceil(1000 - (now % 1000))}ms`,
    };
  };
}

/** Normally distributed with a deviation of 1 (Box and Muller). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
