import type {
  ContentBlock,
  Message,
  StopReason,
  TextBlock,
  Usage,
} from "@anthropic-ai/sdk/resources/messages/messages";
import type { Answer } from "../answers.ts";
import { idFrom } from "../ids.ts";
import type { Reply } from "../reply.ts";
import { seal } from "../seal.ts";
import type { Asked } from "../turn.ts";
import { anthropicEvents } from "./stream.ts";

const STOPS: Readonly<Record<Reply["finish"], StopReason>> = {
  stop: "end_turn",
  length: "max_tokens",
  content_filter: "refusal",
  refusal: "refusal",
  tool_calls: "tool_use",
};

/** A message: thoughts, text and calls, whole or as its events. */
export function anthropicAnswer({ fields, model }: Asked, reply: Reply): Answer {
  const stop_reason = STOPS[reply.finish];
  const message: Message = {
    id: `msg_01${idFrom(reply.seed, 22)}`,
    type: "message",
    role: "assistant",
    model,
    content: blocksIn(reply),
    stop_reason,
    stop_sequence: null,
    stop_details: stop_reason === "refusal" ? { type: "refusal", category: null, explanation: null } : null,
    usage: usageOf(reply),
    container: null,
    diagnostics: null,
  };
  if (fields.stream === true) return { kind: "events", events: anthropicEvents(message, reply) };
  return { kind: "json", body: message };
}

function blocksIn(reply: Reply): ContentBlock[] {
  const { reasoning, redacted, pieces, calls, seed, orders } = reply;
  return [
    ...(reasoning === undefined ? [] : [redacted ? redactedBlock(reasoning) : thinkingBlock(reasoning)]),
    ...(pieces.length === 0 ? [] : [textBlock(reply)]),
    ...calls.map(
      ({ name, arguments: input }, at): ContentBlock => ({
        type: "tool_use",
        id: `toolu_01${idFrom(`${seed} ${at}`, 22)}`,
        name,
        input,
        caller: { type: "direct" },
      }),
    ),
    ...(orders.unknownEvents ? [{ type: "future_block", future: { of: "what" } } as never] : []),
  ];
}

const thinkingBlock = (thinking: string): ContentBlock => ({
  type: "thinking",
  thinking,
  signature: seal("anthropic", thinking),
});

const redactedBlock = (thinking: string): ContentBlock => ({
  type: "redacted_thinking",
  data: seal("anthropic redacted", thinking),
});

function textBlock({ pieces, citations }: Reply): TextBlock {
  const text = pieces.join("");
  const cited = citations.map(({ url, title }) => ({
    type: "web_search_result_location" as const,
    url,
    title,
    cited_text: text,
    encrypted_index: seal("anthropic citation", url),
  }));
  return { type: "text", text, citations: cited.length === 0 ? null : cited };
}

/** Anthropic counts what is read from the cache, or written to it, beside the input; thoughts within the output. */
function usageOf({ usage }: Reply): Usage {
  return {
    input_tokens: usage.input - usage.cached - usage.cacheWrite,
    cache_read_input_tokens: usage.cached,
    cache_creation_input_tokens: usage.cacheWrite,
    cache_creation: { ephemeral_5m_input_tokens: usage.cacheWrite, ephemeral_1h_input_tokens: 0 },
    output_tokens: usage.output,
    output_tokens_details: { thinking_tokens: usage.reasoning },
    inference_geo: null,
    server_tool_use: null,
    service_tier: "standard",
    speed: null,
  };
}
