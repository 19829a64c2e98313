/** Counts by size. `buckets` has one more member than `bounds`: what is larger than all of them. */
export interface Histogram {
  readonly bounds: readonly number[];
  readonly buckets: number[];
  sum: number;
  count: number;
}
export declare const OPERATION_SECONDS: readonly number[];
export declare const TTFT_SECONDS: readonly number[];
export declare const HTTP_SECONDS: readonly number[];
export declare const TOKENS: readonly number[];
export declare function createHistogram(bounds: readonly number[]): Histogram;
/** A value on a bound belongs below it. */
export declare function addTo(histogram: Histogram, value: number): void;
