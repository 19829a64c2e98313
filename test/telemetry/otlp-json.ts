// OTLP's messages as JSON, member by member as `opentelemetry-proto` 1.x defines them. What is no member of a message is refused,
// as is a value of the wrong kind: a receiver in a strict language does the same.

export interface SpanData {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: number;
  readonly flags: number;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly isError: boolean;
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface MetricData {
  readonly name: string;
  readonly unit: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly count: number;
  readonly sum: number;
  readonly buckets: readonly number[];
  readonly bounds: readonly number[];
}

type Check = (value: unknown, where: string) => void;
type Shape = Readonly<Record<string, Check>>;

const refuse = (where: string, what: string): never => {
  throw new TypeError(`${where} ${what}`);
};
const text: Check = (value, where) => void (typeof value === "string" || refuse(where, "is no string"));
const flag: Check = (value, where) => void (typeof value === "boolean" || refuse(where, "is no boolean"));
const double: Check = (value, where) => void (Number.isFinite(value) || refuse(where, "is no finite number"));
const uint32: Check = (value, where) =>
  void (
    (Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32) ||
    refuse(where, "is no uint32")
  );
/** The JSON mapping takes decimal strings and numbers. */
const int64: Check = (value, where) =>
  void (Number.isSafeInteger(value) || /^-?\d{1,19}$/.test(value as string) || refuse(where, "is no 64-bit integer"));
const hex =
  (digits: number): Check =>
  (value, where) =>
    void (
      new RegExp(`^(?!0+$)[0-9a-f]{${digits}}$`).test(String(value)) || refuse(where, `is no id of ${digits} digits`)
    );
const list =
  (item: Check): Check =>
  (value, where) => {
    if (!Array.isArray(value)) return refuse(where, "is no list");
    for (const [at, each] of value.entries()) item(each, `${where}[${at}]`);
  };
const message =
  (shape: Shape, { one = false }: { readonly one?: boolean } = {}): Check =>
  (value, where) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return refuse(where, "is no message");
    const members = Object.entries(value);
    if (one && members.length !== 1) refuse(where, "has not one of its members");
    for (const [name, member] of members) {
      const check = shape[name] ?? refuse(`${where}.${name}`, "is no member");
      check(member, `${where}.${name}`);
    }
  };

const anyValue: Check = (value, where) =>
  message(
    {
      stringValue: text,
      boolValue: flag,
      intValue: int64,
      doubleValue: double,
      arrayValue: message({ values: list(anyValue) }),
    },
    { one: true },
  )(value, where);
const attributes = list(message({ key: text, value: anyValue }));
const resource = message({ attributes, droppedAttributesCount: uint32 });
const scope = message({ name: text, version: text, attributes });
const span = message({
  traceId: hex(32),
  spanId: hex(16),
  parentSpanId: hex(16),
  traceState: text,
  flags: uint32,
  name: text,
  kind: uint32,
  startTimeUnixNano: int64,
  endTimeUnixNano: int64,
  attributes,
  status: message({ code: uint32, message: text }),
});
const traces = message({
  resourceSpans: list(message({ resource, scopeSpans: list(message({ scope, spans: list(span), schemaUrl: text })) })),
});
const dataPoint = message({
  attributes,
  startTimeUnixNano: int64,
  timeUnixNano: int64,
  count: int64,
  sum: double,
  bucketCounts: list(int64),
  explicitBounds: list(double),
});
const metric = message({
  name: text,
  unit: text,
  description: text,
  histogram: message({ aggregationTemporality: uint32, dataPoints: list(dataPoint) }),
});
const metrics = message({
  resourceMetrics: list(
    message({ resource, scopeMetrics: list(message({ scope, metrics: list(metric), schemaUrl: text })) }),
  ),
});

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

function valuesOf(given: readonly Attribute[]): Record<string, unknown> {
  const keys = given.map(({ key }) => key);
  if (new Set(keys).size < keys.length) refuse("attributes", "hold a key twice");
  return Object.fromEntries(given.map(({ key, value }) => [key, Object.values(value)[0]]));
}

interface TracesMessage {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly SpanMessage[] }[];
  }[];
}

interface SpanMessage extends Pick<SpanData, "traceId" | "spanId" | "name" | "kind" | "flags"> {
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code?: number };
}

/** @throws {TypeError} for what is no `ExportTraceServiceRequest`. */
export function readSpans(body: unknown): readonly SpanData[] {
  traces(body, "traces");
  return (body as TracesMessage).resourceSpans.flatMap((group) =>
    group.scopeSpans.flatMap(({ spans }) =>
      spans.map(({ startTimeUnixNano, endTimeUnixNano, status, attributes: given, parentSpanId, ...rest }) => ({
        ...rest,
        parentSpanId,
        startNanos: BigInt(startTimeUnixNano),
        endNanos: BigInt(endTimeUnixNano),
        attributes: valuesOf(given),
        isError: status.code === 2,
        resource: valuesOf(group.resource.attributes),
      })),
    ),
  );
}

interface MetricsMessage {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly MetricMessage[] }[];
  }[];
}

interface MetricMessage extends Pick<MetricData, "name" | "unit"> {
  readonly histogram: {
    readonly dataPoints: readonly {
      readonly attributes: readonly Attribute[];
      readonly count: number;
      readonly sum: number;
      readonly bucketCounts: readonly number[];
      readonly explicitBounds: readonly number[];
    }[];
  };
}

/** @throws {TypeError} for what is no `ExportMetricsServiceRequest`. */
export function readMetrics(body: unknown): readonly MetricData[] {
  metrics(body, "metrics");
  return (body as MetricsMessage).resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap((one) =>
      one.metrics.flatMap(({ name, unit, histogram }) =>
        histogram.dataPoints.map(({ attributes: given, count, sum, bucketCounts, explicitBounds }) => {
          if (bucketCounts.length !== explicitBounds.length + 1) refuse(name, "has not a count for each bucket");
          const counted = bucketCounts.reduce((total, each) => total + Number(each), 0);
          if (counted !== Number(count)) refuse(name, "counts otherwise than its buckets");
          return { name, unit, attributes: valuesOf(given), count, sum, buckets: bucketCounts, bounds: explicitBounds };
        }),
      ),
    ),
  );
}
