import { expect, test } from "vitest";
import { withRemaining } from "../../mint-server/metering/headers.ts";

test("tells what is left, and only of what is limited", () => {
  expect(withRemaining({}, { micros: 93_100, tokens: 1200, requests: 8 })).toEqual({
    "x-mintgate-remaining": "usd=0.0931, tokens=1200, requests=8",
  });
  expect(withRemaining({}, { micros: 2_000_000 })).toEqual({ "x-mintgate-remaining": "usd=2" });
  expect(withRemaining({}, { micros: 1 })).toEqual({ "x-mintgate-remaining": "usd=0.000001" });
  expect(withRemaining({}, { micros: 0, tokens: 0 })).toEqual({ "x-mintgate-remaining": "usd=0, tokens=0" });
  expect(withRemaining({}, { micros: -5, tokens: -5 })).toEqual({ "x-mintgate-remaining": "usd=0, tokens=0" });
  expect(withRemaining({ a: "b" }, {})).toEqual({ a: "b" });
});

test.each([
  [0, "0s"],
  [0.0421, "43ms"],
  [0.9999, "1s"],
  [1.2, "1.2s"],
  [59.9, "59.9s"],
  [60, "1m0s"],
  [360, "6m0s"],
  [3661.5, "1h1m1.5s"],
])("writes %d seconds until the minute's limit is whole again as %s", (resetSeconds, written) => {
  expect(withRemaining({}, { minute: { limit: 20, remaining: 19, resetSeconds } })).toEqual({
    "x-ratelimit-limit-requests": "20",
    "x-ratelimit-remaining-requests": "19",
    "x-ratelimit-reset-requests": written,
  });
});

test("takes the place of the provider's own, where there is one of ours", () => {
  const headers = {
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-remaining-requests": "9999",
    "x-ratelimit-reset-requests": "8.64s",
    "x-ratelimit-limit-tokens": "30000",
    "x-request-id": "req_1",
  };
  const minute = { limit: 20, remaining: 0, resetSeconds: 3 };
  expect(withRemaining(headers, { minute })).toEqual({
    ...headers,
    "x-ratelimit-limit-requests": "20",
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": "3s",
  });
  expect(withRemaining(headers, { requests: 1 })).toEqual({ ...headers, "x-mintgate-remaining": "requests=1" });
});
