import type { SchemaId } from "../contract/endpoints.ts";
import { joinEvents as joinAnthropic } from "./anthropic/join-events.ts";
import { splitMessage } from "./anthropic/split-message.ts";
import { asStream } from "./as-stream.ts";
import { joinChunks as joinGoogle } from "./google/join-chunks.ts";
import { joinChunks } from "./openai/join-chunks.ts";
import { asObject, type Json, parse } from "./read.ts";
import { joinEvents as joinResponses } from "./responses/join-events.ts";
import { splitResponse } from "./responses/split-response.ts";

// From an answer in its schema's one form to the other, without the pivot: what that has no place for stays in the answer.

/** What a stream's reader asked for, where that is not told by itself. */
export interface StreamWish {
  /** Whether chat and text completions tell their usage. */
  readonly includeUsage: boolean;
}

/**
 * The event stream in which a whole answer might have come; `undefined` if it is none, or lacks what the stream is to tell.
 *
 * @param schema the one in which the answer is written
 */
export function streamOf(schema: SchemaId, whole: string, { includeUsage }: StreamWish): string | undefined {
  const answer = asObject(parse(whole));
  if (!answer || answer.error || answer.type === "error") return undefined;
  switch (schema) {
    case "chat":
    case "completions":
      return includeUsage && !asObject(answer.usage) ? undefined : asStream(answer, { includeUsage });
    case "responses":
      return splitResponse(answer);
    case "anthropic":
      return splitMessage(answer);
    case "google":
      // A whole answer of Gemini's is no other than a stream of one event.
      return answer.candidates || answer.promptFeedback ? `data: ${JSON.stringify(answer)}\r\n\r\n` : undefined;
    default:
      return undefined;
  }
}

/** The whole answer, as JSON, that an event stream tells; `undefined` where it is not whole, or tells less than that would. */
export function wholeOf(schema: SchemaId, stream: string): string | undefined {
  const answer = joined(schema, stream);
  return answer && JSON.stringify(answer);
}

function joined(schema: SchemaId, stream: string): Json | undefined {
  switch (schema) {
    case "chat":
      return joinChunks(stream, "chat.completion");
    case "completions":
      return joinChunks(stream, "text_completion");
    case "responses":
      return joinResponses(stream);
    case "anthropic":
      return joinAnthropic(stream);
    case "google":
      return joinGoogle(stream);
    default:
      return undefined;
  }
}
