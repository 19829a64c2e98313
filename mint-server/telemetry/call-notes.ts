import type { RoutedRequest } from "../ask-model.ts";
import { newSpan, type TraceContext, writeTraceparent } from "../contract/trace-context.ts";
import type { Failure } from "../failures.ts";
import { microsOf, priceOf } from "../metering/price.ts";
import type { ModelRequest } from "../model-request.ts";
import type { Endpoint } from "../providers/provider.ts";
import { factsAt } from "../providers/select.ts";
import type { Usage } from "../wire/chat-answer.ts";
import type { AttemptRecord, CallAccount } from "./record.ts";

/** Taken while a model's work is asked for. None of its methods throws, waits or says anything to anyone. */
export interface CallNotes {
  /** The request's place in its trace, for the object that asks in its stead. */
  readonly traceparent: string;
  /** What was asked, once it is known. */
  asked(routed: RoutedRequest): void;
  /** A realtime session with a model was asked for. */
  askedSession(model: string): void;
  /** An endpoint is about to be asked; for a request, where it is one. */
  begin(endpoint: Endpoint, request?: ModelRequest): AttemptNote;
  /** What was used, by the provider's last word, or by what was charged for it. */
  use(usage: Usage): void;
  account(): CallAccount;
}

export interface AttemptNote {
  /** What a provider may be told of the trace. */
  readonly traceparent: string;
  /** It has answered, or failed. */
  over(failure: Failure | undefined): void;
}

interface Attempt {
  readonly endpoint: Endpoint;
  readonly request: ModelRequest | undefined;
  readonly record: AttemptRecord;
}

export interface NotedCall extends CallNotes {
  readonly routed: RoutedRequest | undefined;
  readonly sessionModel: string | undefined;
}

/** @param now milliseconds since the epoch */
export function takeNotes(trace: TraceContext, now: () => number): NotedCall {
  const attempts: Attempt[] = [];
  let routed: RoutedRequest | undefined;
  let usage: Usage | undefined;
  let sessionModel: string | undefined;
  return {
    traceparent: writeTraceparent(trace),
    get routed() {
      return routed;
    },
    get sessionModel() {
      return sessionModel;
    },
    asked(request) {
      routed = request;
    },
    askedSession(model) {
      sessionModel = model;
    },
    begin(endpoint, request) {
      const span = newSpan(trace);
      const at = attempts.push({ endpoint, request, record: begun(endpoint, span, now()) }) - 1;
      return {
        traceparent: writeTraceparent(span),
        over(failure) {
          const attempt = attempts[at];
          if (!attempt) return;
          const ended = { answeredAt: now(), ...(failure && { errorKind: failure.kind }) };
          attempts[at] = { ...attempt, record: { ...attempt.record, ...ended } };
        },
      };
    },
    use(told) {
      usage = told;
    },
    account() {
      const last = attempts.at(-1);
      const micros = usage && last && microsFor(usage, last);
      return {
        attempts: attempts.map(({ record }) => record),
        ...(usage && { usage }),
        ...(micros !== undefined && { micros }),
      };
    },
  };
}

function begun({ name, provider }: Endpoint, { spanId }: TraceContext, startedAt: number): AttemptRecord {
  const { id, telemetryName = id } = provider;
  return { spanId, endpoint: name, provider: id, providerName: telemetryName, startedAt };
}

function microsFor(usage: Usage, { endpoint, request }: Attempt): number | undefined {
  if (!request) return undefined;
  const priced = priceOf(request, factsAt(endpoint, request.model));
  return priced.ok ? microsOf(usage, priced.price) : undefined;
}
