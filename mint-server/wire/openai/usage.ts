import type { CompletionUsage } from "openai/resources/completions";
import type { Usage } from "../chat-answer.ts";
import { asNumber, asObject } from "../read.ts";
import { defined } from "./defined.ts";

/** Tokens as OpenAI-like providers count them; `undefined` where they tell none. */
export function decodeUsage(value: unknown): Usage | undefined {
  const usage = asObject(value);
  const inputTokens = asNumber(usage?.prompt_tokens);
  if (!usage || inputTokens === undefined) return undefined;
  const input = asObject(usage.prompt_tokens_details);
  const reasoningTokens =
    asNumber(asObject(usage.completion_tokens_details)?.reasoning_tokens) ?? asNumber(usage.reasoning_tokens);
  const told = asNumber(usage.completion_tokens) ?? 0;
  // xAI counts its thoughts beside the completion; only the total tells.
  const beside = reasoningTokens && asNumber(usage.total_tokens) === inputTokens + told + reasoningTokens;
  return {
    inputTokens,
    outputTokens: beside ? told + reasoningTokens : told,
    ...defined({
      cachedTokens: asNumber(input?.cached_tokens) ?? asNumber(usage.prompt_cache_hit_tokens),
      cacheWriteTokens: asNumber(input?.cache_write_tokens),
      reasoningTokens,
    }),
  };
}

export function encodeUsage(usage: Usage): CompletionUsage {
  const { inputTokens, outputTokens, cachedTokens, cacheWriteTokens, reasoningTokens } = usage;
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: {
      cached_tokens: cachedTokens ?? 0,
      ...(cacheWriteTokens !== undefined && { cache_write_tokens: cacheWriteTokens }),
    },
    ...(reasoningTokens !== undefined && { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  };
}
