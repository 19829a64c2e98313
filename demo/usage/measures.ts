import { formatMs, formatUsd } from "../format.ts";
import type { Summary } from "./summary.ts";

/** What a plot can show of each stretch of time. */
export interface Measure {
  readonly id: string;
  readonly name: string;
  /** The column's height, and that of the lighter one behind it. */
  readonly value: (summary: Summary) => number;
  readonly behind?: (summary: Summary) => number;
  readonly show: (value: number) => string;
  /** What the two heights are. */
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
    value: ({ requests, failed }) => requests - failed,
    behind: ({ requests }) => requests,
    show: whole,
    legend: ["answered", "failed"],
    least: 4,
  },
  { id: "tokens", name: "Tokens", value: ({ tokens }) => tokens, show: whole, legend: ["tokens"], least: 10 },
  {
    id: "cost",
    name: "Cost",
    value: ({ usd }) => usd,
    show: formatUsd,
    legend: ["US dollars, at list prices"],
    least: 0.0001,
  },
  {
    id: "time",
    name: "Time",
    value: ({ p50Ms = 0 }) => p50Ms,
    behind: ({ p95Ms = 0 }) => p95Ms,
    show: (ms) => (ms === 0 ? "none" : formatMs(ms)),
    legend: ["half were faster (p50)", "19 of 20 were faster (p95)"],
    least: 100,
  },
  {
    id: "cache",
    name: "Cache",
    value: ({ cachedShare }) => cachedShare,
    show: percent,
    legend: ["share from a cache"],
    least: 1,
  },
];
