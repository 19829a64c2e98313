import { describe, expect, test } from "vitest";
import type { Failure } from "../../mint-server/failures.ts";
import {
  createRetryBudget,
  isCallersFault,
  isWorthAnotherEndpoint,
  verdictOf,
  waitBeforeSame,
} from "../../mint-server/providers/retry.ts";
import { restMs, retryAfterMs } from "../../mint-server/providers/retry-after.ts";
import { createClock } from "./clock.ts";

const NOW = Date.UTC(2026, 10, 22, 12);

describe("how long a provider asks to be left alone", () => {
  test.each<[Record<string, string>, number | undefined]>([
    [{}, undefined],
    [{ "retry-after": "3" }, 3000],
    [{ "retry-after": "0.25" }, 250],
    [{ "retry-after": "Sun, 22 Nov 2026 12:00:07 GMT" }, 7000],
    [{ "retry-after": "Sun, 22 Nov 2026 11:00:00 GMT" }, 0],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "" }, undefined],
    [{ "retry-after": "-5" }, undefined],
    [{ "retry-after-ms": "120", "retry-after": "1" }, 120],
  ])("%o is %s ms", (fields, ms) => {
    expect(retryAfterMs(fields, NOW)).toBe(ms);
  });
});

describe("how long an endpoint has nothing left", () => {
  test.each<[string, Record<string, string>, number | undefined]>([
    ["OpenAI's", { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m2.5s" }, 62_500],
    ["in milliseconds", { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms" }, 20],
    [
      "the later of two",
      {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "2s",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "6m0s",
      },
      360_000,
    ],
    [
      "only the one that is used up",
      {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "2s",
        "x-ratelimit-remaining-tokens": "9",
        "x-ratelimit-reset-tokens": "6m0s",
      },
      2000,
    ],
    [
      "Anthropic's",
      {
        "anthropic-ratelimit-input-tokens-remaining": "0",
        "anthropic-ratelimit-input-tokens-reset": "2026-11-22T12:00:09Z",
      },
      9000,
    ],
    ["as seconds", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "12" }, 12_000],
    ["as a time in seconds", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1000 + 5) }, 5000],
    ["as a time in milliseconds", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW + 1500) }, 1500],
    ["what remains", { "x-ratelimit-remaining-requests": "4999", "x-ratelimit-reset-requests": "9s" }, undefined],
    ["nonsense", { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "later" }, undefined],
    ["its own word first", { "retry-after": "2", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "50" }, 2000],
    ["a week, cut to ten minutes", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "604800" }, 600_000],
  ])("%s", (_, fields, ms) => {
    expect(restMs(fields, NOW)).toBe(ms);
  });
});

const errorOf = (status: number, details: object = {}): Failure => ({
  kind: "upstream_error",
  status,
  details: { message: "no", type: "upstream_error", code: null, ...details },
});

test.each<[Failure, string, boolean]>([
  [{ kind: "upstream_unreachable" }, "broken", true],
  [{ kind: "upstream_malformed" }, "broken", true],
  [{ kind: "upstream_timeout", phase: "first byte", seconds: 1 }, "broken", true],
  [{ kind: "upstream_timeout", phase: "idle", seconds: 1 }, "broken", true],
  [{ kind: "upstream_refused_our_key" }, "key-refused", true],
  [errorOf(502), "broken", true],
  [errorOf(408), "broken", true],
  [errorOf(429), "busy", true],
  [errorOf(404), "missing", true],
  [errorOf(400), "sound", false],
  [errorOf(413), "sound", false],
  [errorOf(422), "sound", false],
  [errorOf(502, { code: "content_filter" }), "sound", false],
  [errorOf(502, { message: "This model's maximum context length is 8192 tokens." }), "sound", false],
  [{ kind: "caller_left" }, "nothing", false],
  [{ kind: "credential_revoked" }, "nothing", false],
  [{ kind: "bad_field", param: "model", detail: "" }, "nothing", false],
])("%o is %s of its endpoint, and worth another: %s", (failure, verdict, isWorth) => {
  expect([verdictOf(failure), isWorthAnotherEndpoint(failure)]).toEqual([verdict, isWorth]);
});

test.each([
  ["context_length_exceeded", "invalid_request_error", "This model's maximum context length is 128000 tokens."],
  [null, "invalid_request_error", "prompt is too long: 212345 tokens > 200000 maximum"],
  [null, "INVALID_ARGUMENT", "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."],
  ["content_filter", "invalid_request_error", "The response was filtered."],
  ["content_policy_violation", "image_generation_user_error", "Your request was rejected."],
])("a refusal with the code %s, %s is the caller's", (code, type, message) => {
  expect(isCallersFault({ code, type, message })).toBe(true);
});

test.each([
  [null, "server_error", "The server had an error while processing your request."],
  ["rate_limit_exceeded", "tokens", "Rate limit reached for gpt-4o in organization on tokens per min."],
  [null, "overloaded_error", "Overloaded"],
])("a failure with the code %s, %s is not", (code, type, message) => {
  expect(isCallersFault({ code, type, message })).toBe(false);
});

describe("the only endpoint is asked once more", () => {
  const random = () => 0.5;

  test.each<[string, Failure, number | undefined]>([
    ["after half a second when it could not be reached", { kind: "upstream_unreachable" }, 500],
    ["after half a second at a 500", errorOf(502), 500],
    ["after half a second at a 429", errorOf(429), 500],
    ["after as long as it asks for", { ...errorOf(429), retryAfterMs: 20_000 } as Failure, 20_000],
    ["not if it asks for more than 20 s", { ...errorOf(429), retryAfterMs: 20_001 } as Failure, undefined],
    ["not after a refusal", errorOf(400), undefined],
    ["not where it has no such model", errorOf(404), undefined],
    ["not with a key that it refused", { kind: "upstream_refused_our_key" }, undefined],
    ["not after it was too slow", { kind: "upstream_timeout", phase: "first byte", seconds: 600 }, undefined],
    ["not where the prompt is too long", errorOf(502, { code: "context_length_exceeded" }), undefined],
  ])("%s", (_, failure, ms) => {
    expect(waitBeforeSame(failure, { random })).toBe(ms);
  });

  test("the half second is spread, so that callers do not come back together", () => {
    const at = (value: number) => waitBeforeSame({ kind: "upstream_unreachable" }, { random: () => value });
    expect([at(0), at(0.999999)]).toEqual([375, expect.closeTo(625, 2)]);
  });
});

describe("the budget of retries", () => {
  test("never denies a request its first retry", () => {
    const budget = createRetryBudget(createClock());
    for (let count = 0; count < 100; count++) {
      budget.request();
      expect(budget.mayRetry(0)).toBe(true);
    }
  });

  test("lets a tenth of the requests of ten seconds have more", async () => {
    const clock = createClock();
    const budget = createRetryBudget(clock);
    for (let count = 0; count < 100; count++) budget.request();
    const granted = Array.from({ length: 100 }, () => budget.mayRetry(1)).filter(Boolean).length;
    expect(granted).toBe(10);
    await clock.advance(9000);
    expect(budget.mayRetry(1)).toBe(false);
    await clock.advance(1000);
    for (let count = 0; count < 10; count++) budget.request();
    expect([budget.mayRetry(1), budget.mayRetry(1)]).toEqual([true, false]);
  });
});
