import { firstProblem, type Problem, type Rule } from "../check.ts";
import type { Format } from "../format.ts";
import { geminiAnswer } from "./answer.ts";
import { CONTENT_RULES } from "./content-rules.ts";
import { countAnswer, EMBEDDINGS } from "./embeddings.ts";
import { PARAMETER_RULES } from "./parameter-rules.ts";
import { SIGNATURE_RULES } from "./signature-rules.ts";
import { geminiTurn } from "./turn.ts";

const STATUSES: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ABORTED",
  429: "RESOURCE_EXHAUSTED",
  499: "CANCELLED",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

const GENERATE: readonly Rule[] = [...PARAMETER_RULES, ...CONTENT_RULES, ...SIGNATURE_RULES];

const speaks = (call: string) => call === "generateContent" || call === "streamGenerateContent";

/** Google's Gemini API. */
export const gemini: Format = {
  credentials: ["x-goog-api-key"],
  requestIdHeader: "x-goog-request-id",
  check(asked) {
    if (speaks(asked.call)) return firstProblem(GENERATE, asked);
    return EMBEDDINGS[asked.call]?.check(asked);
  },
  turn: (asked) => (speaks(asked.call) ? geminiTurn(asked) : undefined),
  answer(asked, reply) {
    if (reply !== undefined) return geminiAnswer(asked, reply);
    return EMBEDDINGS[asked.call]?.answer(asked) ?? countAnswer(asked);
  },
  error: (problem) => ({ body: errorBody(problem) }),
  streamError: (message) => ({ data: errorBody({ status: 503, message }) }),
  unknownEvent: (at) => ({ data: { futureField: { number: at } } }),
};

/** The same at Vertex. */
export const geminiAtVertex: Format = { ...gemini, credentials: ["bearer"], requestIdHeader: "x-vertex-request-id" };

function errorBody({ status = 400, message }: Problem) {
  return {
    error: { code: status, message, status: STATUSES[status] ?? (status < 500 ? "INVALID_ARGUMENT" : "INTERNAL") },
  };
}
