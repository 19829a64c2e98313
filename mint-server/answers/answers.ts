import type { Answer } from "../answer.ts";
import type { ModelCall, RoutedRequest } from "../ask-model.ts";
import type { ErrorDetails } from "../contract/openai-error.ts";
import type { Caller } from "../credentials/verify.ts";
import type { Failure } from "../failures.ts";
import type { HealthRow } from "../providers/health.ts";
import type { ResponseHost } from "../responses/shelf.ts";
import type { Services } from "../server.ts";
import type { CallAccount } from "../telemetry/record.ts";
import type { CallerFacts, RequestFacts } from "./facts.ts";
import type { Wish } from "./wish.ts";

/** Answers under way: several callers may have one between them, and one who lost it can come back for the rest. */
export interface Answers {
  /** The answer that is under way already, or a new one. */
  join(asked: Joining): Promise<Answer>;
  /** Ends what a caller asked for under an `Idempotency-Key`; true if it was under way. */
  cancel(caller: Caller, idempotencyKey: string, now: number): Promise<boolean>;
}

/** What whoever has answers works with. */
export type AnsweringServices = Omit<Services, "answers">;

export interface Joining {
  readonly call: ModelCall;
  readonly routed: RoutedRequest;
  readonly wish: Wish;
  /** The name of the answer's place in the cache; absent where caching does not apply. */
  readonly cacheName: string | undefined;
}

/** A {@link Joining} as it crosses to the object that has the answer. */
export interface JoinOrder {
  readonly caller: CallerFacts;
  readonly request: RequestFacts;
  readonly wish: Wish;
  /** Names this caller's connection. */
  readonly ticket: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** An answer as it crosses back. */
export interface JoinedAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;
  readonly error?: ErrorDetails;
  readonly failure?: Failure["kind"];
  /** What the object has seen of the endpoints that it asked, for whoever is asked how they do. */
  readonly health?: readonly HealthRow[];
}

/** What can be asked of an object that has answers under way. */
export interface AnswersHost {
  join(order: JoinOrder): Promise<JoinedAnswer>;
  /** The caller of a connection has left. */
  leave(ticket: string): Promise<void>;
  cancel(markKey: string, now: number): Promise<boolean>;
  /** What is known of the call that a connection has led; once. Undefined where it has led none, or nobody watches. */
  account(ticket: string): Promise<CallAccount | undefined>;
}

/** The part of a Durable Object namespace that is needed. */
export interface AnswersNamespace {
  getByName(name: string): AnswersHost & ResponseHost;
}
