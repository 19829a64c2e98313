import type { ChatCompletionChunk, ChatCompletionMessage } from "openai/resources/chat/completions";
import { errorEvent } from "../../contract/error-shapes.ts";
import { packCallId } from "../carry.ts";
import type { StreamEvent, Usage } from "../chat-answer.ts";
import type { ChatRequest, ReasoningPart } from "../chat-request.ts";
import type { Stamp, StreamEncoder } from "../wire-format.ts";
import { encodeCitation, encodeFinish, encodeLogprobs } from "./encode-parts.ts";
import { encodeUsage } from "./usage.ts";

type Delta = ChatCompletionChunk.Choice.Delta & {
  reasoning_content?: string;
  annotations?: ChatCompletionMessage.Annotation[];
};
type Choice = Omit<ChatCompletionChunk.Choice, "index" | "delta"> & { delta: Delta };

/** Writes `chat.completion.chunk` events, and the usage if it was asked for. */
export function createStreamEncoder({ model: asked, includeUsage }: ChatRequest, stamp: Stamp): StreamEncoder {
  const choices = new Map<number, ChoiceWriter>();
  let id: string | undefined;
  let model = asked;
  let usage: Usage | undefined;
  let isOver = false;

  const chunk = (list: ChatCompletionChunk.Choice[], total?: Usage): string => {
    id ??= stamp.newId("chatcmpl-");
    const head = { id, object: "chat.completion.chunk", created: stamp.created, model } as const;
    const told = includeUsage ? { usage: total ? encodeUsage(total) : null } : {};
    return `data: ${JSON.stringify({ ...head, choices: list, ...told } satisfies ChatCompletionChunk)}\n\n`;
  };
  const write = (index: number, written: readonly Choice[]): string =>
    written.map((choice) => chunk([{ index, ...choice }])).join("");
  const encodeChoice = (event: Extract<StreamEvent, { choice: number }>): string => {
    const known = choices.get(event.choice);
    const writer = known ?? createChoiceWriter();
    choices.set(event.choice, writer);
    return write(event.choice, [...(known ? [] : [FIRST]), ...writer(event)]);
  };
  const encode = (event: StreamEvent): string => {
    switch (event.type) {
      case "start":
        id = event.id ?? id;
        model = event.model ?? model;
        usage = event.usage ?? usage;
        return "";
      case "usage":
        usage = event.usage;
        return "";
      case "error":
        return errorEvent(event.details);
      case "end":
        return `${includeUsage && usage ? chunk([], usage) : ""}data: [DONE]\n\n`;
      default:
        return encodeChoice(event);
    }
  };
  return {
    encode(event) {
      if (isOver) return "";
      isOver = event.type === "end" || event.type === "error";
      return encode(event);
    },
  };
}

/** A choice begins with its role. */
const FIRST: Choice = {
  delta: { role: "assistant", content: "", refusal: null },
  logprobs: null,
  finish_reason: null,
};

type ChoiceWriter = (event: Extract<StreamEvent, { choice: number }>) => readonly Choice[];

function createChoiceWriter(): ChoiceWriter {
  const thoughts = createThoughts();
  const cite = createCiter();
  const open = new Set<number>();
  let holdsRefusal = false;

  return (event) => {
    switch (event.type) {
      case "text":
        cite.text(event.text);
        return [piece({ content: event.text })];
      case "refusal":
        holdsRefusal = true;
        return [piece({ refusal: event.text })];
      case "citation": {
        const annotations = cite.citation(event.citation);
        return annotations.length > 0 ? [piece({ annotations })] : [];
      }
      case "reasoning":
        return [piece({ reasoning_content: thoughts.text(event.text) })];
      case "reasoning_end":
        thoughts.end(event.signature);
        return [];
      case "tool_start": {
        const { call: index, name, signature } = event;
        open.add(index);
        const id = packCallId(event.id, { signature, reasoning: thoughts.take() });
        return [piece({ tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] })];
      }
      case "tool_arguments":
        if (event.text === "") return [];
        open.delete(event.call);
        return [argumentsPiece(event.call, event.text)];
      case "tool_end":
        return open.delete(event.call) ? [argumentsPiece(event.call, "{}")] : [];
      case "logprobs":
        return [{ ...piece({}), logprobs: encodeLogprobs(event.logprobs) }];
      case "finish":
        return [
          ...[...open].map((call) => argumentsPiece(call, "{}")),
          { ...piece({}), finish_reason: encodeFinish(event.finish, holdsRefusal) },
        ];
    }
  };
}

function piece(delta: Delta): Choice {
  return { delta, logprobs: null, finish_reason: null };
}

function argumentsPiece(index: number, text: string): Choice {
  return piece({ tool_calls: [{ index, function: { arguments: text } }] });
}

/** A choice's thoughts: what is shown of them, and what the next tool call carries. */
function createThoughts() {
  let current = "";
  let isBroken = false;
  let carried: ReasoningPart[] = [];
  return {
    text(text: string): string {
      const shown = isBroken ? `\n\n${text}` : text;
      isBroken = false;
      current += text;
      return shown;
    },
    end(signature: ReasoningPart["signature"]): void {
      carried.push({ kind: "reasoning", text: current, ...(signature && { signature }) });
      isBroken ||= current !== "";
      current = "";
    },
    take(): readonly ReasoningPart[] {
      const taken = carried;
      carried = [];
      return taken;
    },
  };
}

/** Where citations stand that do not say it: with the text since those before. */
function createCiter() {
  let start = 0;
  let end = 0;
  let isCited = false;
  return {
    text(text: string): void {
      if (isCited) start = end;
      isCited = false;
      end += text.length;
    },
    citation(citation: Parameters<typeof encodeCitation>[0]) {
      isCited = true;
      return encodeCitation(citation, { start, end });
    },
  };
}
