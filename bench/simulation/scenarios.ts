import type { Behaviour } from "./provider.ts";
import type { Scenario } from "./run.ts";

const sound: Behaviour = { medianMs: 100 };
const ALL = { from: 0, to: Number.POSITIVE_INFINITY };

const scenario = (...endpoints: readonly Behaviour[]): Scenario => ({
  endpoints,
  requests: 10_000,
  requestsPerSecond: 100,
});

/** Three endpoints each; 10,000 requests in about 100 seconds. */
export const SCENARIOS = {
  sound: { what: "three sound endpoints", scenario: scenario(sound, sound, sound) },
  skewed: {
    what: "one 3 times, one 10 times as slow",
    scenario: scenario(sound, { medianMs: 300 }, { medianMs: 1000 }),
  },
  narrow: {
    what: "one that works at two requests at once",
    scenario: scenario(sound, sound, { medianMs: 100, slots: 2 }),
  },
  dead: {
    what: "one refuses connections",
    scenario: scenario(sound, sound, { ...sound, outage: { ...ALL, kind: "refuses" } }),
  },
  hanging: {
    what: "one hangs for the middle third",
    scenario: scenario(sound, sound, { ...sound, outage: { from: 33_000, to: 66_000, kind: "hangs" } }),
  },
  flaky: {
    what: "one fails at two requests of three",
    scenario: scenario(sound, sound, { ...sound, failureShare: 2 / 3 }),
  },
  limited: {
    what: "two take no more than 20 a second",
    scenario: scenario(sound, { ...sound, requestsPerSecond: 20 }, { ...sound, requestsPerSecond: 20 }),
  },
} as const satisfies Record<string, { readonly what: string; readonly scenario: Scenario }>;

export type ScenarioName = keyof typeof SCENARIOS;
