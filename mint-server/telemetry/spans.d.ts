import { type Teller } from "./otlp.ts";
import type { RequestRecord } from "./record.ts";
/** A request of OTLP's trace service. A span for each request, and within it one for each call of an endpoint. */
export declare function writeSpans(
  records: readonly RequestRecord[],
  { resource, scope }: Teller,
): {
  resourceSpans: {
    resource: {
      readonly attributes: readonly import("./otlp.ts").KeyValue[];
    };
    scopeSpans: {
      scope: {
        readonly name: string;
        readonly version: string;
      };
      spans: {
        traceId: string;
        spanId: string;
        parentSpanId?: string;
        flags: number;
        name: string;
        kind: number;
        startTimeUnixNano: string;
        endTimeUnixNano: string;
        attributes: import("./otlp.ts").KeyValue[];
        status:
          | {
              code: number;
            }
          | {
              code?: never;
            };
      }[];
    }[];
  }[];
};
