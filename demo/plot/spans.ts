/** How far back a plot goes. */
export interface Span {
  readonly id: "hour" | "day" | "week";
  readonly name: string;
  readonly slots: number;
  /** Of one column. */
  readonly minutes: number;
}

export const SPANS: readonly [Span, ...Span[]] = [
  { id: "hour", name: "Last hour", slots: 60, minutes: 1 },
  { id: "day", name: "Last day", slots: 48, minutes: 30 },
  { id: "week", name: "Last week", slots: 42, minutes: 240 },
];
