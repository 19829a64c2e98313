import { chatAnswer, completionAnswer } from "./chat.ts";
import { imageAnswer, speechAnswer, transcriptionAnswer } from "./media.ts";
import { type Fields, type Orders, readOrders } from "./orders.ts";
import { responsesAnswer } from "./responses.ts";
import { embeddingsAnswer, moderationsAnswer } from "./scores.ts";

/** One event of a stream; `event` is its type line, where the endpoint sends one. */
export interface StreamEvent {
  readonly event?: string;
  readonly data: unknown;
}

/** An ordinary answer, before orders bend it. */
export type Answer =
  | { readonly kind: "json"; readonly body: unknown }
  | { readonly kind: "bytes"; readonly contentType: string; readonly body: Buffer }
  | { readonly kind: "events"; readonly events: readonly StreamEvent[] };

/** What an endpoint makes its answer from. `pieces` concatenate to the content. */
export interface AnswerInput {
  readonly fields: Fields;
  readonly model: string;
  readonly pieces: readonly string[];
  readonly streaming: boolean;
}

/** A fixed time, so that the same request gets the same bytes. Unix seconds. */
export const CREATED = 1_700_000_000;

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

/** The ordinary answer of an endpoint (its path below `/v1/`), or `undefined` for a path that OpenAI does not have. */
export function answerOf(endpoint: string, fields: Fields): Answer | undefined {
  if (!Object.hasOwn(ENDPOINTS, endpoint)) return undefined;
  return ENDPOINTS[endpoint]?.({
    fields,
    model: String(fields.model ?? "stand-in"),
    pieces: piecesOf(readOrders(fields)),
    streaming: fields.stream === true || fields.stream === "true" || fields.stream_format === "sse",
  });
}

function piecesOf({ text = "Hello from the stand-in.", events, pieceLength = 0 }: Orders): readonly string[] {
  if (events === undefined) return text.split(/(?<= )/);
  return Array.from({ length: events }, (_, at) => `w${at} `.padEnd(pieceLength, "."));
}

/** Token counts in OpenAI's older spelling; a word counts as one. */
export function usageOf(pieces: readonly string[]) {
  return { prompt_tokens: 9, completion_tokens: pieces.length, total_tokens: 9 + pieces.length };
}
