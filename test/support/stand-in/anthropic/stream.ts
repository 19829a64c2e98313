import type {
  ContentBlock,
  Message,
  RawContentBlockDelta,
  RawMessageStreamEvent,
} from "@anthropic-ai/sdk/resources/messages/messages";
import type { StreamEvent } from "../answers.ts";
import { argumentPieces, type Reply } from "../reply.ts";

/** A ping is no part of the SDK's union: it drops it before anyone sees it. */
type WireEvent = RawMessageStreamEvent | { readonly type: "ping" };

/** The events of a streamed message. */
export function anthropicEvents(message: Message, reply: Reply): StreamEvent[] {
  const { output_tokens, ...before } = message.usage;
  const { stop_reason, stop_sequence, stop_details, container } = message;
  const events: WireEvent[] = [
    {
      type: "message_start",
      message: {
        ...message,
        content: [],
        stop_reason: null,
        stop_details: null,
        usage: { ...before, output_tokens: 1 },
      },
    },
    ...message.content.flatMap((block, index) => [
      ...blockEvents(block, index, reply),
      ...(index === 0 ? [{ type: "ping" as const }] : []),
    ]),
    {
      type: "message_delta",
      delta: { stop_reason, stop_sequence, stop_details, container },
      usage: { ...before, output_tokens },
    },
    { type: "message_stop" },
  ];
  return events.map((event) => ({ event: event.type, data: event }));
}

function blockEvents(block: ContentBlock, index: number, reply: Reply): WireEvent[] {
  const { begun, deltas } = cut(block, reply);
  return [
    { type: "content_block_start", index, content_block: begun },
    ...deltas.map((delta): WireEvent => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index },
  ];
}

/** A block as it starts, and what is added to it. */
function cut(block: ContentBlock, reply: Reply): { begun: ContentBlock; deltas: RawContentBlockDelta[] } {
  switch (block.type) {
    case "text":
      return {
        begun: { ...block, text: "", citations: block.citations && [] },
        deltas: [
          ...reply.pieces.map((text): RawContentBlockDelta => ({ type: "text_delta", text })),
          ...(block.citations ?? []).map((citation): RawContentBlockDelta => ({ type: "citations_delta", citation })),
        ],
      };
    case "thinking":
      return {
        begun: { ...block, thinking: "", signature: "" },
        deltas: [
          ...block.thinking
            .split(/(?<= )/)
            .map((thinking): RawContentBlockDelta => ({ type: "thinking_delta", thinking })),
          { type: "signature_delta", signature: block.signature },
        ],
      };
    case "tool_use": {
      const call = { name: block.name, arguments: block.input as Record<string, unknown> };
      // The first one is always empty; without arguments no other follows.
      const pieces = ["", ...(Object.keys(call.arguments).length === 0 ? [] : argumentPieces(call, reply.orders))];
      return {
        begun: { ...block, input: {} },
        deltas: pieces.map((partial_json) => ({ type: "input_json_delta", partial_json })),
      };
    }
    default:
      return { begun: block, deltas: [] };
  }
}
