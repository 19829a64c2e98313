import type { ChatAnswer, ChatChoice } from "../chat-answer.ts";
import { type ChatRequest, type Part, type ReasoningPart, textOf } from "../chat-request.ts";
import type { Stamp } from "../wire-format.ts";
import { encodeCall, encodeEnding, encodeLogprobs, encodeThought, encodeUsage, signed } from "./encode-parts.ts";
import type { GeminiAnswer, GeminiCandidate, GeminiPart } from "./wire-types.ts";

/** A whole answer as a `GenerateContentResponse`. */
export function encodeAnswer(
  { id, model, choices, usage }: ChatAnswer,
  request: ChatRequest,
  stamp: Stamp,
): Record<string, unknown> {
  const isShown = request.reasoning?.show === true;
  return {
    candidates: choices.map((choice) => encodeCandidate(choice, isShown)),
    ...encodeUsage(usage),
    modelVersion: model ?? request.model,
    responseId: id ?? stamp.newId(""),
  } satisfies GeminiAnswer;
}

function encodeCandidate({ index, parts, finish, logprobs }: ChatChoice, isShown: boolean): GeminiCandidate {
  const citations = parts.flatMap((part) => (part.kind === "text" ? (part.citations ?? []) : []));
  return {
    content: { role: "model", parts: encodeParts(parts, isShown) },
    ...encodeEnding({ reason: finish.reason, text: textOf(parts), citations }),
    ...(logprobs && { logprobsResult: encodeLogprobs(logprobs) }),
    index,
  };
}

function encodeParts(parts: readonly Part[], isShown: boolean): GeminiPart[] {
  let thoughts: ReasoningPart[] = [];
  return parts.flatMap((part): GeminiPart[] => {
    switch (part.kind) {
      case "text":
        return [{ text: part.text, ...signed(part.signature) }];
      case "refusal":
        return [{ text: part.text }];
      case "reasoning":
        thoughts.push(part);
        return encodeThought(part, isShown);
      case "tool_call": {
        const before = thoughts;
        thoughts = [];
        return [encodeCall(part, before)];
      }
      default:
        return [];
    }
  });
}
