import { formatMs, formatUsd } from "../format.ts";
import type { Summary } from "./summary.ts";

/** What a plot can show of each stretch of time. */
export interface Measure {
  readonly id: string;
  readonly name: string;
  /** Of the column, from the bottom up. */
  readonly parts: (summary: Summary) => readonly number[];
  /** In words, by the parts' names. */
  readonly figures?: (summary: Summary) => readonly number[];
  readonly show: (value: number) => string;
  /** What the parts are. */
  readonly legend: readonly [string, ...string[]];
  /** Where the scale ends at least. */
  readonly least: number;
}

const whole = (value: number): string => Math.round(value).toLocaleString("en");
const percent = (value: number): string => `${Math.round(value * 100)} %`;

export const MEASURES: readonly [Measure, ...Measure[]] = [
  {
    id: "requests",
    name: "Requests",
    parts: ({ requests, failed }) => [requests - failed, failed],
    show: whole,
    legend: ["answered", "failed"],
    least: 4,
  },
  { id: "tokens", name: "Tokens", parts: ({ tokens }) => [tokens], show: whole, legend: ["tokens"], least: 10 },
  {
    id: "cost",
    name: "Cost",
    parts: ({ usd }) => [usd],
    show: formatUsd,
    legend: ["US dollars, at list prices"],
    least: 0.0001,
  },
  {
    id: "time",
    name: "Time",
    parts: ({ p50Ms = 0, p95Ms = 0 }) => [p50Ms, p95Ms - p50Ms],
    figures: ({ p50Ms = 0, p95Ms = 0 }) => [p50Ms, p95Ms],
    show: (ms) => (ms === 0 ? "none" : formatMs(ms)),
    legend: ["half took at most this (p50)", "95 % took at most this (p95)"],
    least: 100,
  },
  {
    id: "cache",
    name: "Cache",
    parts: ({ cachedShare }) => [cachedShare],
    show: percent,
    legend: ["share from a cache"],
    least: 1,
  },
];

/** A summary's figures in words. */
export function tellFigures(summary: Summary, { parts, figures = parts, show, legend }: Measure): string {
  return figures(summary)
    .map((figure, at) => `${legend[at]}: ${show(figure)}`)
    .join("; ");
}
