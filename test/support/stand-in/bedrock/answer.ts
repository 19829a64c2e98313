import type { ContentBlock, ConverseResponse, StopReason, TokenUsage } from "@aws-sdk/client-bedrock-runtime";
import type { Answer } from "../answers.ts";
import { idFrom } from "../ids.ts";
import type { Reply } from "../reply.ts";
import { seal } from "../seal.ts";
import type { Asked } from "../turn.ts";
import { converseEvents } from "./stream.ts";

/** A part of the answer; what is redacted goes over the wire in base64. */
export type WireBlock = ContentBlock | { readonly reasoningContent: { readonly redactedContent: string } };

/** An answer of Converse on the wire. */
export interface WireMessage extends Omit<ConverseResponse, "output"> {
  readonly output: { readonly message: { readonly role: "assistant"; readonly content: readonly WireBlock[] } };
  readonly stopReason: StopReason;
  readonly usage: TokenUsage;
  readonly metrics: { readonly latencyMs: number };
}

const STOPS: Readonly<Record<Reply["finish"], StopReason>> = {
  stop: "end_turn",
  length: "max_tokens",
  content_filter: "content_filtered",
  refusal: "guardrail_intervened",
  tool_calls: "tool_use",
};

/** A message: thoughts, text and calls, whole or as its frames. */
export function converseAnswer({ call }: Asked, reply: Reply): Answer {
  const body: WireMessage = {
    output: { message: { role: "assistant", content: blocksIn(reply) } },
    stopReason: STOPS[reply.finish],
    usage: usageOf(reply),
    metrics: { latencyMs: 7 },
  };
  if (call === "converse") return { kind: "json", body };
  return { kind: "events", framing: "aws", events: converseEvents(body, reply) };
}

function blocksIn(reply: Reply): WireBlock[] {
  const { reasoning, redacted, pieces, calls, seed, orders } = reply;
  return [
    ...(reasoning === undefined ? [] : [redacted ? redactedBlock(reasoning) : reasoningBlock(reasoning)]),
    ...(pieces.length === 0 ? [] : [textBlock(reply)]),
    ...calls.map(
      ({ name, arguments: input }, at): ContentBlock.ToolUseMember => ({
        toolUse: { toolUseId: `tooluse_${idFrom(`${seed} ${at}`, 22)}`, name, input: { ...input } as never },
      }),
    ),
    ...(orders.unknownEvents ? [{ futureContent: { of: "what" } } as never] : []),
  ];
}

const reasoningBlock = (text: string): WireBlock => ({
  reasoningContent: { reasoningText: { text, signature: seal("anthropic", text) } },
});

const redactedBlock = (text: string): WireBlock => ({
  reasoningContent: { redactedContent: seal("anthropic redacted", text) },
});

function textBlock({ pieces, citations }: Reply): ContentBlock {
  const text = pieces.join("");
  if (citations.length === 0) return { text };
  const cited = citations.map(({ url, title }) => ({ title, sourceContent: [{ text }], location: { web: { url } } }));
  return { citationsContent: { content: [{ text }], citations: cited } };
}

/** Bedrock counts what is read from the cache, or written to it, beside the input. */
function usageOf({ usage }: Reply): TokenUsage {
  const inputTokens = usage.input - usage.cached - usage.cacheWrite;
  return {
    inputTokens,
    outputTokens: usage.output,
    totalTokens: usage.input + usage.output,
    cacheReadInputTokens: usage.cached,
    cacheWriteInputTokens: usage.cacheWrite,
  };
}
