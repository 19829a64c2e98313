import type { RequestRecord } from "./record.ts";

/** A request as one line of JSON: nothing of what was said in it, and no secret. */
export function logLine(record: RequestRecord): string {
  const { trace, status, method, route, errorKind, org, subject, credentialId, endpoint, model, stream } = record;
  const { usage, micros, cached, firstByteMs, firstTokenMs, totalMs, answerBytes, attempts, session } = record;
  return JSON.stringify({
    at: new Date(record.startedAt).toISOString(),
    event: errorKind === undefined ? (record.isPart ? "session" : "request") : "failure",
    ...{ method, route, status, error: errorKind, org, subject, credential: credentialId, endpoint, model, stream },
    ...{ cached, input_tokens: usage?.inputTokens, output_tokens: usage?.outputTokens, micros },
    ...{ first_byte_ms: firstByteMs, first_token_ms: firstTokenMs, total_ms: totalMs, bytes: answerBytes },
    ...(session && { seconds: session.seconds, close_code: session.closeCode, close_reason: session.closeReason }),
    ...(attempts.length > 1 && { attempts: attempts.map((one) => `${one.endpoint} ${one.errorKind ?? "ok"}`) }),
    trace: trace.traceId,
  });
}

/** Whether a request is a failure of the server's or of a provider's, and not its caller's own. */
export function isServersFailure({ status, errorKind }: Pick<RequestRecord, "status" | "errorKind">): boolean {
  return status >= 500 || (errorKind !== undefined && status < 400 && errorKind !== "caller_left");
}
