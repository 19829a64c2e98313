import { firstProblem, type Problem } from "../check.ts";
import type { Format } from "../format.ts";
import { converseAnswer } from "./answer.ts";
import { CONVERSATION_RULES } from "./conversation-rules.ts";
import { CONVERSE_RULES } from "./converse-rules.ts";
import { embeddingAnswer, embeddingProblem } from "./embeddings.ts";
import { converseTurn } from "./turn.ts";

const EXCEPTIONS: Readonly<Record<number, string>> = {
  400: "ValidationException",
  401: "UnrecognizedClientException",
  403: "AccessDeniedException",
  404: "ResourceNotFoundException",
  408: "ModelTimeoutException",
  424: "ModelErrorException",
  429: "ThrottlingException",
  503: "ServiceUnavailableException",
};

/** Amazon Bedrock's runtime: Converse, and the embedding models behind `invoke`. */
export const bedrock: Format = {
  credentials: ["bearer"],
  requestIdHeader: "x-amzn-requestid",
  check: (asked) =>
    asked.call === "invoke" ? embeddingProblem(asked) : firstProblem([...CONVERSE_RULES, ...CONVERSATION_RULES], asked),
  turn: (asked) => (asked.call === "invoke" ? undefined : converseTurn(asked)),
  answer: (asked, reply) => (reply === undefined ? embeddingAnswer(asked) : converseAnswer(asked, reply)),
  error: (problem) => ({ body: { message: problem.message }, headers: { "x-amzn-errortype": exceptionOf(problem) } }),
  streamError: (message) => ({
    event: "modelStreamErrorException",
    data: { message, originalStatusCode: 500, originalMessage: message },
  }),
  unknownEvent: (at) => ({ event: "futureEvent", data: { number: at } }),
};

function exceptionOf({ status = 400 }: Problem): string {
  return EXCEPTIONS[status] ?? (status < 500 ? "ValidationException" : "InternalServerException");
}
