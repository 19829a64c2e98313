import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
} from "@opentelemetry/semantic-conventions";
import {
  ATTR_GEN_AI_INPUT_MESSAGES,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_OUTPUT_MESSAGES,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_REQUEST_STREAM,
  ATTR_GEN_AI_RESPONSE_MODEL,
  ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK,
  ATTR_GEN_AI_USAGE_CACHE_CREATION_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
  ATTR_HTTP_REQUEST_BODY_SIZE,
  ATTR_HTTP_RESPONSE_BODY_SIZE,
  ATTR_USER_ID,
} from "@opentelemetry/semantic-conventions/incubating";
import { type Attributes, nanos, type Teller, writeAttributes } from "./otlp.ts";
import type { AttemptRecord, RequestRecord } from "./record.ts";

const KIND = { server: 2, client: 3 } as const;
const STATUS_ERROR = 2;
/** Flag 8: it is known whether the parent is in another process; 9: it is (`opentelemetry/proto/trace/v1`: SpanFlags). */
const FLAGS = { hasLocalParent: 0x100, hasRemoteParent: 0x300 } as const;

/** A request of OTLP's trace service. A span for each request, and within it one for each call of an endpoint. */
export function writeSpans(records: readonly RequestRecord[], { resource, scope }: Teller) {
  return { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: records.flatMap(spansOf) }] }] };
}

function spansOf(record: RequestRecord) {
  const calls = record.attempts.map((attempt, at) => clientSpan(record, attempt, at));
  return record.isPart ? calls : [serverSpan(record), ...calls];
}

function serverSpan(record: RequestRecord) {
  const { trace, parentSpanId, method, route, status, errorKind, startedAt, totalMs } = record;
  return span({
    traceId: trace.traceId,
    spanId: trace.spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    flags: flagsOf(trace.isSampled, FLAGS.hasRemoteParent),
    name: `${method} ${route}`,
    kind: KIND.server,
    startedAt,
    endedAt: startedAt + totalMs,
    // A caller's own mistake is no error of the server's.
    isError: errorKind !== undefined && (status >= 500 || status < 400) && errorKind !== "caller_left",
    attributes: {
      [ATTR_HTTP_REQUEST_METHOD]: method,
      [ATTR_HTTP_ROUTE]: route,
      [ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
      [ATTR_HTTP_REQUEST_BODY_SIZE]: record.requestBytes,
      [ATTR_HTTP_RESPONSE_BODY_SIZE]: record.answerBytes,
      [ATTR_ERROR_TYPE]: errorKind,
      [ATTR_GEN_AI_REQUEST_MODEL]: record.model,
      [ATTR_USER_ID]: record.subject,
      "mintgate.org": record.org,
      "mintgate.caller": record.by,
      "mintgate.credential.id": record.credentialId,
      "mintgate.endpoint": record.endpoint,
      "mintgate.schema": record.schema,
      "mintgate.cached": record.cached,
      "mintgate.attempts": record.model === undefined ? undefined : record.attempts.length,
      "mintgate.first_byte_ms": record.firstByteMs,
      "mintgate.first_token_ms": record.firstTokenMs,
    },
  });
}

function clientSpan(record: RequestRecord, attempt: AttemptRecord, at: number) {
  const { trace, startedAt, totalMs, operation = "chat", model = "" } = record;
  const isLast = at === record.attempts.length - 1;
  const failed = attempt.errorKind ?? (isLast ? record.errorKind : undefined);
  const answered = isLast && attempt.errorKind === undefined;
  return span({
    traceId: trace.traceId,
    spanId: attempt.spanId,
    parentSpanId: trace.spanId,
    flags: flagsOf(trace.isSampled, FLAGS.hasLocalParent),
    name: `${operation} ${model}`,
    kind: KIND.client,
    startedAt: attempt.startedAt,
    endedAt: answered ? startedAt + totalMs : (attempt.answeredAt ?? startedAt + totalMs),
    isError: failed !== undefined && failed !== "caller_left",
    attributes: {
      [ATTR_GEN_AI_OPERATION_NAME]: operation,
      [ATTR_GEN_AI_PROVIDER_NAME]: attempt.providerName,
      [ATTR_GEN_AI_REQUEST_MODEL]: model,
      [ATTR_GEN_AI_REQUEST_STREAM]: record.stream,
      [ATTR_ERROR_TYPE]: failed,
      "mintgate.endpoint": attempt.endpoint,
      ...(answered && answerAttributes(record, attempt)),
    },
  });
}

function answerAttributes(record: RequestRecord, attempt: AttemptRecord): Attributes {
  const { usage, micros, content, firstTokenMs, startedAt } = record;
  const firstTokenAt = firstTokenMs === undefined ? undefined : startedAt + firstTokenMs;
  return {
    [ATTR_GEN_AI_RESPONSE_MODEL]: record.answeredModel,
    [ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK]:
      firstTokenAt === undefined ? undefined : (firstTokenAt - attempt.startedAt) / 1000,
    [ATTR_GEN_AI_USAGE_INPUT_TOKENS]: usage?.inputTokens,
    [ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: usage?.outputTokens,
    [ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS]: usage?.cachedTokens,
    [ATTR_GEN_AI_USAGE_CACHE_CREATION_INPUT_TOKENS]: usage?.cacheWriteTokens,
    [ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS]: usage?.reasoningTokens,
    ...sessionAttributes(record),
    "mintgate.cost.usd": micros === undefined ? undefined : micros / 1e6,
    [ATTR_GEN_AI_INPUT_MESSAGES]: content?.input,
    [ATTR_GEN_AI_OUTPUT_MESSAGES]: content?.output,
  };
}

function sessionAttributes({ session }: RequestRecord): Attributes {
  return {
    "mintgate.realtime.seconds": session?.seconds,
    "mintgate.realtime.audio_in_seconds": session?.audioInSeconds,
    "mintgate.realtime.audio_out_seconds": session?.audioOutSeconds,
    "mintgate.realtime.responses": session?.responses,
    "mintgate.realtime.close_code": session?.closeCode,
    "mintgate.realtime.close_reason": session?.closeReason,
  };
}

function flagsOf(isSampled: boolean, parent: number): number {
  return (isSampled ? 1 : 0) | parent;
}

interface SpanParts {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly isError: boolean;
  readonly attributes: Attributes;
}

function span({ startedAt, endedAt, isError, attributes, ...rest }: SpanParts) {
  return {
    ...rest,
    startTimeUnixNano: nanos(startedAt),
    endTimeUnixNano: nanos(Math.max(startedAt, endedAt)),
    attributes: writeAttributes(attributes),
    status: isError ? { code: STATUS_ERROR } : {},
  };
}
