import type { Answer, StreamEvent } from "./answers.ts";
import type { Problem } from "./check.ts";
import type { Reply } from "./reply.ts";
import type { Asked, Turn } from "./turn.ts";

/** A header that a key may come in. */
export type Credential = "bearer" | "x-api-key" | "x-goog-api-key" | "api-key";

/** One wire format, as its provider speaks it. */
export interface Format {
  /** Where its provider takes the key. */
  readonly credentials: readonly Credential[];
  /** Header of an answer that names the request. */
  readonly requestIdHeader: string;
  /** What the provider would refuse. */
  check(asked: Asked): Problem | undefined;
  /** What is asked of the model, if the call is one that makes it speak. */
  turn(asked: Asked): Turn | undefined;
  answer(asked: Asked, reply: Reply | undefined): Answer;
  error(problem: Problem): { readonly body: unknown; readonly headers?: Readonly<Record<string, string>> };
  /** An error that comes after the first events of a stream. */
  streamError(message: string): StreamEvent;
  /** An event of a kind that does not exist yet. */
  unknownEvent(at: number): StreamEvent;
}
