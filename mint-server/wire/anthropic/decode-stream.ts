import type { StreamEvent } from "../chat-answer.ts";
import type { ChatRequest, Citation } from "../chat-request.ts";
import { asNumber, asObject, asObjects, asPlainText, asText, isObject, type Json, parse } from "../read.ts";
import type { StreamDecoder } from "../wire-format.ts";
import { decodeCitation, decodeFinish, decodeUsage, redacted, refusalOf } from "./decode-answer.ts";
import { errorDetails } from "./errors.ts";
import { answerToolOf } from "./output.ts";

type Emit = (event: StreamEvent) => void;

/** A block under way. `call`: absent in the tool call that is the answer itself. */
type Block =
  | { readonly kind: "text"; readonly start: number; readonly citations: Citation[] }
  | { readonly kind: "thinking"; signature: string }
  | { readonly kind: "tool"; readonly call?: number; readonly input: Json; began: boolean }
  | { readonly kind: "other" };

interface State {
  readonly answerTool: string | undefined;
  /** By index, which may leave gaps. */
  readonly blocks: Map<number | undefined, Block>;
  calls: number;
  /** UTF-16 units of text so far. */
  written: number;
  usage: Json;
  over: boolean;
}

const choice = 0;

export function createStreamDecoder(request: ChatRequest): StreamDecoder {
  const state: State = {
    answerTool: answerToolOf(request),
    blocks: new Map(),
    calls: 0,
    written: 0,
    usage: {},
    over: false,
  };
  return {
    decode({ event, data }, emit) {
      if (state.over) return;
      const body = parse(data);
      if (isObject(body)) decodeEvent({ type: event, ...body }, state, emit);
      else fail({ error: { message: "The provider sent an event that is no JSON." } }, state, emit);
    },
  };
}

function decodeEvent(event: Json, state: State, emit: Emit): void {
  switch (event.type) {
    case "message_start":
      decodeStart(asObject(event.message) ?? {}, state, emit);
      break;
    case "content_block_start":
      startBlock(event, state, emit);
      break;
    case "content_block_delta":
      decodeDelta(event, state, emit);
      break;
    case "content_block_stop":
      stopBlock(event, state, emit);
      break;
    case "message_delta":
      decodeEnd(event, state, emit);
      break;
    case "message_stop":
      state.over = true;
      emit({ type: "end" });
      break;
    default:
      if (event.type === "error" || (event.type === undefined && event.error)) fail(event, state, emit);
  }
}

function decodeStart({ id, model, usage }: Json, state: State, emit: Emit): void {
  if (isObject(usage)) state.usage = usage;
  emit({
    type: "start",
    ...(typeof id === "string" && { id }),
    ...(typeof model === "string" && { model }),
    ...(isObject(usage) && { usage: decodeUsage(usage) }),
  });
}

function startBlock({ index, content_block }: Json, state: State, emit: Emit): void {
  const content = asObject(content_block) ?? {};
  const set = (block: Block): unknown => state.blocks.set(asNumber(index), block);
  switch (content.type) {
    case "text":
      set({ kind: "text", start: state.written, citations: asObjects(content.citations).map(decodeCitation) });
      write(content.text, state, emit);
      break;
    case "thinking":
      set({ kind: "thinking", signature: asText(content.signature) ?? "" });
      if (content.thinking) emit({ type: "reasoning", choice, text: asPlainText(content.thinking) });
      break;
    case "redacted_thinking":
      set({ kind: "other" });
      emit({ type: "reasoning_end", choice, signature: redacted(content) });
      break;
    case "tool_use": {
      const name = asText(content.name) ?? "";
      const tool = { kind: "tool", input: asObject(content.input) ?? {}, began: false } as const;
      if (name === state.answerTool) {
        set(tool);
        break;
      }
      const call = state.calls++;
      set({ ...tool, call });
      emit({ type: "tool_start", choice, call, id: asText(content.id) ?? "", name });
      break;
    }
    default:
      set({ kind: "other" });
  }
}

function decodeDelta({ index, delta }: Json, state: State, emit: Emit): void {
  const block = state.blocks.get(asNumber(index));
  const { type, text, thinking, signature, partial_json, citation } = asObject(delta) ?? {};
  if (type === "text_delta") write(text, state, emit);
  else if (type === "thinking_delta" && thinking) emit({ type: "reasoning", choice, text: asPlainText(thinking) });
  else if (type === "signature_delta" && block?.kind === "thinking") block.signature = asText(signature) ?? "";
  else if (type === "citations_delta" && block?.kind === "text")
    block.citations.push(decodeCitation(asObject(citation) ?? {}));
  else if (type === "input_json_delta" && block?.kind === "tool" && partial_json) {
    block.began = true;
    writeInput(block, asPlainText(partial_json), { state, emit });
  }
}

function stopBlock({ index }: Json, state: State, emit: Emit): void {
  const block = state.blocks.get(asNumber(index));
  state.blocks.delete(asNumber(index));
  switch (block?.kind) {
    case "text":
      // They come before the text that they are about; only now its end is known.
      for (const citation of block.citations)
        emit({ type: "citation", choice, citation: { ...citation, start: block.start, end: state.written } });
      break;
    case "thinking": {
      const { signature: value } = block;
      emit({ type: "reasoning_end", choice, ...(value && { signature: { by: "anthropic", value } }) });
      break;
    }
    case "tool":
      // A call without arguments streams none.
      if (!block.began) writeInput(block, JSON.stringify(block.input), { state, emit });
      if (block.call !== undefined) emit({ type: "tool_end", choice, call: block.call });
  }
}

function write(text: unknown, state: State, emit: Emit): void {
  if (typeof text !== "string" || text === "") return;
  state.written += text.length;
  emit({ type: "text", choice, text });
}

function writeInput(
  { call }: { readonly call?: number },
  text: string,
  { state, emit }: { readonly state: State; readonly emit: Emit },
): void {
  if (call === undefined) write(text, state, emit);
  else emit({ type: "tool_arguments", choice, call, text });
}

function decodeEnd({ delta, usage }: Json, state: State, emit: Emit): void {
  const end = asObject(delta) ?? {};
  if (typeof end.stop_reason === "string") {
    const refusal = refusalOf(end);
    if (refusal !== undefined) emit({ type: "refusal", choice, text: refusal });
    emit({ type: "finish", choice, finish: decodeFinish(end, state.calls > 0) });
  }
  if (!isObject(usage)) return;
  // Counts are totals; what is null or missing has not changed.
  const told = Object.entries(usage).filter(([, count]) => count !== null);
  state.usage = { ...state.usage, ...Object.fromEntries(told) };
  emit({ type: "usage", usage: decodeUsage(state.usage) });
}

function fail(event: Json, state: State, emit: Emit): void {
  state.over = true;
  emit({ type: "error", details: errorDetails(event) ?? UNNAMED });
}

const UNNAMED = { message: "The provider failed without saying why.", type: "upstream_error", code: null };
