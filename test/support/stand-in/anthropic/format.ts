import type { ErrorResponse } from "@anthropic-ai/sdk/resources/shared";
import { firstProblem, type Problem } from "../check.ts";
import type { Format } from "../format.ts";
import { anthropicAnswer } from "./answer.ts";
import { MESSAGE_RULES } from "./message-rules.ts";
import { PARAMETER_RULES } from "./parameter-rules.ts";
import { anthropicTurn } from "./turn.ts";
import { TURN_RULES } from "./turn-rules.ts";

const TYPES: Readonly<Record<number, ErrorResponse["error"]["type"]>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "invalid_request_error",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error",
};

/** Anthropic's Messages. */
export const anthropic: Format = {
  // Its SDK sends a bearer since the API version of 2026-10-21; the older header goes on working.
  credentials: ["x-api-key", "bearer"],
  requestIdHeader: "request-id",
  check: (asked) => firstProblem([...PARAMETER_RULES, ...MESSAGE_RULES, ...TURN_RULES], asked),
  turn: anthropicTurn,
  answer(asked, reply) {
    if (reply === undefined) throw new Error(`no answer for ${asked.call}`);
    return anthropicAnswer(asked, reply);
  },
  error: (problem) => ({ body: errorBody(problem) }),
  streamError: (message) => ({ event: "error", data: errorBody({ status: 529, message }) }),
  unknownEvent: (at) => ({ event: "future_event", data: { type: "future_event", number: at } }),
};

/** The same at Vertex, whose own front door checks the key. */
export const anthropicAtVertex: Format = {
  ...anthropic,
  credentials: ["bearer"],
  requestIdHeader: "x-vertex-request-id",
};

function errorBody({ status = 400, message }: Problem): ErrorResponse {
  const type = TYPES[status] ?? (status < 500 ? "invalid_request_error" : "api_error");
  return { type: "error", error: { type, message }, request_id: "req_stand_in" };
}
