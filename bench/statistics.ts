/** The value below which `share` (0 to 1) of the values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  if (value === undefined) throw new Error("no values");
  return value;
}

/** The middle value; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new Error("no values");
  return (lower + upper) / 2;
}

/** A figure from several rounds: its median, and the least and greatest of them. */
export interface Figure {
  readonly value: number;
  readonly least: number;
  readonly greatest: number;
}

export function figure(values: readonly number[]): Figure {
  return { value: median(values), least: Math.min(...values), greatest: Math.max(...values) };
}
