/** When an endpoint is left alone, and for how long. */
export interface BreakerRules {
  /** So many failures in a row open it. */
  readonly failuresInARow: number;
  /** So does this share (0 to 1) of at least `leastRequests` within the window. */
  readonly failureShare: number;
  readonly leastRequests: number;
  readonly windowSeconds: number;
  /** How long it stays open before one request is let through to see. */
  readonly probeAfterSeconds: number;
  /** How long an endpoint whose key was refused is passed over. */
  readonly quarantineSeconds: number;
}

export const DEFAULT_BREAKER: BreakerRules = {
  failuresInARow: 5,
  failureShare: 0.5,
  leastRequests: 20,
  windowSeconds: 10,
  probeAfterSeconds: 5,
  quarantineSeconds: 60,
};

export type BreakerState = "closed" | "open" | "half-open" | "quarantined";

/** Of a request that it let through: needed to tell it how the request ended. */
export interface Pass {
  readonly generation: number;
  readonly isProbe: boolean;
}

/** Follows how requests to one endpoint end. All times are milliseconds since the epoch. */
export interface Breaker {
  state(now: number): BreakerState;
  /** When the next probe may go; 0 while it is closed. */
  readonly until: number;
  readonly failuresInARow: number;
  /** True if a request may go now: always while closed, else one at a time once it is due. */
  admits(now: number): boolean;
  begin(now: number): Pass;
  succeed(pass: Pass, now: number): void;
  fail(pass: Pass, now: number): void;
  /** The provider refused the endpoint's key. */
  quarantine(now: number): void;
  /** Nobody learned anything from this request. */
  forget(pass: Pass): void;
}

/** A probe that told nothing for so long is given up for lost, and another may go. */
const PROBE_LEASE_MS = 30_000;

type Mode =
  | { readonly kind: "closed" }
  | { readonly kind: "open" | "quarantined"; readonly until: number; probeSince?: number | undefined };

/**
 * What a request tells counts only for the state in which it began: the failures of those that were under way when the
 * breaker opened do not open it again after it was closed.
 */
export function createBreaker(rules: BreakerRules): Breaker {
  const window = createWindow(rules.windowSeconds * 1000);
  let mode: Mode = { kind: "closed" };
  let generation = 0;
  let inARow = 0;
  const become = (next: Mode): void => {
    mode = next;
    generation++;
    window.clear();
  };
  const open = (now: number): void => become({ kind: "open", until: now + rules.probeAfterSeconds * 1000 });
  const isProbing = (now: number): boolean =>
    mode.kind !== "closed" && mode.probeSince !== undefined && now - mode.probeSince < PROBE_LEASE_MS;
  return {
    state(now) {
      return mode.kind !== "closed" && now >= mode.until ? "half-open" : mode.kind;
    },
    get until() {
      return mode.kind === "closed" ? 0 : mode.until;
    },
    get failuresInARow() {
      return inARow;
    },
    admits: (now) => mode.kind === "closed" || (now >= mode.until && !isProbing(now)),
    begin(now) {
      const isProbe = mode.kind !== "closed";
      if (mode.kind !== "closed") mode.probeSince = now;
      return { generation, isProbe };
    },
    succeed(pass, now) {
      if (pass.generation !== generation) return;
      inARow = 0;
      if (mode.kind === "closed") window.add(now, false);
      else become({ kind: "closed" });
    },
    fail(pass, now) {
      if (pass.generation !== generation) return;
      inARow++;
      if (mode.kind === "open" || (mode.kind === "quarantined" && now >= mode.until)) return open(now);
      if (mode.kind === "quarantined") return;
      window.add(now, true);
      const { total, failures } = window.sum(now);
      const isHalfBad = total >= rules.leastRequests && failures >= total * rules.failureShare;
      if (inARow >= rules.failuresInARow || isHalfBad) open(now);
    },
    quarantine(now) {
      inARow++;
      become({ kind: "quarantined", until: now + rules.quarantineSeconds * 1000 });
    },
    forget(pass) {
      if (pass.isProbe && pass.generation === generation && mode.kind !== "closed") mode.probeSince = undefined;
    },
  };
}

const SLICES = 10;

interface Slice {
  at: number;
  total: number;
  failures: number;
}

/** How many requests ended, and how many of them badly, in the last `lengthMs`: by tenths of it, so that it takes no more room with more load. */
function createWindow(lengthMs: number) {
  const sliceMs = lengthMs / SLICES;
  const slices: Slice[] = [];
  return {
    add(now: number, failed: boolean): void {
      const at = Math.floor(now / sliceMs);
      const last = slices.at(-1);
      const slice = last?.at === at ? last : { at, total: 0, failures: 0 };
      if (slice !== last) slices.push(slice);
      if (slices.length > SLICES) slices.shift();
      slice.total++;
      if (failed) slice.failures++;
    },
    sum(now: number): { readonly total: number; readonly failures: number } {
      const first = Math.floor(now / sliceMs) - SLICES;
      let total = 0;
      let failures = 0;
      for (const slice of slices) {
        if (slice.at <= first) continue;
        total += slice.total;
        failures += slice.failures;
      }
      return { total, failures };
    },
    clear(): void {
      slices.length = 0;
    },
  };
}
