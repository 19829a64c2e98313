import { HEADER } from "../contract/headers.ts";
import type { Remaining } from "../credentials/ledger.ts";

/**
 * An answer's headers with what is left to the caller, each only where it is limited. Ours take the place of the
 * provider's, which tell of its owner's account.
 */
export function withRemaining(
  headers: Readonly<Record<string, string>>,
  { minute, ...left }: Remaining = {},
): Record<string, string> {
  const remaining = describe(left);
  return {
    ...headers,
    ...(minute && {
      "x-ratelimit-limit-requests": String(minute.limit),
      "x-ratelimit-remaining-requests": String(Math.max(0, minute.remaining)),
      "x-ratelimit-reset-requests": durationOf(minute.resetSeconds),
    }),
    ...(remaining !== "" && { [HEADER.remaining]: remaining }),
  };
}

/** Such as `usd=0.0931, tokens=1200, requests=8`. */
function describe({ micros, tokens, requests }: Omit<Remaining, "minute">): string {
  const parts = [
    ...(micros === undefined ? [] : [`usd=${dollarsOf(micros)}`]),
    ...(tokens === undefined ? [] : [`tokens=${Math.max(0, Math.floor(tokens))}`]),
    ...(requests === undefined ? [] : [`requests=${Math.max(0, Math.floor(requests))}`]),
  ];
  return parts.join(", ");
}

function dollarsOf(micros: number): string {
  // Without an exponent: the least that is not 0 is 0.000001.
  return String(Math.max(0, Math.floor(micros)) / 1e6);
}

/** As OpenAI writes durations: `120ms`, `1.2s`, `6m0s`, `1h0m0s`. Rounded up, so that it is not too early then. */
function durationOf(seconds: number): string {
  const ms = Math.max(0, Math.ceil(seconds * 1000));
  if (ms > 0 && ms < 1000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const rest = `${(ms % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
