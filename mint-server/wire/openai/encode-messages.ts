import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionContentPart,
  ChatCompletionContentPartText,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import { signatureFor } from "../carry.ts";
import { type ChatRequest, type Message, type Part, type ToolResultPart, textOf, toolNames } from "../chat-request.ts";
import type { Ways } from "../wire-format.ts";
import { wireCallId } from "./call-id.ts";
import { encodePart, encodeText } from "./encode-content.ts";
import { kindOf, type ModelKind } from "./model-kind.ts";
import { THOUGHTS } from "./thoughts.ts";

interface Encoding {
  readonly model: string;
  readonly kind: ModelKind;
  readonly ways: Ways;
  readonly names: ReturnType<typeof toolNames>;
}

/** The conversation as Chat Completions has it. @throws {FieldError} for content that it has no place for. */
export function encodeMessages({ model, messages }: ChatRequest, ways: Ways): ChatCompletionMessageParam[] {
  const encoding: Encoding = { model, kind: kindOf(model), ways, names: toolNames(messages) };
  return turnsOf(messages).flatMap((turn) => {
    const [first] = turn;
    if (first?.role === "user") return encodeUserTurn(turn, encoding);
    return turn.flatMap((message) => encodeOther(message, encoding));
  });
}

/** Neighbours of one role together: results of tools must follow their calls before anything else does. */
function turnsOf(messages: readonly Message[]): readonly (readonly Message[])[] {
  const turns: Message[][] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (last?.[0]?.role === message.role) last.push(message);
    else turns.push([message]);
  }
  return turns;
}

function encodeOther(message: Message, encoding: Encoding): ChatCompletionMessageParam[] {
  if (message.role === "assistant") return encodeAssistant(message, encoding);
  refuseMedia(message, encoding);
  const role = encoding.kind.own && message.role === "developer" ? "developer" : "system";
  const content = encodeContent(message.parts, encoding) as string | ChatCompletionContentPartText[];
  return [{ role, content, ...nameOf(message, encoding) }];
}

function encodeUserTurn(turn: readonly Message[], encoding: Encoding): ChatCompletionMessageParam[] {
  const results = turn.flatMap(({ parts }) => parts.filter((part) => part.kind === "tool_result"));
  const said = turn
    .map((message) => ({ message, parts: message.parts.filter((part) => part.kind !== "tool_result") }))
    .filter(({ parts }) => parts.length > 0);
  const media = results.flatMap((result) => mediaOf(result, encoding));
  const [first, ...rest] = said;
  const users = media.length > 0 ? [{ ...first, parts: [...media, ...(first?.parts ?? [])] }, ...rest] : said;
  return [
    ...results.map((result) => encodeResult(result, encoding)),
    ...users.map(({ message, parts }) => ({
      role: "user" as const,
      content: encodeContent(parts, encoding),
      ...(message && nameOf(message, encoding)),
    })),
  ];
}

function encodeResult(result: ToolResultPart, { ways }: Encoding): ChatCompletionMessageParam {
  const text = textOf(result.parts, "\n\n");
  const elsewhere = result.parts.some(isMedia) ? "[Its files are in the next message of the user.]" : "";
  const failed = result.isError && !/^error/i.test(text) ? "Error: " : "";
  return {
    role: "tool",
    tool_call_id: wireCallId(result.callId, ways),
    content: failed + [text, elsewhere].filter(Boolean).join("\n\n"),
  };
}

/** What of a result cannot stand in a message of the tool, with a word on where it comes from. */
function mediaOf(result: ToolResultPart, { names }: Encoding): readonly Part[] {
  const media = result.parts.filter(isMedia);
  if (media.length === 0) return [];
  const name = result.name ?? names.get(result.callId) ?? "a tool";
  return [{ kind: "text", text: `[Files that ${name} returned:]` }, ...media];
}

function isMedia({ kind }: Part): boolean {
  return kind === "image" || kind === "file" || kind === "audio";
}

type Thinking = ChatCompletionAssistantMessageParam & { reasoning_content?: string };

function encodeAssistant(message: Message, encoding: Encoding): Thinking[] {
  const { model, kind, ways } = encoding;
  const { parts } = message;
  const calls = parts.flatMap((part) =>
    part.kind === "tool_call"
      ? [
          {
            id: wireCallId(part.id, ways),
            type: "function" as const,
            function: { name: part.name, arguments: part.arguments || "{}" },
          },
        ]
      : [],
  );
  // What a model refused with is text to those who have no field for it.
  const refusal = kind.own ? textOf(parts.filter((part) => part.kind === "refusal")) : "";
  const said = parts.filter((part) => part.kind === "text" || (part.kind === "refusal" && !kind.own));
  const thoughts = parts.flatMap((part) =>
    part.kind === "reasoning" && signatureFor(part, THOUGHTS)?.value === model ? [part.text] : [],
  );
  refuseMedia(message, encoding);
  if (calls.length === 0 && refusal === "" && said.length === 0) return [];
  return [
    {
      role: "assistant",
      content: encodeAssistantText(said, encoding),
      ...(thoughts.length > 0 && { reasoning_content: thoughts.join("\n\n") }),
      ...(refusal !== "" && { refusal }),
      ...(calls.length > 0 && { tool_calls: calls }),
      ...nameOf(message, encoding),
    },
  ];
}

/** @throws {FieldError} since only the user's messages can hold them. */
function refuseMedia({ parts }: Message, { kind }: Encoding): void {
  for (const part of parts) if (isMedia(part)) encodeText(part, kind);
}

/** The pieces of one answer are one text, unless one of them marks where to keep the prompt. */
function encodeAssistantText(
  said: readonly Part[],
  { kind }: Encoding,
): string | ChatCompletionContentPartText[] | null {
  if (said.length === 0) return null;
  const marked = said.map((part) => encodeText(part, kind));
  return marked.some(isMarked) ? marked : textOf(said);
}

/** Text alone where that says it all: many OpenAI-like APIs take lists from users only, or not at all. */
function encodeContent(parts: readonly Part[], { kind, ways }: Encoding): string | ChatCompletionContentPart[] {
  const encoded = parts.flatMap((part) => encodePart(part, kind, ways));
  const texts = encoded.flatMap((part) => (part.type === "text" && !isMarked(part) ? [part.text] : []));
  if (texts.length < encoded.length) return encoded;
  return kind.own && texts.length > 1 ? encoded : texts.join("\n\n");
}

function isMarked(part: object): boolean {
  return Object.keys(part).length > 2;
}

/** Others than OpenAI refuse names of participants, or do not know them. */
function nameOf({ name }: Message, { kind }: Encoding): { name?: string } {
  return name !== undefined && kind.own ? { name } : {};
}
