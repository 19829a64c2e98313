import { createEventParser } from "../mint-server/contract/event-parser.ts";
import { fieldsOf } from "./messages.ts";

/**
 * True for an answer that may be given again: every choice has ended by itself, each tool call's arguments are whole, and
 * nothing in it is an error, which providers also send with status 200. Whether a stream's end was seen is not asked here.
 */
export function isWorthKeeping(body: Uint8Array, isEvents: boolean): boolean {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    return isEvents ? isGoodStream(text) : isGoodWhole(JSON.parse(text));
  } catch {
    return false;
  }
}

function listOf(value: unknown): readonly ReturnType<typeof fieldsOf>[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

const RESPONSE_ENDS: readonly unknown[] = ["completed", "incomplete"];

/** What answers hold, by schema: chat and completions, Gemini, Messages, Responses, embeddings, moderations, counts. */
const CONTENTS = "choices candidates promptFeedback content output data embedding embeddings results totalTokens".split(
  " ",
);

/** An answer in any schema: what its schema does not have is not asked for. */
function isGoodWhole(value: unknown): boolean {
  // Gemini's streams without `alt=sse`.
  if (Array.isArray(value)) return value.every(isGoodPart) && value.some(isGoodWhole);
  const answer = fieldsOf(value);
  const choices = listOf(answer.choices);
  const calls = [
    ...choices.flatMap(({ message }) => listOf(fieldsOf(message).tool_calls)).map((call) => fieldsOf(call.function)),
    ...listOf(answer.output).filter(({ type }) => type === "function_call"),
  ];
  return (
    isGoodPart(value) &&
    CONTENTS.some((name) => name in answer) &&
    (!("choices" in answer) || choices.length > 0) &&
    choices.every(({ finish_reason }) => finish_reason) &&
    listOf(answer.candidates).every(({ finishReason }) => finishReason) &&
    (answer.type !== "message" || Boolean(answer.stop_reason)) &&
    (answer.object !== "response" || RESPONSE_ENDS.includes(answer.status)) &&
    calls.every((call) => isJson(call.arguments))
  );
}

function isGoodPart(value: unknown): boolean {
  const { error, type } = fieldsOf(value);
  return !error && type !== "error" && type !== "response.failed";
}

function isGoodStream(text: string): boolean {
  let good = false;
  let failed = false;
  /** Choices by their index, and whether each has its reason. */
  const choices = new Map<unknown, boolean>();
  /** Arguments of tool calls, in pieces, by where they belong. */
  const pieces = new Map<string, string>();
  const add = (place: string, piece: unknown) => {
    if (typeof piece === "string") pieces.set(place, (pieces.get(place) ?? "") + piece);
  };
  const parser = createEventParser({
    onEvent({ event, data }) {
      if (data.trim() === "[DONE]") return;
      const part = fieldsOf(JSON.parse(data));
      good = true;
      failed ||= event === "error" || !isGoodPart(part);
      // The whole response comes once more, with the last event.
      if (RESPONSE_ENDS.some((end) => part.type === `response.${end}`)) failed ||= !isGoodWhole(part.response);
      for (const { index, delta, finish_reason } of listOf(part.choices)) {
        choices.set(index, Boolean(finish_reason) || choices.get(index) === true);
        for (const call of listOf(fieldsOf(delta).tool_calls)) {
          add(`${index} ${call.index}`, fieldsOf(call.function).arguments);
        }
      }
      // Messages: one block each.
      add(`${part.index}`, fieldsOf(part.delta).partial_json);
    },
  });
  // An event ends with a blank line; the last one's may be missing.
  parser.feed(`${text}\n\n`);
  return good && !failed && [...choices.values()].every(Boolean) && [...pieces.values()].every(isJson);
}

/** No arguments at all are as good as an empty object. */
function isJson(text: unknown): boolean {
  if (typeof text === "string" && text !== "") JSON.parse(text);
  return true;
}
