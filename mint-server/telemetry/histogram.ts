/** Counts by size. `buckets` has one more member than `bounds`: what is larger than all of them. */
export interface Histogram {
  readonly bounds: readonly number[];
  readonly buckets: number[];
  sum: number;
  count: number;
}

// As the conventions of OpenTelemetry want the bounds of each of their metrics.
export const OPERATION_SECONDS: readonly number[] = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
export const TTFT_SECONDS: readonly number[] = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
export const HTTP_SECONDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
export const TOKENS: readonly number[] = [
  1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864,
];

export function createHistogram(bounds: readonly number[]): Histogram {
  return { bounds, buckets: new Array<number>(bounds.length + 1).fill(0), sum: 0, count: 0 };
}

/** A value on a bound belongs below it. */
export function addTo(histogram: Histogram, value: number): void {
  const found = histogram.bounds.findIndex((bound) => value <= bound);
  const at = found < 0 ? histogram.bounds.length : found;
  histogram.buckets[at] = (histogram.buckets[at] ?? 0) + 1;
  histogram.sum += value;
  histogram.count += 1;
}
