import type { RoutedRequest } from "../ask-model.ts";
import { type TraceContext } from "../contract/trace-context.ts";
import type { Failure } from "../failures.ts";
import type { ModelRequest } from "../model-request.ts";
import type { Endpoint } from "../providers/provider.ts";
import type { Usage } from "../wire/chat-answer.ts";
import type { CallAccount } from "./record.ts";
/** Taken while a model's work is asked for. None of its methods throws, waits or says anything to anyone. */
export interface CallNotes {
  /** The request's place in its trace, for the object that asks in its stead. */
  readonly traceparent: string;
  /** What was asked, once it is known. */
  asked(routed: RoutedRequest): void;
  /** An endpoint is about to be asked. */
  begin(endpoint: Endpoint, request: ModelRequest): AttemptNote;
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
export interface NotedCall extends CallNotes {
  readonly routed: RoutedRequest | undefined;
}
/** @param now milliseconds since the epoch */
export declare function takeNotes(trace: TraceContext, now: () => number): NotedCall;
