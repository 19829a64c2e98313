import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CacheOrders, cacheOrders } from "../../mint-server/contract/cache-rules.ts";
import { MODEL_ENDPOINTS, type ModelEndpoint } from "../../mint-server/contract/endpoints.ts";

const WEEK = 604_800;

function endpointAt(path: string): ModelEndpoint {
  const endpoint = MODEL_ENDPOINTS.find((candidate) => candidate.path === path);
  if (!endpoint) throw new Error(`no endpoint ${path}`);
  return endpoint;
}

interface Asked {
  readonly path?: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

function ordersOf({ path = "chat/completions", body = {}, headers = {} }: Asked): CacheOrders | undefined {
  return cacheOrders(endpointAt(path), body, new Headers(headers));
}

const always = { "x-bt-use-cache": "always" };
const GEMINI = "google/v1beta/models/{model}:generateContent";
const GEMINI_STREAM = "google/v1beta/models/{model}:streamGenerateContent";

/** What auto is to cache: a request whose caller asks for the same answer again. */
const REPEATABLE: readonly [string, Readonly<Record<string, unknown>>][] = [
  ["chat/completions", { temperature: 0 }],
  ["chat/completions", { temperature: -0 }],
  ["chat/completions", { temperature: 1, seed: 7 }],
  ["chat/completions", { seed: 0 }],
  ["completions", { temperature: 0 }],
  ["completions", { seed: -1 }],
  ["responses", { temperature: 0, previous_response_id: null, conversation: null, background: false }],
  ["auto", { temperature: 0 }],
  ["anthropic/v1/messages", { temperature: 0 }],
  [GEMINI, { generationConfig: { temperature: 0 } }],
  [GEMINI, { generationConfig: { seed: 3 } }],
  [GEMINI, { generation_config: { temperature: 0 } }],
  [GEMINI_STREAM, { generationConfig: { temperature: 0.0 } }],
  ["embeddings", {}],
  ["moderations", {}],
  ["google/v1beta/models/{model}:embedContent", {}],
  ["google/v1beta/models/{model}:batchEmbedContents", {}],
];

const NOT_REPEATABLE: readonly [string, Readonly<Record<string, unknown>>][] = [
  ["chat/completions", {}],
  ["chat/completions", { temperature: 0.1 }],
  ["chat/completions", { temperature: "0" }],
  ["chat/completions", { temperature: null, seed: null }],
  ["chat/completions", { generationConfig: { temperature: 0 } }],
  ["anthropic/v1/messages", { temperature: 1 }],
  [GEMINI, {}],
  [GEMINI, { temperature: 0, seed: 1 }],
  [GEMINI, { generationConfig: null }],
  ["google/v1beta/models/{model}:countTokens", {}],
];

const default_ = { read: true, write: true, ttlSeconds: WEEK };

test.each(REPEATABLE)("auto reads and writes %s with %j for a week", (path, body) => {
  expect(ordersOf({ path, body })).toEqual(default_);
  expect(ordersOf({ path, body, headers: { "x-bt-use-cache": "auto" } })).toEqual(default_);
});

test.each(NOT_REPEATABLE)("auto leaves %s with %j alone, always does not", (path, body) => {
  expect(ordersOf({ path, body })).toBeUndefined();
  expect(ordersOf({ path, body, headers: always })).toEqual(default_);
});

test.each([...REPEATABLE, ...NOT_REPEATABLE])("never, and what is no mode, leave %s with %j alone", (path, body) => {
  for (const mode of ["never", "Always", "", "yes"]) {
    expect(ordersOf({ path, body, headers: { "x-bt-use-cache": mode } })).toBeUndefined();
  }
});

test.each(["images/generations", "audio/speech", "audio/transcriptions"])("%s is never cached", (path) => {
  expect(ordersOf({ path, body: { temperature: 0, seed: 1 }, headers: always })).toBeUndefined();
});

test("every other endpoint is cached where that is asked for", () => {
  const cached = MODEL_ENDPOINTS.filter(({ path }) => ordersOf({ path, headers: always }));
  expect(cached.map(({ path }) => path)).toEqual(
    [...new Set([...REPEATABLE, ...NOT_REPEATABLE].map(([path]) => path))].sort(
      (a, b) => MODEL_ENDPOINTS.indexOf(endpointAt(a)) - MODEL_ENDPOINTS.indexOf(endpointAt(b)),
    ),
  );
});

test.each([
  ["a run in the background", { background: true }],
  ["an answer that is gone on from", { previous_response_id: "resp_1" }],
  ["a conversation by its id", { conversation: "conv_1" }],
  ["a conversation as an object", { conversation: { id: "conv_1" } }],
])("never caches what depends on a state at the provider: %s", (_, body) => {
  expect(ordersOf({ path: "responses", body: { ...body, temperature: 0 }, headers: always })).toBeUndefined();
});

describe("x-bt-cache-ttl", () => {
  const ttl = (value: string) => ordersOf({ headers: { ...always, "x-bt-cache-ttl": value } })?.ttlSeconds;

  test.each([
    ["60", 60],
    ["1", 1],
    ["0", 1],
    ["-5", 1],
    ["0.9", 1],
    ["90.9", 90],
    [" 30 ", 30],
    ["604800", WEEK],
    ["604801", WEEK],
    ["99999999999999999999", WEEK],
  ])("of %j is %i seconds", (value, seconds) => {
    expect(ttl(value)).toBe(seconds);
  });

  // No tier may answer what the mint-server refuses.
  test.each(["", "soon", "5s", "1,2", "NaN"])("of %j is no number, so nothing is read or written", (value) => {
    expect(ttl(value)).toBeUndefined();
  });

  test("is a whole number from 1 to 604800, whatever number is asked", () => {
    fc.assert(
      fc.property(fc.oneof(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), fc.maxSafeInteger()), (value) => {
        const seconds = ttl(value.toFixed(3)) ?? 0;
        expect(Number.isInteger(seconds) && seconds >= 1 && seconds <= WEEK).toBe(true);
      }),
    );
  });
});

describe("Cache-Control", () => {
  const control = (value: string) => ordersOf({ headers: { ...always, "cache-control": value } });

  test.each([
    ["no-cache", { ...default_, read: false }],
    ["No-Cache", { ...default_, read: false }],
    ["max-age=60", { ...default_, maxAgeSeconds: 60 }],
    ["max-age=0", { ...default_, maxAgeSeconds: 0 }],
    ['max-age="10"', { ...default_, maxAgeSeconds: 10 }],
    ["only-if-cached , Max-Age = 5,no-cache", { ...default_, read: false, maxAgeSeconds: 5 }],
    ["max-age=soon", default_],
    ["max-age", default_],
    ["max-age=-1", default_],
    ["min-fresh=1", default_],
    ["x-no-store", default_],
    ["", default_],
  ])("%j", (value, orders) => {
    expect(control(value)).toEqual(orders);
  });

  test.each(["no-store", "NO-STORE", "max-age=60, no-store", "no-cache,no-store"])(
    "%j stores and reads nothing",
    (value) => {
      expect(control(value)).toBeUndefined();
    },
  );
});
