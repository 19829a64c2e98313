import { createSimulatedClock } from "./clock.ts";
import { createPolicy, type PolicyName } from "./policies.ts";
import { type Behaviour, createProvider, type SimulatedProvider } from "./provider.ts";

/** Some endpoints, and how many requests come to them. */
export interface Scenario {
  readonly endpoints: readonly Behaviour[];
  readonly requests: number;
  /** Of requests that come by chance, independently of each other. */
  readonly requestsPerSecond: number;
}

export interface Outcome {
  /** Share of the requests that got an answer. */
  readonly succeeded: number;
  /** Milliseconds to the first byte, of those. */
  readonly latenciesMs: readonly number[];
  /** Requests to the endpoints for each of the callers'. */
  readonly load: number;
  /** When each endpoint answered, in milliseconds from the beginning. */
  readonly answeredBy: readonly (readonly number[])[];
}

/** Lets one policy serve a scenario. The same seed gives the same arrivals to every policy. */
export async function simulate(scenario: Scenario, policyName: PolicyName, seed: number): Promise<Outcome> {
  const clock = createSimulatedClock(seed);
  const providers = scenario.endpoints.map((behaviour) => createProvider(behaviour, clock));
  const policy = createPolicy(policyName, providers.length, clock);
  const latenciesMs: number[] = [];
  const answeredBy: number[][] = providers.map(() => []);
  const request = async (): Promise<void> => {
    const begun = clock.now();
    const turns = policy.begin();
    for (let index = turns.first(); index !== undefined; ) {
      const at = index;
      const reply = await new Promise<Parameters<typeof turns.next>[0]>((resolve) => providers[at]?.ask(resolve));
      if ("headers" in reply) {
        latenciesMs.push(clock.now() - begun);
        answeredBy[at]?.push(clock.now());
      }
      index = await turns.next(reply);
    }
  };
  const arrivals = createSimulatedClock(seed + 1).random;
  let at = 0;
  for (let count = 0; count < scenario.requests; count++) {
    at += (-Math.log(1 - arrivals()) / scenario.requestsPerSecond) * 1000;
    clock.after(at, () => void request());
  }
  await clock.run();
  return {
    succeeded: latenciesMs.length / scenario.requests,
    latenciesMs,
    load: total(providers) / scenario.requests,
    answeredBy,
  };
}

function total(providers: readonly SimulatedProvider[]): number {
  return providers.reduce((sum, { load }) => sum + load, 0);
}
