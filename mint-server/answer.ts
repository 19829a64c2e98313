import type { ErrorDetails } from "./contract/openai-error.ts";
import { failureAnswer } from "./failure-answers.ts";
import type { Failure } from "./failures.ts";

/** What a handler returns; the router adds CORS and makes the one `Response` of it. Header names are lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: BodyInit | null;
  /** What a failure's body says, for schemas that say it in another shape than OpenAI's. */
  readonly error?: ErrorDetails;
}

export function jsonAnswer(value: unknown, status = 200): Answer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

export function failed(failure: Failure): Answer {
  return failureAnswer(failure);
}
