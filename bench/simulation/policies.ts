import type { Failure } from "../../mint-server/failures.ts";
import { createHealth } from "../../mint-server/providers/health.ts";
import type { Endpoint } from "../../mint-server/providers/provider.ts";
import { isWorthAnotherEndpoint } from "../../mint-server/providers/retry.ts";
import { providerById } from "../../mint-server/providers/table.ts";
import { createBalancer, type Endpoints } from "../../mint-server/providers/turns.ts";
import type { SimulatedClock } from "./clock.ts";
import type { Reply } from "./provider.ts";

/** A request's way through the endpoints: which one first, and which one after a failure. Endpoints are numbers. */
export interface Policy {
  begin(): RequestPolicy;
}

export interface RequestPolicy {
  first(): number | undefined;
  /** To be told of each reply; resolves with who is next after a failure. */
  next(reply: Reply): Promise<number | undefined>;
}

export const POLICY_NAMES = ["mintgate", "round-robin", "random", "least-latency"] as const;
export type PolicyName = (typeof POLICY_NAMES)[number];

export function createPolicy(name: PolicyName, count: number, clock: SimulatedClock): Policy {
  switch (name) {
    case "mintgate":
      return createOwnPolicy(count, clock);
    case "round-robin": {
      let turn = 0;
      return createPeerPolicy(clock, (left) => left[turn++ % left.length], count);
    }
    case "random":
      return createPeerPolicy(clock, (left) => left[Math.floor(clock.random() * left.length)], count);
    case "least-latency":
      return createPeerPolicy(clock, (left, latency) => left.toSorted((a, b) => latency(a) - latency(b))[0], count);
  }
}

/** The mint-server's own code. */
function createOwnPolicy(count: number, clock: SimulatedClock): Policy {
  const provider = providerById("custom");
  if (!provider) throw new Error("the table has no such provider");
  const endpoints = Array.from(
    { length: count },
    (_, index): Endpoint => ({
      name: String(index),
      provider,
      baseURL: "https://provider.example/v1",
      auth: "none",
      headers: {},
      customModels: new Map(),
      options: {},
      weight: 1,
      supportsStreaming: true,
    }),
  ) as unknown as Endpoints;
  const balancer = createBalancer(clock, createHealth(clock));
  const { signal } = new AbortController();
  return {
    begin() {
      const turns = balancer.turns({ org: "org", endpoints, model: "model" });
      const first = turns.first();
      let turn = first.ok ? first.value : undefined;
      return {
        first: () => (turn ? Number(turn.endpoint.name) : undefined),
        async next(reply) {
          if ("headers" in reply) {
            turn?.heard(reply.headers, clock.now());
            turn?.succeed(clock.now());
            return undefined;
          }
          turn?.fail(reply.failure, clock.now());
          turn = await turns.next(reply.failure, signal);
          return turn && Number(turn.endpoint.name);
        },
      };
    },
  };
}

type Pick = (left: readonly number[], latency: (index: number) => number) => number | undefined;

const MAX_ATTEMPTS = 3;

/** What others do: an order, and the next one after a failure. */
function createPeerPolicy(clock: SimulatedClock, pick: Pick, count: number): Policy {
  const latencies = new Map<number, number>();
  return {
    begin() {
      const startedAt = clock.now();
      let left: readonly number[] = Array.from({ length: count }, (_, index) => index);
      let current: number | undefined;
      let attempts = 0;
      const take = (): number | undefined => {
        current = attempts++ < MAX_ATTEMPTS ? pick(left, (index) => latencies.get(index) ?? 0) : undefined;
        left = left.filter((each) => each !== current);
        return current;
      };
      const learn = (ms: number): void => {
        if (current === undefined) return;
        const known = latencies.get(current);
        latencies.set(current, known === undefined ? ms : known + 0.2 * (ms - known));
      };
      return {
        first: take,
        next(reply) {
          const isFinal = "headers" in reply || !isWorthAnotherEndpoint(reply.failure satisfies Failure);
          if ("headers" in reply) learn(clock.now() - startedAt);
          return Promise.resolve(isFinal || left.length === 0 ? undefined : take());
        },
      };
    },
  };
}
