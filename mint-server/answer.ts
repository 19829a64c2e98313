import type { ErrorDetails } from "./contract/openai-error.ts";
import { failureAnswer } from "./failure-answers.ts";
import type { Failure } from "./failures.ts";
import type { CallAccount } from "./telemetry/record.ts";
import { type Passage, pumpPassage } from "./wire/pump.ts";

/** What a handler returns; the router adds CORS and makes the one `Response` of it. Header names are lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: BodyInit | null;
  /** The server's side of a handshake, with status 101. */
  readonly webSocket?: WebSocket;
  /** What a failure's body says, for schemas that say it in another shape than OpenAI's. */
  readonly error?: ErrorDetails;
  /** What kind of failure it tells of, for whoever watches. */
  readonly failure?: Failure["kind"];
  /** What is known of the call that brought it, by the object that made it; once, and when the answer is over. */
  readonly account?: () => Promise<CallAccount | undefined>;
}

/** An answer whose stream may still have to be carried. */
export interface AskedAnswer extends Omit<Answer, "body"> {
  readonly body: BodyInit | Passage | null;
}

/** The answer with its stream on the way. */
export function carried({ body, ...answer }: AskedAnswer): Answer {
  return { ...answer, body: isPassage(body) ? pumpPassage(body) : body };
}

export function isPassage(body: AskedAnswer["body"]): body is Passage {
  return typeof body === "object" && body !== null && "translation" in body;
}

export function jsonAnswer(value: unknown, status = 200): Answer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

export function failed(failure: Failure): Answer {
  return failureAnswer(failure);
}
