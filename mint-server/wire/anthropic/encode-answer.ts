import type {
  ContentBlock,
  Message,
  RefusalStopDetails,
  StopReason,
  TextCitation,
  ToolUseBlock,
  Usage as UsageBody,
} from "@anthropic-ai/sdk/resources/messages/messages";
import { packCallId, packSignature } from "../carry.ts";
import type { ChatAnswer, Finish, Usage } from "../chat-answer.ts";
import type { ChatRequest, Citation, Part, Signature } from "../chat-request.ts";
import { isObject, parse } from "../read.ts";
import type { Stamp } from "../wire-format.ts";

/** A whole answer as a message. Anthropic's schema has one choice only. */
export function encodeAnswer(answer: ChatAnswer, request: ChatRequest, stamp: Stamp): Record<string, unknown> {
  const { parts = [], finish = { reason: "stop" } } = answer.choices[0] ?? {};
  return {
    ...messageOf(answer, request, stamp),
    content: encodeParts(parts),
    ...encodeFinish(
      finish,
      parts.some(({ kind }) => kind === "refusal"),
    ),
    usage: encodeUsage(answer.usage),
  } satisfies Message;
}

/** A message before anything is in it. */
export function messageOf(
  { id, model, usage }: Pick<ChatAnswer, "id" | "model" | "usage">,
  request: ChatRequest,
  stamp: Stamp,
): Message {
  return {
    id: id?.startsWith("msg_") ? id : stamp.newId("msg_"),
    type: "message",
    role: "assistant",
    model: model ?? request.model,
    content: [],
    container: null,
    diagnostics: null,
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: encodeUsage(usage),
  };
}

function encodeParts(parts: readonly Part[]): ContentBlock[] {
  const blocks: ContentBlock[] = [];
  let before: Part | undefined;
  for (const part of parts) {
    const last = blocks.at(-1);
    // Text that came in pieces is one text, as it is in a stream.
    if (part.kind === "text" && before?.kind === "text" && last?.type === "text" && !last.citations) {
      blocks[blocks.length - 1] = textBlock(last.text + part.text, part.citations);
    } else blocks.push(...encodePart(part));
    before = part;
  }
  return blocks;
}

function encodePart(part: Part): ContentBlock[] {
  switch (part.kind) {
    case "text":
      return part.text === "" && !part.citations ? [] : [textBlock(part.text, part.citations)];
    case "refusal":
      return part.text === "" ? [] : [textBlock(part.text)];
    case "reasoning":
      return part.text === "" && !part.signature ? [] : [thoughtBlock(part.text, part.signature)];
    case "tool_call": {
      const input = parse(part.arguments);
      return [{ ...toolBlock(part.id, part.name, part.signature), input: isObject(input) ? input : {} }];
    }
    default:
      return [];
  }
}

function textBlock(text: string, citations: readonly Citation[] = []): ContentBlock {
  return { type: "text", text, citations: citations.length > 0 ? citations.map(encodeCitation) : null };
}

export function thoughtBlock(thinking: string, signature: Signature | undefined): ContentBlock {
  const packed = signature ? packSignature(signature, "anthropic") : "";
  return thinking === "" && signature?.redacted
    ? { type: "redacted_thinking", data: packed }
    : { type: "thinking", thinking, signature: packed };
}

/** A call without its input. Other providers' signatures of calls travel in the id. */
export function toolBlock(id: string, name: string, signature: Signature | undefined): ToolUseBlock {
  return {
    type: "tool_use",
    id: packCallId(id, { signature, reasoning: [] }),
    name,
    input: {},
    caller: { type: "direct" },
  };
}

/** Places in a document are told as its beginning: other providers tell places in their answer only. */
export function encodeCitation({ url, title: name, quote: cited_text = "" }: Citation): TextCitation {
  const title = name ?? null;
  if (url) return { type: "web_search_result_location", url, title, cited_text, encrypted_index: "" };
  return {
    type: "char_location",
    cited_text,
    document_index: 0,
    document_title: title,
    file_id: null,
    start_char_index: 0,
    end_char_index: 0,
  };
}

const REASONS: Readonly<Record<Finish["reason"], StopReason>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "refusal",
  refusal: "refusal",
  pause: "pause_turn",
};

interface EncodedFinish {
  readonly stop_reason: StopReason;
  readonly stop_sequence: string | null;
  readonly stop_details: RefusalStopDetails | null;
}

/** `refused`: there was a refusal in the answer, which some providers tell by that only. */
export function encodeFinish({ reason, stopSequence }: Finish, refused: boolean): EncodedFinish {
  const stop_reason = reason === "stop" && refused ? "refusal" : stopSequence ? "stop_sequence" : REASONS[reason];
  return {
    stop_reason,
    stop_sequence: stopSequence ?? null,
    stop_details: stop_reason === "refusal" ? { type: "refusal", category: null, explanation: null } : null,
  };
}

/** Anthropic counts cached and cache-writing tokens apart from the others. */
export function encodeUsage(usage: Usage = { inputTokens: 0, outputTokens: 0 }): UsageBody {
  const { inputTokens, outputTokens, cachedTokens = 0, cacheWriteTokens = 0, reasoningTokens } = usage;
  return {
    input_tokens: Math.max(0, inputTokens - cachedTokens - cacheWriteTokens),
    output_tokens: outputTokens,
    cache_read_input_tokens: cachedTokens,
    cache_creation_input_tokens: cacheWriteTokens,
    cache_creation: null,
    output_tokens_details: reasoningTokens === undefined ? null : { thinking_tokens: reasoningTokens },
    server_tool_use: null,
    service_tier: null,
    inference_geo: null,
    speed: null,
  };
}
