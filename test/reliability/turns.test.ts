import { describe, expect, test } from "vitest";
import type { Failure } from "../../mint-server/failures.ts";
import { createHealth } from "../../mint-server/providers/health.ts";
import type { Endpoint } from "../../mint-server/providers/provider.ts";
import { createBalancer, type Turn, type Turns } from "../../mint-server/providers/turns.ts";
import { type Clock, createClock } from "./clock.ts";
import { endpointCalled } from "./endpoints.ts";

const UNREACHABLE: Failure = { kind: "upstream_unreachable" };
const REFUSED: Failure = { kind: "upstream_refused_our_key" };
const busy = (restMs?: number): Failure => ({
  kind: "upstream_error",
  status: 429,
  details: { message: "slow down", type: "rate_limit_error", code: null },
  ...(restMs !== undefined && { restMs, retryAfterMs: restMs }),
});
const NEVER = new AbortController().signal;

interface World {
  readonly clock: Clock;
  readonly health: ReturnType<typeof createHealth>;
  turns(model?: string, org?: string): Turns;
  noneHealthy(): Failure | undefined;
  first(model?: string): Turn;
  /** How often each endpoint's turn comes first in so many requests that all succeed. */
  count(times: number): Record<string, number>;
  /** Requests of which the endpoint is asked first and fails. */
  break(name: string, times?: number, failure?: Failure): Promise<void>;
}

function worldOf(...[one, ...others]: [Endpoint, ...Endpoint[]]): World {
  const clock = createClock();
  const health = createHealth(clock);
  const balancer = createBalancer(clock, health);
  const endpoints = [one, ...others] as const;
  const turns: World["turns"] = (model = "m", org = "acme") => balancer.turns({ org, endpoints, model });
  const first: World["first"] = (model) => {
    const turn = turns(model).first();
    if (!turn.ok) throw new Error(turn.failure.kind);
    return turn.value;
  };
  return {
    clock,
    health,
    turns,
    first,
    noneHealthy: () => balancer.noneHealthy("acme", endpoints, "m"),
    count(times) {
      const counts: Record<string, number> = {};
      for (let at = 0; at < times; at++) {
        const turn = first();
        turn.heard({}, clock.now());
        turn.succeed(clock.now());
        counts[turn.endpoint.name] = (counts[turn.endpoint.name] ?? 0) + 1;
      }
      return counts;
    },
    async break(name, times = 5, failure = UNREACHABLE) {
      const endpoint = endpoints.find((each) => each.name === name);
      if (!endpoint) throw new Error("no such endpoint");
      for (let at = 0; at < times; at++) {
        health.of("acme", endpoint, "m").begin(clock.now()).fail(failure, clock.now());
      }
    },
  };
}

const a = endpointCalled("a");
const b = endpointCalled("b");
const c = endpointCalled("c");

describe("who is asked first", () => {
  test("the lowest priority alone, while it can serve", async () => {
    const world = worldOf(
      endpointCalled("a", { priority: 1 }),
      endpointCalled("b"),
      endpointCalled("c", { priority: 2 }),
    );
    expect(world.count(50)).toEqual({ b: 50 });
    await world.break("b");
    expect(world.count(50)).toEqual({ a: 50 });
    await world.break("a");
    expect(world.count(50)).toEqual({ c: 50 });
  });

  test("an endpoint whose breaker is open is not, for any request", async () => {
    const world = worldOf(a, b, c);
    await world.break("a");
    const { a: none = 0 } = world.count(300);
    expect(none).toBe(0);
  });

  test("one that is due gets one request, and all of its share after that succeeded", async () => {
    const world = worldOf(a, b);
    await world.break("a");
    await world.clock.advance(5000);
    const probe = world.first();
    expect([probe.endpoint.name, probe.isProbe, probe.hasOthers]).toEqual(["a", true, true]);
    expect(world.count(100)).toEqual({ b: 100 });
    probe.heard({}, world.clock.now());
    probe.succeed(world.clock.now());
    const { a: share = 0 } = world.count(100);
    expect(share).toBeGreaterThan(25);
  });

  test("one that said it has nothing left is not until its reset, where another can serve", async () => {
    const world = worldOf(a, b);
    const turn = world.health.of("acme", a, "m").begin(world.clock.now());
    turn.heard({ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "7s" }, world.clock.now());
    turn.succeed(world.clock.now());
    expect(world.count(50)).toEqual({ b: 50 });
    await world.break("b");
    const last = world.first();
    expect(last.endpoint.name).toBe("a");
    last.drop();
    await world.clock.advance(7000);
    const { a: share = 0 } = world.count(100);
    expect(share).toBeGreaterThan(0);
  });

  test("of those that have nothing left, the one that is back first", async () => {
    const world = worldOf(a, b);
    await world.break("a", 1, busy(9000));
    await world.break("b", 1, busy(4000));
    expect(world.count(20)).toEqual({ b: 20 });
  });

  test("one that answers nobody loses its share before it has failed", async () => {
    const world = worldOf(a, b);
    world.count(40);
    const silent = world.health.of("acme", a, "m").begin(world.clock.now());
    await world.clock.advance(3000);
    const { a: share = 0 } = world.count(200);
    expect(share).toBeLessThan(10);
    silent.drop();
  });

  test("models of one endpoint are apart, and so are organisations", async () => {
    const world = worldOf(a);
    await world.break("a");
    expect(world.turns("m").first().ok).toBe(false);
    expect(world.turns("other").first().ok).toBe(true);
    expect(world.turns("m", "other").first().ok).toBe(true);
  });

  test("an endpoint that was configured anew begins anew", async () => {
    const world = worldOf(a);
    await world.break("a");
    expect(world.health.of("acme", endpointCalled("a"), "m").state(world.clock.now())).toBe("closed");
  });
});

describe("a key that was refused", () => {
  test("passes its endpoint over for a minute, with every model, where another can serve", async () => {
    const world = worldOf(a, b);
    await world.break("a", 1, REFUSED);
    expect(world.count(50)).toEqual({ b: 50 });
    expect(world.first("other").endpoint.name).toBe("b");
    await world.clock.advance(60_000);
    const probe = world.first();
    expect([probe.endpoint.name, probe.isProbe]).toEqual(["a", true]);
  });

  test("with 403 is about that model alone", async () => {
    const world = worldOf(a);
    await world.break("a", 1, { kind: "upstream_refused_our_key", onlyModel: true });
    expect(world.health.of("acme", a, "m").state(world.clock.now())).toBe("quarantined");
    expect(world.health.of("acme", a, "other").state(world.clock.now())).toBe("closed");
  });

  test("is tried all the same where nobody else can serve, and forgiven once it works", async () => {
    const world = worldOf(a);
    await world.break("a", 1, REFUSED);
    expect(world.noneHealthy()).toBeUndefined();
    expect(world.count(3)).toEqual({ a: 3 });
    expect(world.health.of("acme", a, "m").state(world.clock.now())).toBe("closed");
  });
});

describe("after a failure", () => {
  test("another endpoint is asked at once, three at most", async () => {
    const world = worldOf(a, b, c, endpointCalled("d"));
    for (let count = 0; count < 100; count++) {
      const turn = world.first();
      turn.heard({}, world.clock.now());
      turn.succeed(world.clock.now());
    }
    const turns = world.turns();
    const first = turns.first();
    if (!first.ok) throw new Error();
    const tried = [first.value];
    for (;;) {
      const last = tried.at(-1);
      last?.fail(UNREACHABLE, world.clock.now());
      const next = await turns.next(UNREACHABLE, NEVER);
      if (!next) break;
      tried.push(next);
    }
    expect(tried).toHaveLength(3);
    expect(new Set(tried.map(({ endpoint }) => endpoint.name)).size).toBe(3);
    expect(tried.map(({ hasOthers }) => hasOthers)).toEqual([true, true, false]);
  });

  test("a third endpoint is asked only where the budget of retries has room", async () => {
    const world = worldOf(a, b, c);
    const turns = world.turns();
    turns.first();
    expect(await turns.next(UNREACHABLE, NEVER)).toBeDefined();
    expect(await turns.next(UNREACHABLE, NEVER)).toBeUndefined();
  });

  test("nobody is, where the caller was wrong", async () => {
    const turns = worldOf(a, b).turns();
    turns.first();
    const wrong: Failure = { kind: "upstream_error", status: 400, details: { message: "", type: "", code: null } };
    expect(await turns.next(wrong, NEVER)).toBeUndefined();
  });

  test("the only endpoint is asked once more, after as long as it asked for", async () => {
    const world = worldOf(a);
    const turns = world.turns();
    turns.first();
    let again: Turn | undefined;
    const waiting = turns.next(busy(3000), NEVER).then((turn) => {
      again = turn;
    });
    await world.clock.advance(2999);
    expect(again).toBeUndefined();
    await world.clock.advance(1);
    await waiting;
    expect(again?.endpoint.name).toBe("a");
    expect(await turns.next(busy(3000), NEVER)).toBeUndefined();
  });

  test("it is not, once its breaker has opened or the caller has left", async () => {
    const world = worldOf(a);
    const turns = world.turns();
    turns.first();
    const waiting = turns.next(UNREACHABLE, NEVER);
    await world.break("a");
    await world.clock.advance(1000);
    expect(await waiting).toBeUndefined();
    const leaving = new AbortController();
    const other = world.turns("other");
    other.first();
    const left = other.next(UNREACHABLE, leaving.signal);
    leaving.abort();
    expect(await left).toBeUndefined();
  });

  test("a caller's own key changes nothing for anyone else", async () => {
    const clock = createClock();
    const health = createHealth(clock);
    const balancer = createBalancer(clock, health);
    for (let count = 0; count < 10; count++) {
      const turn = balancer.turns({ org: undefined, endpoints: [a], model: "m" }).first();
      if (!turn.ok) throw new Error();
      turn.value.fail(UNREACHABLE, clock.now());
    }
    expect(health.snapshot()).toEqual([]);
    expect(balancer.turns({ org: undefined, endpoints: [a], model: "m" }).first().ok).toBe(true);
  });
});

test("when every endpoint is open, it says so and when to come back", async () => {
  const world = worldOf(a, b);
  await world.break("a");
  await world.clock.advance(2000);
  await world.break("b");
  const failure = { kind: "no_endpoint_healthy", retryAfterSeconds: 3 };
  expect(world.noneHealthy()).toEqual(failure);
  expect(world.turns().first()).toEqual({ ok: false, failure });
  await world.clock.advance(3000);
  expect(world.noneHealthy()).toBeUndefined();
  expect(world.first().endpoint.name).toBe("a");
});

test("shows what it has seen", async () => {
  const world = worldOf(a, b);
  const turn = world.health.of("acme", b, "m").begin(world.clock.now());
  await world.clock.advance(40);
  turn.heard({}, world.clock.now());
  turn.succeed(world.clock.now());
  await world.break("a");
  const now = world.clock.now();
  expect(world.health.snapshot().toSorted((x, y) => x.endpoint.localeCompare(y.endpoint))).toEqual([
    { org: "acme", endpoint: "a", model: "m", state: "open", ewmaMs: null, failures: 5, until: now + 5000 },
    { org: "acme", endpoint: "b", model: "m", state: "closed", ewmaMs: 40, failures: 0, until: null },
  ]);
});

test("what is remembered of one endpoint's models has a bound", () => {
  const world = worldOf(a);
  for (let count = 0; count < 5000; count++) world.first(`m${count}`);
  expect(world.health.snapshot().length).toBeLessThanOrEqual(500);
});
