export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Whether the last third's median lies within a tenth of the middle third's, or below it. */
export function isFlat(values: readonly number[]): boolean {
  const third = Math.floor(values.length / 3);
  return median(values.slice(2 * third)) <= 1.1 * median(values.slice(third, 2 * third));
}
