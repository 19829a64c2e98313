import type { Failure } from "../failures.ts";
import { createLatency, type Latency, type Standing } from "./balance.ts";
import { type Breaker, type BreakerState, createBreaker, DEFAULT_BREAKER } from "./breaker.ts";
import type { Endpoint } from "./provider.ts";
import { verdictOf } from "./retry.ts";
import { restMs } from "./retry-after.ts";
import type { Timing } from "./timing.ts";

/** What this instance has seen of its endpoints. Another instance has seen other things; a new one, nothing. */
export interface Health {
  /** How an endpoint does with a model. */
  of(org: string, endpoint: Endpoint, model: string): ModelHealth;
  /** Every endpoint and model that was asked lately. */
  snapshot(): readonly HealthRow[];
  /** Those of one model; none for a caller without an organisation. */
  rowsOf(org: string | undefined, model: string): readonly HealthRow[];
}

/** One endpoint with one model, for whoever watches. */
export interface HealthRow {
  readonly org: string;
  readonly endpoint: string;
  readonly model: string;
  readonly state: BreakerState;
  /** Milliseconds to the first byte, averaged; null while not known. */
  readonly ewmaMs: number | null;
  /** In a row, up to now. */
  readonly failures: number;
  /** Until when nothing goes there, or as little as can be, in milliseconds since the epoch; null where that is not so. */
  readonly until: number | null;
}

/** One endpoint with one model. Times are milliseconds since the epoch. */
export interface ModelHealth {
  state(now: number): BreakerState;
  admits(now: number): boolean;
  /** When it may be asked again, where it does not admit. */
  readonly until: number;
  /** It said that it has nothing left until then; 0 if it did not. */
  readonly restUntil: number;
  standing(now: number): Omit<Standing, "weight">;
  /** `isAgain`: the same request failed there just before, and failing again says no more of the endpoint. */
  begin(now: number, isAgain?: boolean): Attempted;
}

/** A request on its way: `heard` at most once, then exactly one of the others. */
export interface Attempted {
  /** The head of an answer has come. */
  heard(headers: Readonly<Record<string, string>>, now: number): void;
  succeed(now: number): void;
  fail(failure: Failure, now: number): void;
  /** Nobody will know how it ends. */
  drop(): void;
  /** It broke after it had begun well. */
  stall(now: number): void;
}

/** Callers may name any model where an endpoint lists none, so what is remembered of it has a bound. */
const MAX_MODELS = 500;
const MAX_ORGS = 1000;
/** How long an endpoint that has nothing of the kind is asked last. */
const MISSING_MS = 60_000;
/** How long one that is busy and says no more is passed over. */
const BUSY_MS = 1000;

interface EndpointRecord {
  readonly endpoint: Endpoint;
  /** Whether its key is good, whatever the model. */
  readonly key: Breaker;
  readonly models: Map<string, ModelRecord>;
}

interface ModelRecord extends ModelHealth {
  row(now: number): Pick<HealthRow, "state" | "ewmaMs" | "failures" | "until">;
}

export function createHealth({ now: clock }: Pick<Timing, "now">): Health {
  const orgs = new Map<string, Map<string, EndpointRecord>>();
  const endpointsOf = (org: string): Map<string, EndpointRecord> => {
    const known = orgs.get(org);
    if (known) return known;
    const [oldest] = orgs.size >= MAX_ORGS ? orgs.keys() : [];
    if (oldest !== undefined) orgs.delete(oldest);
    const fresh = new Map<string, EndpointRecord>();
    orgs.set(org, fresh);
    return fresh;
  };
  const recordOf = (org: string, endpoint: Endpoint): EndpointRecord => {
    const endpoints = endpointsOf(org);
    const known = endpoints.get(endpoint.name);
    // One that was configured anew may be another under the same name.
    if (known?.endpoint === endpoint) return known;
    const rules = { ...DEFAULT_BREAKER, ...endpoint.breaker };
    const fresh: EndpointRecord = { endpoint, key: createBreaker(rules), models: new Map() };
    endpoints.set(endpoint.name, fresh);
    return fresh;
  };
  return {
    of(org, endpoint, model) {
      const record = recordOf(org, endpoint);
      const known = record.models.get(model);
      if (known) return known;
      if (record.models.size >= MAX_MODELS) record.models.clear();
      const fresh = createModelHealth(record);
      record.models.set(model, fresh);
      return fresh;
    },
    rowsOf(org, model) {
      if (org === undefined) return [];
      const now = clock();
      return [...(orgs.get(org)?.values() ?? [])].flatMap(({ endpoint, models }) => {
        const health = models.get(model);
        return health ? [{ org, endpoint: endpoint.name, model, ...health.row(now) }] : [];
      });
    },
    snapshot() {
      const now = clock();
      return [...orgs].flatMap(([org, endpoints]) =>
        [...endpoints.values()].flatMap(({ endpoint, models }) =>
          [...models].map(([model, health]) => ({ org, endpoint: endpoint.name, model, ...health.row(now) })),
        ),
      );
    },
  };
}

function createModelHealth({ endpoint, key }: EndpointRecord): ModelRecord {
  const breaker = createBreaker({ ...DEFAULT_BREAKER, ...endpoint.breaker });
  const latency = createLatency();
  const queue = createQueue();
  let restUntil = 0;
  const state = (now: number): BreakerState => {
    const own = breaker.state(now);
    return own === "closed" ? key.state(now) : own;
  };
  const until = (): number => Math.max(breaker.until, key.until);
  return {
    state,
    admits: (now) => breaker.admits(now) && key.admits(now),
    get until() {
      return until();
    },
    get restUntil() {
      return restUntil;
    },
    standing: (now) => ({ waiting: queue.waiting, latencyMs: expected(latency, queue, now) }),
    begin(begun, isAgain = false) {
      const passes = [breaker.begin(begun), key.begin(begun)] as const;
      queue.enter(begun);
      let isHeard = false;
      const leave = (): void => {
        if (!isHeard) queue.leave();
        isHeard = true;
      };
      const rest = (ms: number, now: number): void => {
        restUntil = Math.max(restUntil, now + ms);
      };
      const forget = (): void => {
        leave();
        breaker.forget(passes[0]);
        key.forget(passes[1]);
      };
      return {
        drop: forget,
        heard(headers, now) {
          leave();
          queue.answered(now);
          latency.add(now - begun, now);
          const ms = restMs(headers, now);
          if (ms !== undefined) rest(ms, now);
        },
        succeed(now) {
          leave();
          breaker.succeed(passes[0], now);
          key.succeed(passes[1], now);
        },
        fail(failure, now) {
          leave();
          switch (verdictOf(failure)) {
            case "nothing":
              return forget();
            case "broken":
              if (isAgain) breaker.forget(passes[0]);
              else breaker.fail(passes[0], now);
              return key.forget(passes[1]);
            case "key-refused": {
              const onlyModel = failure.kind === "upstream_refused_our_key" && failure.onlyModel === true;
              if (!onlyModel) breaker.succeed(passes[0], now);
              (onlyModel ? breaker : key).quarantine(now);
              return onlyModel ? key.forget(passes[1]) : undefined;
            }
            case "missing":
              rest(MISSING_MS, now);
              break;
            case "busy":
              rest((failure.kind === "upstream_error" && failure.restMs) || BUSY_MS, now);
              break;
            case "sound":
          }
          breaker.succeed(passes[0], now);
          key.succeed(passes[1], now);
        },
        stall(now) {
          if (breaker.state(now) === "closed") breaker.fail(breaker.begin(now), now);
        },
      };
    },
    row: (now) => ({
      state: state(now),
      ewmaMs: latency.value(now) ?? null,
      failures: breaker.failuresInARow,
      until: Math.max(until(), restUntil) > now ? Math.max(until(), restUntil) : null,
    }),
  };
}

/** An endpoint that has not answered anyone for a while is taken to be that slow, before it has answered at all. */
function expected(latency: Latency, queue: Queue, now: number): number | undefined {
  const silentMs = queue.silentMs(now);
  const known = latency.value(now);
  return known === undefined ? silentMs || undefined : Math.max(known, silentMs);
}

type Queue = ReturnType<typeof createQueue>;

/** Requests whose first byte has not come. */
function createQueue() {
  let waiting = 0;
  let since = 0;
  return {
    get waiting() {
      return waiting;
    },
    enter(now: number): void {
      if (waiting++ === 0) since = now;
    },
    leave(): void {
      waiting--;
    },
    answered(now: number): void {
      since = now;
    },
    silentMs: (now: number): number => (waiting === 0 ? 0 : now - since),
  };
}
