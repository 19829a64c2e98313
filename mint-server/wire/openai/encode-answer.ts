import type { ChatCompletion, ChatCompletionMessage } from "openai/resources/chat/completions";
import { packCallId } from "../carry.ts";
import type { ChatAnswer, ChatChoice } from "../chat-answer.ts";
import { type ChatRequest, type Part, type ReasoningPart, textOf } from "../chat-request.ts";
import type { Stamp } from "../wire-format.ts";
import { encodeCitation, encodeFinish, encodeLogprobs } from "./encode-parts.ts";
import { encodeUsage } from "./usage.ts";

/** A whole chat completion. Thoughts are in `reasoning_content`, as many OpenAI-like APIs have them. */
export function encodeAnswer(answer: ChatAnswer, request: ChatRequest, stamp: Stamp): Record<string, unknown> {
  const { id, model, choices, usage } = answer;
  return {
    id: id ?? stamp.newId("chatcmpl-"),
    object: "chat.completion",
    created: stamp.created,
    model: model ?? request.model,
    choices: choices.map(encodeChoice),
    ...(usage && { usage: encodeUsage(usage) }),
    ...tierOf(answer),
  } satisfies ChatCompletion;
}

const TIERS: readonly unknown[] = ["default", "flex", "scale", "priority", "fast"];

function tierOf({ serviceTier }: ChatAnswer): { service_tier?: "default" } {
  return TIERS.includes(serviceTier) ? { service_tier: serviceTier as "default" } : {};
}

function encodeChoice({ index, parts, finish, logprobs }: ChatChoice): ChatCompletion.Choice {
  const message = encodeMessage(parts);
  return {
    index,
    message,
    logprobs: logprobs ? encodeLogprobs(logprobs) : null,
    finish_reason: encodeFinish(finish, message.refusal !== null),
  };
}

function encodeMessage(parts: readonly Part[]): ChatCompletionMessage & { reasoning_content?: string } {
  const texts = parts.filter((part) => part.kind === "text");
  const refusal = textOf(parts.filter((part) => part.kind === "refusal"));
  const thoughts = parts.flatMap((part) => (part.kind === "reasoning" && part.text !== "" ? [part.text] : []));
  const tool_calls = encodeCalls(parts);
  const annotations = encodeCitations(parts);
  return {
    role: "assistant",
    content: texts.length > 0 || (refusal === "" && tool_calls.length === 0) ? textOf(texts) : null,
    refusal: refusal || null,
    ...(thoughts.length > 0 && { reasoning_content: thoughts.join("\n\n") }),
    ...(annotations.length > 0 && { annotations }),
    ...(tool_calls.length > 0 && { tool_calls }),
  };
}

/** Tool calls, each with the thoughts before it in its id: the one field that every client returns. */
function encodeCalls(parts: readonly Part[]) {
  let reasoning: ReasoningPart[] = [];
  return parts.flatMap((part) => {
    if (part.kind === "reasoning") reasoning.push(part);
    if (part.kind !== "tool_call") return [];
    const id = packCallId(part.id, { signature: part.signature, reasoning });
    reasoning = [];
    return [{ id, type: "function" as const, function: { name: part.name, arguments: part.arguments || "{}" } }];
  });
}

function encodeCitations(parts: readonly Part[]): ChatCompletionMessage.Annotation[] {
  let start = 0;
  return parts.flatMap((part) => {
    if (part.kind !== "text") return [];
    const place = { start, end: start + part.text.length };
    start = place.end;
    return (part.citations ?? []).flatMap((citation) => encodeCitation(citation, place));
  });
}
