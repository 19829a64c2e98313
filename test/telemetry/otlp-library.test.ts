import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer";
import { expect, test } from "vitest";
import type { RequestRecord } from "../../mint-server/telemetry/record.ts";
import { writeSpans } from "../../mint-server/telemetry/spans.ts";
import { readSpans, type SpanData } from "./otlp-json.ts";

const RECORD: RequestRecord = {
  trace: { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", isSampled: true },
  parentSpanId: "00f067aa0ba902b7",
  method: "POST",
  route: "/chat/completions",
  status: 200,
  by: "credential",
  org: "acme",
  subject: "üser",
  endpoint: "second",
  model: "gpt-4o",
  answeredModel: "gpt-4o-2024-08-06",
  operation: "chat",
  schema: "chat",
  stream: true,
  startedAt: 1_795_368_169_787,
  firstByteMs: 200,
  firstTokenMs: 250,
  totalMs: 1234,
  answerBytes: 999,
  usage: { inputTokens: 12, outputTokens: 34, cachedTokens: 5, reasoningTokens: 6 },
  micros: 375,
  attempts: [
    {
      spanId: "1111111111111111",
      endpoint: "first",
      provider: "azure",
      providerName: "azure.ai.openai",
      startedAt: 1_795_368_169_790,
      answeredAt: 1_795_368_169_800,
      errorKind: "upstream_timeout",
    },
    {
      spanId: "2222222222222222",
      endpoint: "second",
      provider: "openai",
      providerName: "openai",
      startedAt: 1_795_368_169_801,
    },
  ],
};

const SCOPE = { name: "mintgate", version: "0.1.0" };
const teller = {
  resource: { attributes: [{ key: "service.name", value: { stringValue: "mintgate" } }] },
  scope: SCOPE,
};

/** The library groups spans by the very object. */
const RESOURCE = { attributes: { "service.name": "mintgate" }, asyncAttributesPending: false };

const hrTime = (nanos: bigint): [number, number] => [Number(nanos / 1_000_000_000n), Number(nanos % 1_000_000_000n)];

/** A span as the libraries of OpenTelemetry hold one. */
function readable({ traceId, spanId, parentSpanId, startNanos, endNanos, isError, ...span }: SpanData) {
  const isRemote = (span.flags & 0x200) !== 0;
  return {
    name: span.name,
    // The library counts from 0.
    kind: span.kind - 1,
    spanContext: () => ({ traceId, spanId, traceFlags: 1 }),
    ...(parentSpanId !== undefined && {
      parentSpanContext: { traceId, spanId: parentSpanId, traceFlags: 1, isRemote },
    }),
    startTime: hrTime(startNanos),
    endTime: hrTime(endNanos),
    duration: hrTime(endNanos - startNanos),
    status: { code: isError ? 2 : 0 },
    attributes: span.attributes,
    links: [],
    events: [],
    ended: true,
    resource: RESOURCE,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Without what the library writes of what we never have. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(
    ([name, member]) =>
      !/^dropped\w+Count$|^schemaUrl$/.test(name) && !(/^(events|links)$/.test(name) && member.length === 0),
  );
  return Object.fromEntries(
    members.map(([name, member]) => [name, name === "status" ? statusOf(member) : withoutEmpty(member)]),
  );
}

/** Unset is 0, or nothing. */
const statusOf = ({ code }: { readonly code?: number }) => ({ code: code ?? 0 });

test("spans are written as OpenTelemetry's own library writes them", () => {
  const ours: unknown = JSON.parse(JSON.stringify(writeSpans([RECORD], teller)));
  const spans = readSpans(ours);
  expect(spans).toHaveLength(3);
  const bytes = JsonTraceSerializer.serializeRequest(spans.map(readable) as never);
  const theirs: unknown = JSON.parse(new TextDecoder().decode(bytes));
  expect(withoutEmpty(ours)).toEqual(withoutEmpty(theirs));
});
