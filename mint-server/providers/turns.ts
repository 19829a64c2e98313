import { type Failure, fail, ok, type Result } from "../failures.ts";
import { choose } from "./balance.ts";
import type { Attempted, Health, ModelHealth } from "./health.ts";
import type { Endpoint } from "./provider.ts";
import { createRetryBudget, isWorthAnotherEndpoint, type RetryBudget, waitBeforeSame } from "./retry.ts";
import { pause, type Timing } from "./timing.ts";

/** Whose turn it is to answer, of the endpoints that serve a model. One for the whole instance. */
export interface Balancer {
  readonly timing: Timing;
  readonly health: Health;
  /** The turns of one request. `org` is absent for a caller's own key: what it meets is nobody else's business. */
  turns(asked: { readonly org: string | undefined; readonly endpoints: Endpoints; readonly model: string }): Turns;
  /** The failure of a request that no endpoint would take now; `undefined` if one would. */
  noneHealthy(org: string | undefined, endpoints: Endpoints, model: string): Failure | undefined;
}

export type Endpoints = readonly [Endpoint, ...Endpoint[]];

/** One endpoint's turn. */
export interface Turn extends Attempted {
  readonly endpoint: Endpoint;
  /** Whether another could still be asked if this one fails before its answer began. */
  readonly hasOthers: boolean;
  /** Whether it is only tried to see if it has recovered. */
  readonly isProbe: boolean;
}

export interface Turns {
  first(): Result<Turn>;
  /** Who is asked after that failure; waits where it is the same one again. `undefined`: nobody, the failure stands. */
  next(failure: Failure, signal: AbortSignal): Promise<Turn | undefined>;
}

/** Most attempts at one request. */
const MAX_ATTEMPTS = 3;

export function createBalancer(timing: Timing, health: Health): Balancer {
  const retries = createRetryBudget(timing);
  return {
    timing,
    health,
    turns: ({ org, endpoints, model }) => {
      const candidates = endpoints.map(
        (endpoint): Candidate => ({
          endpoint,
          health: org === undefined ? undefined : health.of(org, endpoint, model),
        }),
      );
      return createTurns(candidates, { timing, retries });
    },
    noneHealthy(org, endpoints, model) {
      if (org === undefined) return undefined;
      const now = timing.now();
      const all = endpoints.map((endpoint) => health.of(org, endpoint, model));
      return all.some((each) => each.admits(now) || each.state(now) === "quarantined")
        ? undefined
        : closedUntil(all, now);
    },
  };
}

interface Candidate {
  readonly endpoint: Endpoint;
  readonly health: ModelHealth | undefined;
}

interface Means {
  readonly timing: Timing;
  readonly retries: RetryBudget;
}

function createTurns(all: readonly Candidate[], { timing, retries }: Means): Turns {
  let left = all;
  let attempts = 0;
  let last: Candidate | undefined;
  const begin = (candidate: Candidate): Turn => {
    const isAgain = candidate === last;
    left = left.filter((each) => each !== candidate);
    last = candidate;
    attempts++;
    const now = timing.now();
    const isProbe = candidate.health !== undefined && candidate.health.state(now) !== "closed";
    const attempted = candidate.health?.begin(now, isAgain) ?? UNWATCHED;
    const hasOthers = attempts < MAX_ATTEMPTS && left.some(({ health }) => !health || health.admits(now));
    return {
      ...attempted,
      // To leave the only endpoint alone because it answers nonsense, quickly and at no cost, would help nobody.
      fail: (failure, at) =>
        failure.kind === "upstream_malformed" && all.length === 1 ? attempted.drop() : attempted.fail(failure, at),
      endpoint: candidate.endpoint,
      hasOthers,
      isProbe,
    };
  };
  return {
    first() {
      retries.request();
      const candidate = pick(left, { timing, isFirst: true });
      return candidate ? ok(begin(candidate)) : fail(closedUntil(healths(all), timing.now()));
    },
    async next(failure, signal) {
      if (attempts >= MAX_ATTEMPTS || !isWorthAnotherEndpoint(failure)) return undefined;
      const other = pick(left, { timing, isFirst: false });
      if (other) return retries.mayRetry(attempts - 1) ? begin(other) : undefined;
      const waitMs = attempts === 1 ? waitBeforeSame(failure, timing) : undefined;
      if (waitMs === undefined || !last || !retries.mayRetry(0)) return undefined;
      await pause(timing, waitMs, signal);
      const isOpen = last.health && !last.health.admits(timing.now());
      return signal.aborted || isOpen ? undefined : begin(last);
    },
  };
}

/** What a caller's own key meets is theirs alone. */
const UNWATCHED: Attempted = { heard() {}, succeed() {}, fail() {}, drop() {}, stall() {} };

function healths(candidates: readonly Candidate[]): readonly ModelHealth[] {
  return candidates.flatMap(({ health }) => health ?? []);
}

function closedUntil(all: readonly ModelHealth[], now: number): Failure {
  const seconds = Math.ceil((Math.min(...all.map(({ until }) => until)) - now) / 1000);
  // One whose probe is on its way has nothing to wait for but that.
  return { kind: "no_endpoint_healthy", retryAfterSeconds: Math.max(1, seconds) };
}

interface Picking {
  readonly timing: Timing;
  readonly isFirst: boolean;
}

/**
 * The endpoints of the lowest `priority` that are sound and have something left; then whichever is back first of those that
 * have nothing left; at last those whose key was refused, since nobody else can serve.
 */
function pick(candidates: readonly Candidate[], { timing, isFirst }: Picking): Candidate | undefined {
  const [only] = candidates;
  if (only && candidates.length === 1 && !only.health) return only;
  const now = timing.now();
  const admitted = candidates.filter(({ health }) => !health || health.admits(now));
  const [first, ...others] = preferred(admitted.filter(({ health }) => !health || health.restUntil <= now));
  if (first) return balanced([first, ...others], { timing, isFirst });
  const [rested] = admitted.toSorted((a, b) => (a.health?.restUntil ?? 0) - (b.health?.restUntil ?? 0));
  return rested ?? preferred(candidates.filter(({ health }) => health?.state(now) === "quarantined"))[0];
}

function preferred(candidates: readonly Candidate[]): readonly Candidate[] {
  if (candidates.length < 2) return candidates;
  const least = Math.min(...candidates.map(({ endpoint }) => endpoint.priority ?? 0));
  return candidates.filter(({ endpoint }) => (endpoint.priority ?? 0) === least);
}

/** One that is due to be probed gets a request that can still go elsewhere, never one that has failed already. */
function balanced(candidates: readonly [Candidate, ...Candidate[]], { timing, isFirst }: Picking): Candidate {
  if (candidates.length === 1) return candidates[0];
  const now = timing.now();
  const isClosed = ({ health }: Candidate): boolean => !health || health.state(now) === "closed";
  const due = isFirst ? candidates.find((candidate) => !isClosed(candidate)) : undefined;
  if (due) return due;
  const [first = candidates[0], ...others] = candidates.filter(isClosed);
  const standing = (candidate: Candidate) => ({
    candidate,
    weight: candidate.endpoint.weight,
    ...(candidate.health?.standing(now) ?? { waiting: 0, latencyMs: undefined }),
  });
  return choose([standing(first), ...others.map(standing)], timing.random).candidate;
}
