import type { Span } from "../plot/spans.ts";
import type { UsageCall } from "./calls.ts";

/** What calls amount to. Milliseconds are `undefined` where no call was answered. */
export interface Summary {
  readonly requests: number;
  readonly failed: number;
  /** From 0 to 1. */
  readonly cachedShare: number;
  readonly tokens: number;
  readonly usd: number;
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
}

export interface TimeSlot extends Summary {
  readonly startMs: number;
}

export interface Group extends Summary {
  readonly name: string;
}

export function summaryOf(calls: readonly UsageCall[]): Summary {
  const answered = calls.filter(({ failed }) => !failed);
  const times = answered.map(({ totalMs }) => totalMs).sort((a, b) => a - b);
  const cached = answered.filter(({ from }) => from !== "asked").length;
  return {
    requests: calls.length,
    failed: calls.length - answered.length,
    cachedShare: answered.length === 0 ? 0 : cached / answered.length,
    tokens: calls.reduce((sum, { tokens }) => sum + tokens, 0),
    usd: calls.reduce((sum, { usd }) => sum + usd, 0),
    p50Ms: percentile(times, 0.5),
    p95Ms: percentile(times, 0.95),
  };
}

/** The least of ascending values that so large a share does not exceed. */
function percentile(ascending: readonly number[], share: number): number | undefined {
  return ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)];
}

/** The columns of a span that ends with the minute of `nowMs`; empty ones are there as well. */
export function timeSlots(calls: readonly UsageCall[], { slots, minutes }: Span, nowMs: number): readonly TimeSlot[] {
  const widthMs = minutes * 60_000;
  const firstMs = spanStart({ slots, minutes }, nowMs);
  const bySlot = Map.groupBy(calls, ({ at }) => Math.floor((at - firstMs) / widthMs));
  return Array.from({ length: slots }, (_, at) => ({
    startMs: firstMs + at * widthMs,
    ...summaryOf(bySlot.get(at) ?? []),
  }));
}

export function spanStart({ slots, minutes }: Pick<Span, "slots" | "minutes">, nowMs: number): number {
  return (Math.floor(nowMs / 60_000) + 1 - slots * minutes) * 60_000;
}

/** By model or by endpoint, most used first. */
export function groupsOf(calls: readonly UsageCall[], nameOf: (call: UsageCall) => string | undefined): Group[] {
  return [...Map.groupBy(calls, (call) => nameOf(call) ?? "unknown")]
    .map(([name, own]) => ({ name, ...summaryOf(own) }))
    .sort((a, b) => b.requests - a.requests);
}
