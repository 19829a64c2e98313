import type { ChatAnswer, Finish, FinishReason, Usage } from "../chat-answer.ts";
import type { ChatRequest, Citation, Part, ReasoningPart } from "../chat-request.ts";
import { asNumber, asObject, asObjects, asPlainText, asText, type Json } from "../read.ts";
import { outputToolOf } from "./output.ts";

/** A whole answer of Converse; `undefined` if it is none. */
export function decodeAnswer(body: unknown, request: ChatRequest): ChatAnswer | undefined {
  const answer = asObject(body);
  const message = asObject(asObject(answer?.output)?.message);
  if (!answer || !message || !Array.isArray(message.content)) return undefined;
  const outputTool = outputToolOf(request);
  const parts = asObjects(message.content).flatMap((block) => decodeBlock(block, outputTool));
  const usage = decodeUsage(answer.usage);
  return {
    model: request.model,
    choices: [{ index: 0, parts, finish: decodeFinish(answer.stopReason, parts.some(isCall)) }],
    ...(usage && { usage }),
  };
}

const isCall = ({ kind }: Part): boolean => kind === "tool_call";

function decodeBlock(block: Json, outputTool: string | undefined): Part[] {
  const text = asText(block.text);
  if (text !== undefined) return [{ kind: "text", text }];
  const toolUse = asObject(block.toolUse);
  if (toolUse) {
    const { toolUseId, name, input } = toolUse;
    const json = JSON.stringify(input ?? {});
    if (outputTool !== undefined && name === outputTool) return [{ kind: "text", text: json }];
    return [{ kind: "tool_call", id: asPlainText(toolUseId), name: asPlainText(name), arguments: json }];
  }
  const reasoning = asObject(block.reasoningContent);
  if (reasoning) return decodeReasoning(reasoning);
  const cited = asObject(block.citationsContent);
  return cited ? decodeCited(cited) : [];
}

function decodeReasoning({ reasoningText, redactedContent }: Json): ReasoningPart[] {
  const redacted = asText(redactedContent);
  if (redacted !== undefined)
    return [{ kind: "reasoning", text: "", signature: { by: "bedrock", value: redacted, redacted: true } }];
  const { text, signature } = asObject(reasoningText) ?? {};
  const value = asText(signature);
  if (asText(text) === undefined && value === undefined) return [];
  return [{ kind: "reasoning", text: asText(text) ?? "", ...(value && { signature: { by: "bedrock", value } }) }];
}

function decodeCited({ content, citations }: Json): Part[] {
  const text = asObjects(content)
    .map((piece) => asText(piece.text) ?? "")
    .join("");
  return [{ kind: "text", text, citations: asObjects(citations).map(decodeCitation) }];
}

export function decodeCitation({ title, sourceContent, location }: Json): Citation {
  const quote = asObjects(sourceContent)
    .map((piece) => asText(piece.text) ?? "")
    .join("");
  const url = asText(asObject(asObject(location)?.web)?.url);
  const name = asText(title);
  return { ...(name && { title: name }), ...(quote && { quote }), ...(url && { url }) };
}

const FINISHES: Readonly<Record<string, FinishReason>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  tool_use: "tool_calls",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  content_filtered: "content_filter",
  guardrail_intervened: "content_filter",
};

/** `hasCalls`: of the caller's own tools, since a forced tool for the output's form ends with `tool_use`, too. */
export function decodeFinish(reason: unknown, hasCalls: boolean): Finish {
  const found = FINISHES[asText(reason) ?? ""] ?? (hasCalls ? "tool_calls" : "stop");
  return { reason: found === "tool_calls" && !hasCalls ? "stop" : found };
}

/** Converse counts cached tokens apart. */
export function decodeUsage(value: unknown): Usage | undefined {
  const usage = asObject(value);
  if (!usage) return undefined;
  const cachedTokens = asNumber(usage.cacheReadInputTokens) ?? 0;
  const cacheWriteTokens = asNumber(usage.cacheWriteInputTokens) ?? 0;
  return {
    inputTokens: (asNumber(usage.inputTokens) ?? 0) + cachedTokens + cacheWriteTokens,
    outputTokens: asNumber(usage.outputTokens) ?? 0,
    cachedTokens,
    cacheWriteTokens,
  };
}
