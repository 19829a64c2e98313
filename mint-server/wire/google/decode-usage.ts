import type { FinishReason, TokenLogprob, Usage } from "../chat-answer.ts";
import { asNumber, asObject, asObjects, asText, type Json } from "../read.ts";

/** An answer's tokens; `undefined` where the event does not tell, as Vertex's do before the last. */
export function decodeUsage(value: unknown): Usage | undefined {
  const usage = asObject(value);
  const prompt = asNumber(usage?.promptTokenCount);
  if (!usage || prompt === undefined) return undefined;
  const candidates = asNumber(usage.candidatesTokenCount);
  const thoughts = asNumber(usage.thoughtsTokenCount);
  const cached = asNumber(usage.cachedContentTokenCount);
  const inputTokens = prompt + (asNumber(usage.toolUsePromptTokenCount) ?? 0);
  // Some models tell only the total.
  const total = asNumber(usage.totalTokenCount) ?? inputTokens;
  const outputTokens =
    candidates === undefined && thoughts === undefined
      ? Math.max(0, total - inputTokens)
      : (candidates ?? 0) + (thoughts ?? 0);
  return {
    inputTokens,
    outputTokens,
    ...(cached !== undefined && { cachedTokens: cached }),
    ...(thoughts !== undefined && { reasoningTokens: thoughts }),
  };
}

/** OpenAI's name of the tier that served an answer. */
export function decodeTier(usage: unknown): string | undefined {
  const tier = asText(asObject(usage)?.serviceTier)?.toLowerCase();
  return tier === "standard" ? "default" : tier;
}

/** Reasons that are not listed mean that something of the answer was withheld. */
const REASONS: Readonly<Record<string, FinishReason>> = {
  FINISH_REASON_UNSPECIFIED: "stop",
  STOP: "stop",
  MAX_TOKENS: "length",
  CONTINUATION: "pause",
};

export function decodeFinish(reason: string, hasCalls: boolean): FinishReason {
  const found = REASONS[reason] ?? "content_filter";
  return found === "stop" && hasCalls ? "tool_calls" : found;
}

export function decodeLogprobs(value: unknown): TokenLogprob[] {
  const result = asObject(value);
  const top = asObjects(result?.topCandidates);
  return asObjects(result?.chosenCandidates).flatMap((chosen, index) => {
    const own = decodeToken(chosen);
    return own.map((token) => ({ ...token, top: asObjects(top[index]?.candidates).flatMap(decodeToken) }));
  });
}

function decodeToken({ token, logProbability }: Json): { token: string; logprob: number }[] {
  const text = asText(token);
  const logprob = asNumber(logProbability);
  return text === undefined || logprob === undefined ? [] : [{ token: text, logprob }];
}
