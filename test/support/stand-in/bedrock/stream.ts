import type { ContentBlockDelta, ContentBlockStart, ConverseStreamOutput } from "@aws-sdk/client-bedrock-runtime";
import type { StreamEvent } from "../answers.ts";
import { isObject } from "../orders.ts";
import { argumentPieces, type Reply } from "../reply.ts";
import type { WireBlock, WireMessage } from "./answer.ts";

// Bedrock pads its frames, so that their sizes tell nothing of the words in them.
const PADDING = "abcdefghijklmnopqrstuvwxyz";

/** The frames of a streamed message. A frame's type stands in its headers, not in its body. */
export function converseEvents({ output, stopReason, usage, metrics }: WireMessage, reply: Reply): StreamEvent[] {
  const events: ConverseStreamOutput[] = [
    { messageStart: { role: "assistant" } },
    ...output.message.content.flatMap((block, index) => blockEvents(block, index, reply)),
    { messageStop: { stopReason } },
    { metadata: { usage, metrics } },
  ];
  return events.map((event, at) => {
    const [name = "", data] = Object.entries(event)[0] ?? [];
    return { event: name, data: { ...(isObject(data) && data), p: PADDING.slice(0, 1 + ((at * 7) % 26)) } };
  });
}

function blockEvents(block: WireBlock, contentBlockIndex: number, reply: Reply): ConverseStreamOutput[] {
  const { start, deltas } = cut(block, reply);
  return [
    ...(start ? [{ contentBlockStart: { start, contentBlockIndex } }] : []),
    ...deltas.map((delta) => ({ contentBlockDelta: { delta, contentBlockIndex } })),
    { contentBlockStop: { contentBlockIndex } },
  ];
}

interface Cut {
  /** Only a call says how it starts. */
  readonly start?: ContentBlockStart;
  readonly deltas: readonly ContentBlockDelta[];
}

function cut(block: WireBlock, reply: Reply): Cut {
  const texts = reply.pieces.map((text) => ({ text }));
  if ("toolUse" in block && block.toolUse) {
    const { toolUseId, name = "", input } = block.toolUse;
    const call = { name, arguments: isObject(input) ? input : {} };
    const deltas = argumentPieces(call, reply.orders).map((piece) => ({ toolUse: { input: piece } }));
    return { start: { toolUse: { toolUseId, name } }, deltas };
  }
  if ("reasoningContent" in block && block.reasoningContent) return { deltas: reasoningDeltas(block.reasoningContent) };
  if ("citationsContent" in block && block.citationsContent) {
    const cited = block.citationsContent.citations ?? [];
    const citations = cited.map(
      ({ title, location, sourceContent = [] }): ContentBlockDelta => ({
        citation: { title, location, sourceContent: sourceContent.map(({ text }) => ({ text })) },
      }),
    );
    return { deltas: [...texts, ...citations] };
  }
  return "text" in block && block.text !== undefined ? { deltas: texts } : { deltas: [{ futureDelta: {} } as never] };
}

function reasoningDeltas(content: NonNullable<Extract<WireBlock, { reasoningContent: unknown }>["reasoningContent"]>) {
  if (!("reasoningText" in content) || content.reasoningText === undefined) {
    return [{ reasoningContent: content as never }];
  }
  const { text = "", signature = "" } = content.reasoningText;
  const words = text.split(/(?<= )/).map((word): ContentBlockDelta => ({ reasoningContent: { text: word } }));
  return [...words, { reasoningContent: { signature } }];
}
