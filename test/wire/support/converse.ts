import { EventStreamCodec } from "@smithy/core/event-streams";
import type { ChatAnswer, FinishReason, StreamEvent, Usage } from "../../../mint-server/wire/chat-answer.ts";
import { eventsOf } from "../../../mint-server/wire/chat-answer.ts";
import type { Part } from "../../../mint-server/wire/chat-request.ts";

// What Bedrock would say: this wire format has no caller's side in the product that could be asked for it.

const STOPS: Readonly<Record<FinishReason, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "content_filtered",
  refusal: "content_filtered",
  pause: "end_turn",
};

/** An answer's JSON as Converse has it. */
export function converseAnswer({ choices, usage }: ChatAnswer): Record<string, unknown> {
  const { parts = [], finish = { reason: "stop" } } = choices[0] ?? {};
  return {
    output: { message: { role: "assistant", content: parts.flatMap(block) } },
    stopReason: STOPS[finish.reason],
    ...(usage && { usage: usageOf(usage) }),
    metrics: { latencyMs: 7 },
  };
}

function block(part: Part): object[] {
  switch (part.kind) {
    case "text":
      return [{ text: part.text }];
    case "reasoning": {
      const { value, redacted } = part.signature ?? {};
      if (redacted) return [{ reasoningContent: { redactedContent: value } }];
      return [{ reasoningContent: { reasoningText: { text: part.text, ...(value && { signature: value }) } } }];
    }
    case "tool_call":
      return [{ toolUse: { toolUseId: part.id, name: part.name, input: JSON.parse(part.arguments || "{}") } }];
    default:
      return [];
  }
}

function usageOf({ inputTokens, outputTokens, cachedTokens = 0, cacheWriteTokens = 0 }: Usage): object {
  return {
    inputTokens: inputTokens - cachedTokens - cacheWriteTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    cacheReadInputTokens: cachedTokens,
    cacheWriteInputTokens: cacheWriteTokens,
  };
}

/** An answer's frames as ConverseStream sends them. */
export function converseFrames(answer: ChatAnswer): readonly Uint8Array[] {
  const writer = createWriter();
  return [...eventsOf(answer)].flatMap((event) => writer(event));
}

interface Opened {
  readonly kind: "text" | "reasoning" | `call ${number}`;
  readonly contentBlockIndex: number;
}

/** Text is cut in two, so that its pieces have to be put together again. */
function createWriter(): (event: StreamEvent) => readonly Uint8Array[] {
  let open: Opened | undefined;
  let blocks = 0;
  let usage: Usage | undefined;
  const close = (): Uint8Array[] => {
    const closed = open;
    open = undefined;
    return closed ? [eventFrame("contentBlockStop", { contentBlockIndex: closed.contentBlockIndex })] : [];
  };
  const within = (kind: Opened["kind"], delta: object): Uint8Array[] => {
    const before = open?.kind === kind ? [] : close();
    open ??= { kind, contentBlockIndex: blocks++ };
    const { contentBlockIndex } = open;
    return [...before, eventFrame("contentBlockDelta", { contentBlockIndex, delta })];
  };
  return (event) => {
    switch (event.type) {
      case "start":
        return [eventFrame("messageStart", { role: "assistant" })];
      case "text":
        return halves(event.text).flatMap((text) => within("text", { text }));
      case "reasoning":
        return halves(event.text).flatMap((text) => within("reasoning", { reasoningContent: { text } }));
      case "reasoning_end": {
        const { value, redacted } = event.signature ?? {};
        const told = redacted ? { redactedContent: value } : { signature: value };
        return [...(value ? within("reasoning", { reasoningContent: told }) : []), ...close()];
      }
      case "tool_start": {
        const before = close();
        open = { kind: `call ${event.call}`, contentBlockIndex: blocks++ };
        const start = { toolUse: { toolUseId: event.id, name: event.name } };
        return [...before, eventFrame("contentBlockStart", { contentBlockIndex: open.contentBlockIndex, start })];
      }
      case "tool_arguments":
        return halves(event.text).flatMap((input) => within(`call ${event.call}`, { toolUse: { input } }));
      case "tool_end":
        return close();
      case "finish":
        return [...close(), eventFrame("messageStop", { stopReason: STOPS[event.finish.reason] })];
      case "usage":
        usage = event.usage;
        return [];
      case "end":
        return [eventFrame("metadata", { ...(usage && { usage: usageOf(usage) }), metrics: { latencyMs: 7 } })];
      default:
        return [];
    }
  };
}

function halves(text: string): readonly string[] {
  const middle = Math.ceil(text.length / 2);
  // A code point stays whole: no provider cuts inside one.
  const at = /[\uD800-\uDBFF]/.test(text.charAt(middle - 1)) ? middle + 1 : middle;
  return [text.slice(0, at), text.slice(at)].filter((half) => half !== "");
}

const codec = new EventStreamCodec(
  (bytes) => new TextDecoder().decode(bytes as Uint8Array),
  (text) => new TextEncoder().encode(text),
);

/** A frame of any headers. */
export function frame(headers: Readonly<Record<string, string>>, body: string): Uint8Array {
  const typed = Object.entries(headers).map(([name, value]) => [name, { type: "string", value }] as const);
  return codec.encode({ headers: Object.fromEntries(typed), body: new TextEncoder().encode(body) });
}

export function eventFrame(type: string, body: object): Uint8Array {
  const headers = { ":event-type": type, ":content-type": "application/json", ":message-type": "event" };
  return frame(headers, JSON.stringify(body));
}

export function exceptionFrame(type: string, message: string): Uint8Array {
  const headers = { ":exception-type": type, ":content-type": "application/json", ":message-type": "exception" };
  return frame(headers, JSON.stringify({ message }));
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}
