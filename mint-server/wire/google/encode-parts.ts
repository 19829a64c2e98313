import type { Citation as SdkCitation } from "@google/genai";
import { utf8 } from "../../contract/bytes.ts";
import { packCallId } from "../carry.ts";
import type { FinishReason, TokenLogprob, Usage } from "../chat-answer.ts";
import type { Citation, ReasoningPart, Signature, ToolCallPart } from "../chat-request.ts";
import { isObject, parse } from "../read.ts";
import { packThought } from "./signature.ts";
import type { GeminiAnswer, GeminiCandidate, GeminiPart, Wire } from "./wire-types.ts";

export function signed(signature: Signature | undefined): { thoughtSignature?: string } {
  return signature ? { thoughtSignature: packThought(signature) } : {};
}

/**
 * A call, with the thoughts before it in its id: clients that rebuild the turn from the calls alone return them unknowingly.
 * Google's own signatures have a field of the call.
 */
export function encodeCall(call: ToolCallPart, reasoning: readonly ReasoningPart[]): GeminiPart {
  const foreign = reasoning.filter(({ signature }) => signature?.by !== "google");
  const args = parse(call.arguments.trim() || "{}");
  return {
    functionCall: {
      id: packCallId(call.id, { reasoning: foreign }),
      name: call.name,
      // Arguments that were cut off are no object: they are given as they are, not left out.
      args: isObject(args) ? { ...args } : { arguments: call.arguments },
    },
    ...signed(call.signature),
  };
}

/** Clients that did not ask for thoughts get only Google's own signatures, which belong to its parts. */
export function encodeThought({ text, signature }: ReasoningPart, isShown: boolean): GeminiPart[] {
  if (text === "" && signature?.by === "google") return [{ text, ...signed(signature) }];
  return isShown ? [{ text, thought: true, ...signed(signature) }] : [];
}

const REASONS: Readonly<Record<FinishReason, NonNullable<GeminiCandidate["finishReason"]>>> = {
  stop: "STOP",
  tool_calls: "STOP",
  length: "MAX_TOKENS",
  content_filter: "SAFETY",
  refusal: "SAFETY",
  pause: "OTHER",
};

export interface Ending {
  readonly reason: FinishReason;
  /** The whole text, of which citations tell places. */
  readonly text: string;
  readonly citations: readonly Citation[];
}

export function encodeEnding({ reason, text, citations }: Ending): Partial<GeminiCandidate> {
  const sources = citations.map((citation) => encodeCitation(citation, text));
  return {
    finishReason: REASONS[reason],
    ...(sources.length > 0 && { citationMetadata: { citationSources: sources } }),
  };
}

/** Places are counted in bytes. */
function encodeCitation({ url, title, start, end }: Citation, text: string): Wire<SdkCitation> {
  const byte = (at: number): number => utf8(text.slice(0, at)).length;
  return {
    ...(start !== undefined && { startIndex: byte(start) }),
    ...(end !== undefined && { endIndex: byte(end) }),
    ...(url !== undefined && { uri: url }),
    ...(title !== undefined && { title }),
  };
}

export function encodeLogprobs(logprobs: readonly TokenLogprob[]): NonNullable<GeminiCandidate["logprobsResult"]> {
  const token = ({ token, logprob }: Pick<TokenLogprob, "token" | "logprob">) => ({ token, logProbability: logprob });
  return {
    chosenCandidates: logprobs.map(token),
    topCandidates: logprobs.map(({ top }) => ({ candidates: top.map(token) })),
  };
}

export function encodeUsage(usage: Usage | undefined): Pick<GeminiAnswer, "usageMetadata"> {
  if (!usage) return {};
  const { inputTokens, outputTokens, cachedTokens, reasoningTokens } = usage;
  return {
    usageMetadata: {
      promptTokenCount: inputTokens,
      candidatesTokenCount: outputTokens - (reasoningTokens ?? 0),
      totalTokenCount: inputTokens + outputTokens,
      ...(cachedTokens !== undefined && { cachedContentTokenCount: cachedTokens }),
      ...(reasoningTokens !== undefined && { thoughtsTokenCount: reasoningTokens }),
    },
  };
}
