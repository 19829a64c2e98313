import type { Span } from "../plot/spans.ts";
import { type Minute, minuteOf } from "./history.ts";

/** One column of the plot. */
export interface Slot {
  /** When it begins, in milliseconds since the epoch. */
  readonly startMs: number;
  readonly browser: number;
  readonly edge: number;
  readonly asked: number;
}

/** The first minute of a span that ends with the minute of `nowMs`. */
export function firstMinute({ slots, minutes }: Span, nowMs: number): number {
  return minuteOf(nowMs) + 1 - slots * minutes;
}

/** Minutes as the columns of a span; those without an answer are there as well. */
export function slotsOf(history: readonly Minute[], span: Span, nowMs: number): readonly Slot[] {
  const first = firstMinute(span, nowMs);
  const slots = Array.from({ length: span.slots }, (_, at) => ({
    startMs: (first + at * span.minutes) * 60_000,
    browser: 0,
    edge: 0,
    asked: 0,
  }));
  for (const { minute, browser, edge, asked } of history) {
    const slot = slots[Math.floor((minute - first) / span.minutes)];
    if (!slot) continue;
    slot.browser += browser;
    slot.edge += edge;
    slot.asked += asked;
  }
  return slots;
}

export interface Savings {
  readonly answers: number;
  /** Of these, how many came from this browser. */
  readonly browser: number;
  /** How many were asked of a model. */
  readonly asked: number;
  /** Milliseconds; `undefined` while nothing was asked of a model to compare with. */
  readonly savedMs: number | undefined;
}

/** What the caches saved: answers that cost nothing, and time against that of the same number of average answers. */
export function savingsOf(history: readonly Minute[]): Savings {
  const sum = (pick: (minute: Minute) => number): number => history.reduce((all, minute) => all + pick(minute), 0);
  const browser = sum((minute) => minute.browser);
  const answers = browser + sum((minute) => minute.edge);
  const asked = sum((minute) => minute.asked);
  const savedMs =
    asked === 0
      ? undefined
      : Math.max(0, (answers * sum(({ askedMs }) => askedMs)) / asked - sum(({ hitMs }) => hitMs));
  return { answers, browser, asked, savedMs };
}
