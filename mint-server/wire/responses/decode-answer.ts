import type { ChatAnswer, Finish, FinishReason, TokenLogprob, Usage } from "../chat-answer.ts";
import type { Citation, Part, Signature } from "../chat-request.ts";
import { logprobsOf as chatLogprobs } from "../openai/decode-parts.ts";
import { defined } from "../openai/defined.ts";
import { asNumber, asObject, asObjects, asText, type Json } from "../read.ts";
import { WIRE } from "./wire-id.ts";

/** A whole answer; `undefined` for one that failed, or is none. */
export function decodeAnswer(value: unknown): ChatAnswer | undefined {
  const body = asObject(value);
  if (!body || body.error || !Array.isArray(body.output)) return undefined;
  if (body.status !== undefined && body.status !== "completed" && body.status !== "incomplete") return undefined;
  const parts = decodeOutput(body.output);
  const logprobs = contentsOf(body.output).flatMap((part) => logprobsOf(part.logprobs));
  const finish = finishOf(body, {
    calls: parts.some(({ kind }) => kind === "tool_call"),
    refused: parts.some(({ kind }) => kind === "refusal"),
  });
  return {
    choices: [{ index: 0, parts, finish, ...(logprobs.length > 0 && { logprobs }) }],
    ...defined({
      id: asText(body.id) || undefined,
      model: asText(body.model) || undefined,
      usage: usageOf(body.usage),
      serviceTier: asText(body.service_tier),
    }),
  };
}

function contentsOf(output: unknown): readonly Json[] {
  return asObjects(output).flatMap((item) => (item.type === "message" ? asObjects(item.content) : []));
}

function decodeOutput(output: unknown): readonly Part[] {
  let length = 0;
  const decodeContent = (content: Json): readonly Part[] => {
    if (content.type === "refusal") return [{ kind: "refusal", text: asText(content.refusal) ?? "" }];
    if (content.type !== "output_text") return [];
    const text = asText(content.text) ?? "";
    const citations = asObjects(content.annotations).flatMap((annotation) => citationsOf(annotation, length));
    length += text.length;
    return [{ kind: "text", text, ...(citations.length > 0 && { citations }) }];
  };
  return asObjects(output).flatMap((item): readonly Part[] => {
    switch (item.type) {
      case "message":
        return asObjects(item.content).flatMap(decodeContent);
      case "reasoning":
        return [{ kind: "reasoning", text: thoughtOf(item), ...defined({ signature: signatureOf(item) }) }];
      case "function_call":
        return [{ kind: "tool_call", ...callOf(item), arguments: asText(item.arguments) ?? "" }];
      default:
        return [];
    }
  });
}

/** Between the parts of a summary. */
export const PARAGRAPH = "\n\n";

function thoughtOf({ summary, content }: Json): string {
  const said = (parts: unknown) =>
    asObjects(parts)
      .map(({ text }) => asText(text) ?? "")
      .join(PARAGRAPH);
  return said(summary) || said(content);
}

/** The encrypted form of a thought: the only one that the API takes back. */
export function signatureOf({ encrypted_content, id }: Json): Signature | undefined {
  const value = asText(encrypted_content);
  return value ? { by: WIRE, value, ...defined({ id: asText(id) || undefined }) } : undefined;
}

/** A call's results name it by its `call_id`, never by the item's id. */
export function callOf({ call_id, id, name }: Json): { readonly id: string; readonly name: string } {
  return { id: asText(call_id) || asText(id) || "", name: asText(name) ?? "" };
}

/** An annotation of a text that begins at `start` of the whole answer's. */
export function citationsOf({ type, url, title, start_index, end_index }: Json, start: number): readonly Citation[] {
  if (type !== "url_citation") return [];
  const moved = (offset: unknown) => {
    const number = asNumber(offset);
    return number === undefined ? undefined : number + start;
  };
  return [defined({ url: asText(url), title: asText(title), start: moved(start_index), end: moved(end_index) })];
}

export function logprobsOf(content: unknown): readonly TokenLogprob[] {
  return chatLogprobs({ content }) ?? [];
}

/** Why an answer ended. What it holds decides where the API merely says that it is whole. */
export function finishOf(response: Json, holds: { readonly calls: boolean; readonly refused: boolean }): Finish {
  const whole: FinishReason = holds.calls ? "tool_calls" : holds.refused ? "refusal" : "stop";
  if (response.status !== "incomplete") return { reason: whole };
  const filtered = asObject(response.incomplete_details)?.reason === "content_filter";
  return { reason: filtered ? "content_filter" : "length" };
}

export function usageOf(value: unknown): Usage | undefined {
  const usage = asObject(value);
  const inputTokens = asNumber(usage?.input_tokens);
  if (!usage || inputTokens === undefined) return undefined;
  const input = asObject(usage.input_tokens_details);
  return {
    inputTokens,
    outputTokens: asNumber(usage.output_tokens) ?? 0,
    ...defined({
      cachedTokens: asNumber(input?.cached_tokens),
      cacheWriteTokens: asNumber(input?.cache_write_tokens),
      reasoningTokens: asNumber(asObject(usage.output_tokens_details)?.reasoning_tokens),
    }),
  };
}
