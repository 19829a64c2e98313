import type { ChatAnswer, Finish, Usage } from "../chat-answer.ts";
import type { ChatRequest, Citation, Part } from "../chat-request.ts";
import { asNumber, asObject, asObjects, asText, type Json } from "../read.ts";
import { answerToolOf } from "./output.ts";

/** A whole answer; `undefined` if it is none. */
export function decodeAnswer(body: unknown, request: ChatRequest): ChatAnswer | undefined {
  const message = asObject(body);
  if (!message || !Array.isArray(message.content)) return undefined;
  const parts = decodeContent(asObjects(message.content), answerToolOf(request));
  const refusal = refusalOf(message);
  if (refusal !== undefined) parts.push({ kind: "refusal", text: refusal });
  const called = parts.some(({ kind }) => kind === "tool_call");
  const usage = asObject(message.usage);
  const { id, model } = message;
  return {
    ...(typeof id === "string" && { id }),
    ...(typeof model === "string" && { model }),
    choices: [{ index: 0, parts, finish: decodeFinish(message, called) }],
    ...(usage && { usage: decodeUsage(usage) }),
    ...decodeTier(usage?.service_tier),
  };
}

/** In OpenAI's words. */
function decodeTier(tier: unknown): { readonly serviceTier?: string } {
  if (tier === "standard") return { serviceTier: "default" };
  return tier === "priority" ? { serviceTier: tier } : {};
}

function decodeContent(blocks: readonly Json[], answerTool: string | undefined): Part[] {
  let written = 0;
  return blocks.flatMap((block): Part[] => {
    const parts = decodeBlock(block, { answerTool, written });
    for (const part of parts) if (part.kind === "text") written += part.text.length;
    return parts;
  });
}

/** Blocks of tools that ran at Anthropic mean nothing to a caller who could not ask for them. */
function decodeBlock(
  block: Json,
  { answerTool, written }: { readonly answerTool: string | undefined; readonly written: number },
): Part[] {
  switch (block.type) {
    case "text": {
      const text = asText(block.text) ?? "";
      const span = { start: written, end: written + text.length };
      const citations = asObjects(block.citations).map((citation) => ({ ...decodeCitation(citation), ...span }));
      return [{ kind: "text", text, ...(citations.length > 0 && { citations }) }];
    }
    case "thinking": {
      const value = asText(block.signature);
      const signature = value ? { by: "anthropic", value } : undefined;
      return [{ kind: "reasoning", text: asText(block.thinking) ?? "", ...(signature && { signature }) }];
    }
    case "redacted_thinking":
      return [{ kind: "reasoning", text: "", signature: redacted(block) }];
    case "tool_use": {
      const name = asText(block.name) ?? "";
      const text = JSON.stringify(block.input ?? {});
      if (name === answerTool) return [{ kind: "text", text }];
      return [{ kind: "tool_call", id: asText(block.id) ?? "", name, arguments: text }];
    }
    default:
      return [];
  }
}

export function redacted(block: Json): { readonly by: string; readonly value: string; readonly redacted: true } {
  return { by: "anthropic", value: asText(block.data) ?? "", redacted: true };
}

/** A place in a source; Anthropic's own, or one that a caller sends back. */
export function decodeCitation({ url, source, title, document_title, cited_text }: Json): Citation {
  const link = asText(url) ?? asText(source);
  const name = asText(title) ?? asText(document_title);
  return {
    ...(link && { url: link }),
    ...(name && { title: name }),
    ...(typeof cited_text === "string" && { quote: cited_text }),
  };
}

/** Why the answer ended. `called`: it holds calls for the caller. */
export function decodeFinish({ stop_reason, stop_sequence }: Json, called: boolean): Finish {
  switch (stop_reason) {
    case "max_tokens":
    case "model_context_window_exceeded":
      return { reason: "length" };
    case "tool_use":
      return { reason: called ? "tool_calls" : "stop" };
    case "refusal":
      return { reason: "refusal" };
    case "pause_turn":
      return { reason: "pause" };
    case "stop_sequence":
      return { reason: "stop", ...(typeof stop_sequence === "string" && { stopSequence: stop_sequence }) };
    default:
      return { reason: "stop" };
  }
}

/** Why the model refused, where that is told. */
export function refusalOf({ stop_reason, stop_details }: Json): string | undefined {
  return stop_reason === "refusal" ? asText(asObject(stop_details)?.explanation) : undefined;
}

/** Anthropic counts cached and cache-writing tokens apart from the others. */
export function decodeUsage(usage: Json): Usage {
  const cached = asNumber(usage.cache_read_input_tokens);
  const written = asNumber(usage.cache_creation_input_tokens);
  const reasoning = asNumber(asObject(usage.output_tokens_details)?.thinking_tokens);
  return {
    inputTokens: (asNumber(usage.input_tokens) ?? 0) + (cached ?? 0) + (written ?? 0),
    outputTokens: asNumber(usage.output_tokens) ?? 0,
    ...(cached !== undefined && { cachedTokens: cached }),
    ...(written !== undefined && { cacheWriteTokens: written }),
    ...(reasoning !== undefined && { reasoningTokens: reasoning }),
  };
}
