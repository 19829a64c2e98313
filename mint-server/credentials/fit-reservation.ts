import {
  type Charge,
  MIN_OUTPUT_TOKENS,
  type Remaining,
  type Reservation,
  type Usage,
  type Verdict,
} from "./ledger.ts";
import { endOfPeriod } from "./ledger-periods.ts";
import type { MinuteRate } from "./minute-rate.ts";

/** An account's limits beside what it has used of them. */
export interface Claim {
  readonly charge: Charge;
  readonly used: Usage;
  readonly rate: MinuteRate;
  /** What others hold of it that may still come here: it is told as remaining, and nothing fits into it. */
  readonly beyond?: Usage;
}

type Refusal = Extract<Verdict, { readonly ok: false }>;
type BudgetLimit = Extract<Refusal, { readonly reason: "budget" }>["limit"];

/** The output tokens that fit, or why too few do. */
export type Fit = { readonly ok: true; readonly outputTokens: number } | Refusal;

/** Whether a reservation fits into all its accounts. Decides, and changes nothing. */
export function fitReservation(reservation: Reservation, claims: readonly Claim[]): Fit {
  const { now, flexible } = reservation;
  const retryAfterSeconds = Math.max(0, ...claims.map(({ charge, rate }) => waitSeconds(charge, rate, now)));
  if (retryAfterSeconds > 0) {
    return { ok: false, reason: "rate", retryAfterSeconds, remaining: remainingOf(claims, now) };
  }
  let outputTokens = reservation.outputTokens;
  const least = flexible ? Math.min(MIN_OUTPUT_TOKENS, outputTokens) : outputTokens;
  const short: { readonly limit: BudgetLimit; readonly ends: number }[] = [];
  for (const claim of claims) {
    for (const [limit, most] of roomOf(reservation, claim)) {
      if (most < least) short.push({ limit, ends: endOfPeriod(claim.charge.period) ?? Number.POSITIVE_INFINITY });
      else outputTokens = Math.min(outputTokens, most);
    }
  }
  // Asking again helps only when the last of them begins anew.
  const [last] = short.sort((a, b) => b.ends - a.ends);
  if (!last) return { ok: true, outputTokens };
  const resets = Number.isFinite(last.ends) ? { resetsAtSeconds: last.ends } : {};
  return { ok: false, reason: "budget", limit: last.limit, ...resets, remaining: remainingOf(claims, now) };
}

function waitSeconds({ requestsPerMinute }: Charge, rate: MinuteRate, now: number): number {
  return requestsPerMinute === undefined ? 0 : rate.waitSeconds(requestsPerMinute, now);
}

/** Most output tokens that each limit of an account leaves; below 0 where not even the rest fits. */
function roomOf(reservation: Reservation, { charge, used }: Claim): readonly (readonly [BudgetLimit, number])[] {
  const { inputTokens, inputMicros, outputTokens, microsPerOutputToken } = reservation;
  const room: [BudgetLimit, number][] = [];
  if (charge.requests !== undefined) room.push(["requests", used.requests < charge.requests ? outputTokens : -1]);
  if (charge.tokens !== undefined) room.push(["tokens", charge.tokens - used.tokens - inputTokens]);
  if (charge.micros !== undefined) {
    const micros = charge.micros - used.micros - inputMicros;
    room.push(["usd", affordable(micros, { microsPerOutputToken, wanted: outputTokens })]);
  }
  return room;
}

/** Output tokens, of those wanted, whose price rounded up is no more than `micros`. */
function affordable(
  micros: number,
  { microsPerOutputToken, wanted }: { readonly microsPerOutputToken: number; readonly wanted: number },
): number {
  if (micros < 0) return -1;
  if (Math.ceil(wanted * microsPerOutputToken) <= micros) return wanted;
  const tokens = Math.min(wanted, Math.floor(micros / microsPerOutputToken));
  // A division may round up to a token too many.
  return Math.ceil(tokens * microsPerOutputToken) <= micros ? tokens : tokens - 1;
}

/** What is left on the tightest account, by each limit. */
export function remainingOf(claims: readonly Claim[], now: number): Remaining {
  const remaining: { -readonly [Name in keyof Remaining]: Remaining[Name] } = {};
  for (const { charge, used, rate, beyond } of claims) {
    for (const name of ["requests", "tokens", "micros"] as const) {
      const limit = charge[name];
      if (limit === undefined) continue;
      const left = Math.max(0, limit - used[name]) + (beyond?.[name] ?? 0);
      remaining[name] = Math.min(remaining[name] ?? Number.POSITIVE_INFINITY, left);
    }
    const limit = charge.requestsPerMinute;
    if (limit === undefined) continue;
    const left = Math.max(0, limit - rate.count(now));
    if (left >= (remaining.minute?.remaining ?? Number.POSITIVE_INFINITY)) continue;
    remaining.minute = { limit, remaining: left, resetSeconds: rate.resetSeconds(now) };
  }
  return remaining;
}
