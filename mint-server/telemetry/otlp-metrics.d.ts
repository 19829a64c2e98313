import { type Teller } from "./otlp.ts";
import type { RequestRecord } from "./record.ts";
/** Milliseconds since the epoch. */
export interface Window {
  readonly from: number;
  readonly to: number;
}
/**
 * A request of OTLP's metrics service: what these requests add, as deltas. An instance on workerd may be one of thousands and
 * end at any moment, so sums since its start would be series without number, each of which lacks its end.
 */
export declare function writeMetrics(
  records: readonly RequestRecord[],
  { from, to }: Window,
  { resource, scope }: Teller,
): {
  resourceMetrics: {
    resource: {
      readonly attributes: readonly import("./otlp.ts").KeyValue[];
    };
    scopeMetrics: {
      scope: {
        readonly name: string;
        readonly version: string;
      };
      metrics: {
        name: string;
        unit: string;
        histogram: {
          aggregationTemporality: number;
          dataPoints: {
            attributes: import("./otlp.ts").KeyValue[];
            startTimeUnixNano: string;
            timeUnixNano: string;
            count: number;
            sum: number;
            bucketCounts: number[];
            explicitBounds: readonly number[];
          }[];
        };
      }[];
    }[];
  }[];
};
