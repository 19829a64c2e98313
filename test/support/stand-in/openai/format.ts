import type { Answer } from "../answers.ts";
import { firstProblem, type Problem, type Rule } from "../check.ts";
import type { Format } from "../format.ts";
import { imageAnswer, speechAnswer, transcriptionAnswer } from "../media.ts";
import type { Fields } from "../orders.ts";
import type { Reply } from "../reply.ts";
import { responsesAnswer } from "../responses/answer.ts";
import { checkResponses } from "../responses/check.ts";
import { responsesTurn } from "../responses/turn.ts";
import { embeddingsAnswer, moderationsAnswer } from "../scores.ts";
import type { Asked, Turn } from "../turn.ts";
import { chatAnswer } from "./chat.ts";
import { CHAT_RULES } from "./chat-rules.ts";
import { chatTurn } from "./chat-turn.ts";
import { completionAnswer } from "./completions.ts";

/** What an endpoint makes its answer from. */
export interface AnswerInput {
  readonly asked: Asked;
  readonly fields: Fields;
  readonly model: string;
  readonly reply: Reply;
  readonly pieces: readonly string[];
  readonly streaming: boolean;
}

const ENDPOINTS: Readonly<Record<string, (input: AnswerInput) => Answer>> = {
  "chat/completions": chatAnswer,
  completions: completionAnswer,
  embeddings: embeddingsAnswer,
  moderations: moderationsAnswer,
  responses: responsesAnswer,
  "images/generations": imageAnswer,
  "audio/speech": speechAnswer,
  "audio/transcriptions": transcriptionAnswer,
};

const RULES: Readonly<Record<string, readonly Rule[]>> = {
  "chat/completions": CHAT_RULES,
  responses: [checkResponses],
};

const PLAIN: Turn = { tools: [], choice: { kind: "auto" }, oneCall: false, userText: "", results: [], json: false };

const TURNS: Readonly<Record<string, (asked: Asked) => Turn>> = {
  "chat/completions": chatTurn,
  responses: responsesTurn,
};

/** OpenAI's endpoints, and those of the many who speak the same. */
export const openai: Format = {
  credentials: ["bearer", "api-key"],
  requestIdHeader: "x-request-id",
  check(asked) {
    if (!Object.hasOwn(ENDPOINTS, asked.call))
      return { status: 404, message: `Unknown request URL: /v1/${asked.call}` };
    return firstProblem(RULES[asked.call] ?? [], asked);
  },
  turn: (asked) => TURNS[asked.call]?.(asked) ?? PLAIN,
  answer(asked, reply) {
    const { fields, model } = asked;
    const streaming = fields.stream === true || fields.stream === "true" || fields.stream_format === "sse";
    const input = reply && { asked, fields, model, reply, pieces: reply.pieces, streaming };
    const answer = input && ENDPOINTS[asked.call]?.(input);
    if (answer === undefined) throw new Error(`no answer for ${asked.call}`);
    return answer;
  },
  error: (problem) => ({ body: errorBody(problem) }),
  streamError: (message) => ({
    data: { error: { message, type: "server_error", param: null, code: "server_error" } },
  }),
  unknownEvent: (at) => ({ data: { object: "chat.completion.future", number: at, choices: [] } }),
};

/** An error in OpenAI's shape. */
function errorBody({ message, param = null as never, code = null as never }: Problem) {
  return { error: { message, type: "invalid_request_error", param, code } };
}

/** Responses has events with types, and an error among them. */
export const responses: Format = {
  ...openai,
  streamError: (message) => ({
    event: "error",
    data: { type: "error", code: "server_error", message, param: null, sequence_number: 99 },
  }),
  unknownEvent: (at) => ({ event: "response.future.delta", data: { type: "response.future.delta", number: at } }),
};
