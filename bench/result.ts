import type { Figure } from "./statistics.ts";

export type Unit = "x" | "ms" | "MB" | "kB" | "%";

/** One measured figure. `target` is the most that it may be; `met` says whether it is. */
export interface Result {
  readonly name: string;
  readonly what: string;
  readonly value: number;
  readonly unit: Unit;
  readonly target?: number;
  readonly met?: boolean;
  /** Least and greatest of the rounds, where there were several. */
  readonly range?: readonly [number, number];
}

/** Makes a result of a figure. Rounded to three decimals: more would claim more than was measured. */
export function result(
  described: { readonly name: string; readonly what: string; readonly unit: Unit; readonly target?: number },
  measured: Figure | number,
): Result {
  const value = rounded(typeof measured === "number" ? measured : measured.value);
  const { target } = described;
  return {
    ...described,
    value,
    ...(target === undefined ? {} : { met: value <= target }),
    ...(typeof measured === "number" ? {} : { range: [rounded(measured.least), rounded(measured.greatest)] as const }),
  };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
