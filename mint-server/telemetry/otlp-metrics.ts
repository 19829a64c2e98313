import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  METRIC_HTTP_SERVER_REQUEST_DURATION,
} from "@opentelemetry/semantic-conventions";
import {
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_RESPONSE_MODEL,
  ATTR_GEN_AI_TOKEN_TYPE,
  METRIC_GEN_AI_CLIENT_OPERATION_DURATION,
  METRIC_GEN_AI_CLIENT_TOKEN_USAGE,
  METRIC_GEN_AI_SERVER_TIME_TO_FIRST_TOKEN,
} from "@opentelemetry/semantic-conventions/incubating";
import {
  addTo,
  createHistogram,
  type Histogram,
  HTTP_SECONDS,
  OPERATION_SECONDS,
  TOKENS,
  TTFT_SECONDS,
} from "./histogram.ts";
import { type Attributes, nanos, type Teller, writeAttributes } from "./otlp.ts";
import { answerMs, type RequestRecord } from "./record.ts";

const DELTA = 1;

/** What one measurement adds to. */
interface Series {
  readonly name: string;
  readonly unit: string;
  readonly attributes: Attributes;
  readonly histogram: Histogram;
}

/** Milliseconds since the epoch. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/**
 * A request of OTLP's metrics service: what these requests add, as deltas. An instance on workerd may be one of thousands and
 * end at any moment, so sums since its start would be series without number, each of which lacks its end.
 */
export function writeMetrics(records: readonly RequestRecord[], { from, to }: Window, { resource, scope }: Teller) {
  const all = new Map<string, Series>();
  const add = (name: string, unit: string, bounds: readonly number[]) => (value: number, attributes: Attributes) => {
    const key = JSON.stringify([name, attributes]);
    const series = all.get(key) ?? { name, unit, attributes, histogram: createHistogram(bounds) };
    all.set(key, series);
    addTo(series.histogram, value);
  };
  const measures = {
    http: add(METRIC_HTTP_SERVER_REQUEST_DURATION, "s", HTTP_SECONDS),
    operation: add(METRIC_GEN_AI_CLIENT_OPERATION_DURATION, "s", OPERATION_SECONDS),
    tokens: add(METRIC_GEN_AI_CLIENT_TOKEN_USAGE, "{token}", TOKENS),
    firstToken: add(METRIC_GEN_AI_SERVER_TIME_TO_FIRST_TOKEN, "s", TTFT_SECONDS),
  };
  for (const record of records) measure(record, measures);
  const names = [...new Set([...all.values()].map(({ name }) => name))];
  const metrics = names.map((name) => {
    const series = [...all.values()].filter((one) => one.name === name);
    const dataPoints = series.map(({ attributes, histogram }) => ({
      attributes: writeAttributes(attributes),
      startTimeUnixNano: nanos(from),
      timeUnixNano: nanos(to),
      count: histogram.count,
      sum: histogram.sum,
      bucketCounts: histogram.buckets,
      explicitBounds: histogram.bounds,
    }));
    return { name, unit: series[0]?.unit ?? "", histogram: { aggregationTemporality: DELTA, dataPoints } };
  });
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] };
}

type Add = (value: number, attributes: Attributes) => void;

function measure(
  record: RequestRecord,
  { http, operation, tokens, firstToken }: Readonly<Record<"http" | "operation" | "tokens" | "firstToken", Add>>,
): void {
  const { usage, attempts } = record;
  if (!record.isPart) measureAnswer(record, http);
  const last = attempts.at(-1);
  if (!last) return;
  const common = {
    [ATTR_GEN_AI_OPERATION_NAME]: record.operation,
    [ATTR_GEN_AI_PROVIDER_NAME]: last.providerName,
    [ATTR_GEN_AI_REQUEST_MODEL]: record.model,
    [ATTR_GEN_AI_RESPONSE_MODEL]: record.answeredModel,
  };
  const endedAt = record.startedAt + record.totalMs;
  operation((endedAt - last.startedAt) / 1000, { ...common, [ATTR_ERROR_TYPE]: record.errorKind });
  if (record.firstTokenMs !== undefined) firstToken(record.firstTokenMs / 1000, common);
  if (!usage) return;
  tokens(usage.inputTokens, { ...common, [ATTR_GEN_AI_TOKEN_TYPE]: "input" });
  tokens(usage.outputTokens, { ...common, [ATTR_GEN_AI_TOKEN_TYPE]: "output" });
}

function measureAnswer(record: RequestRecord, http: Add): void {
  http(answerMs(record) / 1000, {
    [ATTR_HTTP_REQUEST_METHOD]: record.method,
    [ATTR_HTTP_ROUTE]: record.route,
    [ATTR_HTTP_RESPONSE_STATUS_CODE]: record.status,
    "url.scheme": "https",
    [ATTR_ERROR_TYPE]: record.errorKind,
  });
}
