import type { Completion, CompletionChoice } from "openai/resources/completions";
import type { ChatAnswer, Finish } from "../chat-answer.ts";
import { type ChatRequest, textOf } from "../chat-request.ts";
import { encodeUsage } from "../openai/usage.ts";
import type { Stamp } from "../wire-format.ts";

/** A whole text completion: what was said, without thoughts, for which the schema has no place. */
export function encodeAnswer(answer: ChatAnswer, request: ChatRequest, stamp: Stamp): Record<string, unknown> {
  const { id, model, choices, usage } = answer;
  return {
    id: id ?? stamp.newId("cmpl-"),
    object: "text_completion",
    created: stamp.created,
    model: model ?? request.model,
    choices: choices.map(({ index, parts, finish }) => ({
      text: textOf(parts),
      index,
      logprobs: null,
      finish_reason: encodeFinish(finish),
    })),
    ...(usage && { usage: encodeUsage(usage) }),
  } satisfies Completion;
}

export function encodeFinish({ reason }: Finish): CompletionChoice["finish_reason"] {
  switch (reason) {
    case "length":
    case "pause":
      return "length";
    case "content_filter":
    case "refusal":
      return "content_filter";
    default:
      return "stop";
  }
}
