import type { ErrorDetails } from "../../contract/openai-error.ts";
import { eventsOf, type StreamEvent } from "../chat-answer.ts";
import { defined } from "../openai/defined.ts";
import { asObject, asText, type Json, parse } from "../read.ts";
import type { StreamDecoder } from "../wire-format.ts";
import { citationsOf, decodeAnswer, finishOf, logprobsOf, PARAGRAPH, signatureOf, usageOf } from "./decode-answer.ts";
import { createCalls } from "./decode-calls.ts";
import { decodeError } from "./decode-error.ts";

type Emit = (event: StreamEvent) => void;

const FAILED: ErrorDetails = {
  message: "The provider could not finish the answer.",
  type: "upstream_error",
  code: "upstream_malformed",
};

interface State {
  readonly calls: ReturnType<typeof createCalls>;
  started: boolean;
  /** Whether anything of the answer was told. */
  told: boolean;
  refused: boolean;
  /** UTF-16 units of the text so far, and of that before the part that is being written. */
  textLength: number;
  partStart: number;
}

/** Reads an answer's event stream. */
export function createStreamDecoder(): StreamDecoder {
  const state: State = {
    calls: createCalls(),
    started: false,
    told: false,
    refused: false,
    textLength: 0,
    partStart: 0,
  };
  return {
    decode({ data }, emit) {
      const event = asObject(parse(data));
      if (event) decodeEvent(event, state, emit);
      else if (data !== "[DONE]") emit({ type: "error", details: FAILED });
    },
  };
}

function decodeEvent(event: Json, state: State, emit: Emit): void {
  const { type } = event;
  const response = asObject(event.response);
  const item = asObject(event.item);
  switch (type) {
    case "response.created":
    case "response.in_progress":
      start(response, state, emit);
      break;
    case "response.completed":
    case "response.incomplete":
      end(response ?? {}, state, emit);
      break;
    case "response.failed":
    case "response.cancelled":
      emit({ type: "error", details: decodeError(JSON.stringify(response ?? {})) ?? FAILED });
      break;
    case "response.output_item.done":
      if (item?.type === "reasoning") endReasoning(item, state, emit);
      else state.calls.read(event, emit);
      break;
    case undefined:
    case "error":
      if (type || event.error) emit({ type: "error", details: decodeError(JSON.stringify(event)) ?? FAILED });
      break;
    default:
      decodePiece(event, state, emit);
      break;
  }
}

function decodePiece(event: Json, state: State, emit: Emit): void {
  const text = asText(event.delta) ?? "";
  switch (event.type) {
    case "response.content_part.added":
      state.partStart = state.textLength;
      break;
    case "response.output_text.delta":
      tellText(event, text, state, emit);
      break;
    case "response.output_text.annotation.added":
      for (const citation of citationsOf(asObject(event.annotation) ?? {}, state.partStart)) {
        emit({ type: "citation", choice: 0, citation });
      }
      break;
    case "response.refusal.delta":
      state.told = state.refused = true;
      emit({ type: "refusal", choice: 0, text });
      break;
    case "response.reasoning_summary_part.added":
      if (Number(event.summary_index) > 0) emit({ type: "reasoning", choice: 0, text: PARAGRAPH });
      break;
    case "response.reasoning_summary_text.delta":
    case "response.reasoning_text.delta":
      emit({ type: "reasoning", choice: 0, text });
      break;
    default:
      state.calls.read(event, emit);
      break;
  }
}

function tellText(event: Json, text: string, state: State, emit: Emit): void {
  state.told = true;
  state.textLength += text.length;
  if (text !== "") emit({ type: "text", choice: 0, text });
  const logprobs = logprobsOf(event.logprobs);
  if (logprobs.length > 0) emit({ type: "logprobs", choice: 0, logprobs });
}

function endReasoning(item: Json, state: State, emit: Emit): void {
  state.told = true;
  emit({ type: "reasoning_end", choice: 0, ...defined({ signature: signatureOf(item) }) });
}

function start(response: Json | undefined, state: State, emit: Emit): void {
  if (state.started) return;
  state.started = true;
  const id = asText(response?.id) || undefined;
  emit({ type: "start", ...defined({ id, model: asText(response?.model) || undefined }) });
}

function end(response: Json, state: State, emit: Emit): void {
  start(response, state, emit);
  // Some proxies send nothing but the whole answer.
  const answer = state.told || state.calls.count > 0 ? undefined : decodeAnswer(response);
  if (answer) {
    for (const event of eventsOf(answer)) if (event.type !== "start") emit(event);
    return;
  }
  state.calls.end(emit);
  emit({
    type: "finish",
    choice: 0,
    finish: finishOf(response, { calls: state.calls.count > 0, refused: state.refused }),
  });
  const usage = usageOf(response.usage);
  if (usage) emit({ type: "usage", usage });
  emit({ type: "end" });
}
