import type { ErrorDetails } from "../../../mint-server/contract/openai-error.ts";
import type {
  ChatAnswer,
  ChatChoice,
  Finish,
  StreamEvent,
  TokenLogprob,
  Usage,
} from "../../../mint-server/wire/chat-answer.ts";
import type {
  ChatRequest,
  Citation,
  Part,
  ReasoningPart,
  ToolCallPart,
} from "../../../mint-server/wire/chat-request.ts";
import { createTranslation } from "../../../mint-server/wire/translation.ts";
import { type SpokenWire, wires } from "./formats.ts";

/** Leaves a provider's error as it is. */
export function asTold(details: ErrorDetails): ErrorDetails {
  return details;
}

/** What a provider's stream says, piece by piece, and that it is cut off if it is. */
export function decodeStream(
  wire: SpokenWire,
  bytes: Uint8Array | readonly Uint8Array[],
  request: ChatRequest,
): readonly StreamEvent[] {
  const events: StreamEvent[] = [];
  const { framing } = wires[wire];
  const encode = (event: StreamEvent): string => {
    events.push(event);
    return "";
  };
  const decoder = wires[wire].createStreamDecoder(request);
  const translation = createTranslation({ framing, decoder, encoder: { encode }, clean: asTold });
  for (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) translation.feed(piece);
  translation.end();
  return events;
}

interface Draft {
  readonly parts: DraftPart[];
  finish?: Finish;
  readonly logprobs: TokenLogprob[];
}

type DraftPart =
  | { kind: "text" | "refusal"; text: string; citations?: Citation[] }
  | (ReasoningPart & { text: string; whole?: true })
  | (ToolCallPart & { arguments: string; call: number });

/** The whole answer that a stream's events make; `undefined` if they do not end as they should. */
export function collect(events: readonly StreamEvent[]): ChatAnswer | undefined {
  const drafts = new Map<number, Draft>();
  let usage: Usage | undefined;
  let head: { readonly id?: string; readonly model?: string } = {};
  for (const event of events) {
    if (event.type === "start") head = event;
    if (event.type === "usage" || event.type === "start") usage = event.usage ?? usage;
    if (!("choice" in event)) continue;
    const draft = drafts.get(event.choice) ?? { parts: [], logprobs: [] };
    drafts.set(event.choice, draft);
    add(event, draft);
  }
  if (events.at(-1)?.type !== "end") return undefined;
  const choices = [...drafts.entries()].sort(([a], [b]) => a - b).map(([index, draft]) => choiceOf(index, draft));
  return {
    ...(head.id && { id: head.id }),
    ...(head.model && { model: head.model }),
    choices,
    ...(usage && { usage }),
  };
}

function choiceOf(index: number, { parts, finish = { reason: "stop" }, logprobs }: Draft): ChatChoice {
  return { index, parts: parts.map(partOf), finish, ...(logprobs.length > 0 && { logprobs }) };
}

function partOf(part: DraftPart): Part {
  if (part.kind === "tool_call") {
    const { call: _, ...rest } = part;
    return rest;
  }
  if (part.kind !== "reasoning") return part;
  const { whole: _, ...rest } = part;
  return rest;
}

function add(event: Extract<StreamEvent, { choice: number }>, draft: Draft): void {
  const { parts } = draft;
  const last = parts.at(-1);
  switch (event.type) {
    case "text":
    case "refusal":
      if (last?.kind === event.type && !("citations" in last)) last.text += event.text;
      else parts.push({ kind: event.type, text: event.text });
      break;
    case "citation":
      for (const part of parts.slice().reverse()) {
        if (part.kind !== "text") continue;
        part.citations = [...(part.citations ?? []), event.citation];
        break;
      }
      break;
    case "reasoning":
      if (last?.kind === "reasoning" && !last.whole) last.text += event.text;
      else parts.push({ kind: "reasoning", text: event.text });
      break;
    case "reasoning_end": {
      const end = { ...(event.signature && { signature: event.signature }), whole: true } as const;
      if (last?.kind === "reasoning" && !last.whole) Object.assign(last, end);
      else parts.push({ kind: "reasoning", text: "", ...end });
      break;
    }
    case "tool_start": {
      const { id, name, call, signature } = event;
      parts.push({ kind: "tool_call", id, name, arguments: "", call, ...(signature && { signature }) });
      break;
    }
    case "tool_arguments": {
      const call = parts.find((part) => part.kind === "tool_call" && part.call === event.call);
      if (call?.kind === "tool_call") call.arguments += event.text;
      break;
    }
    case "logprobs":
      draft.logprobs.push(...event.logprobs);
      break;
    case "finish":
      draft.finish = event.finish;
  }
}
