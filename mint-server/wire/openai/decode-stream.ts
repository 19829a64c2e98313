import type { ErrorDetails } from "../../contract/openai-error.ts";
import type { StreamEvent } from "../chat-answer.ts";
import type { ChatRequest } from "../chat-request.ts";
import { asNumber, asObject, asObjects, asText, type Json, parse } from "../read.ts";
import type { StreamDecoder } from "../wire-format.ts";
import { madeCallId } from "./call-id.ts";
import { createCallReader } from "./decode-calls.ts";
import { decodeError } from "./decode-error.ts";
import { annotationsOf, finishOf, logprobsOf, returnsThoughts, saidIn, sourcesOf } from "./decode-parts.ts";
import { THOUGHTS } from "./thoughts.ts";
import { decodeUsage } from "./usage.ts";

type Emit = (event: StreamEvent) => void;

const MALFORMED: ErrorDetails = {
  message: "The provider's event stream was not one that its API defines.",
  type: "upstream_error",
  code: "upstream_malformed",
};

/** Reads `chat.completion.chunk` events up to `[DONE]`. */
export function createStreamDecoder({ model }: ChatRequest): StreamDecoder {
  const choices = new Map<number, ChoiceReader>();
  const sources = new Set<string>();
  let id: string | undefined;
  let isStarted = false;
  let isOver = false;

  const start = (chunk: Json, emit: Emit): void => {
    // Azure's first chunk has neither choices nor an id.
    if (isStarted || (asObjects(chunk.choices).length === 0 && !asText(chunk.id))) return;
    isStarted = true;
    id = asText(chunk.id) || undefined;
    const served = asText(chunk.model);
    emit({ type: "start", ...(id && { id }), ...(served && { model: served }) });
  };
  const readChunk = (chunk: Json, emit: Emit): void => {
    start(chunk, emit);
    for (const choice of asObjects(chunk.choices)) {
      const index = asNumber(choice.index) ?? 0;
      const reader = choices.get(index) ?? createChoiceReader(index, { model, answer: id });
      choices.set(index, reader);
      reader.read(choice, emit);
    }
    // Perplexity repeats its sources in every chunk.
    for (const citation of choices.size > 0 ? sourcesOf(chunk) : []) {
      if (sources.has(citation.url ?? "")) continue;
      sources.add(citation.url ?? "");
      for (const choice of choices.keys()) emit({ type: "citation", choice, citation });
    }
    for (const reader of choices.values()) reader.finish(emit);
    const usage = decodeUsage(chunk.usage ?? asObject(chunk.x_groq)?.usage);
    if (usage) emit({ type: "usage", usage });
  };

  return {
    decode({ event, data }, emit) {
      if (isOver || data === "") return;
      if (data.trim() === "[DONE]") {
        isOver = true;
        for (const reader of choices.values()) reader.end(emit);
        return emit({ type: "end" });
      }
      const value = parse(data);
      const chunk = asObject(value);
      if (value === undefined || event === "error" || chunk?.error || chunk?.object === "error") {
        isOver = true;
        return emit({ type: "error", details: decodeError(data) ?? MALFORMED });
      }
      if (chunk) readChunk(chunk, emit);
    },
  };
}

interface ChoiceReader {
  read(choice: Json, emit: Emit): void;
  /** Tells the finish reason, if the provider has. */
  finish(emit: Emit): void;
  /** The stream is over: a choice without a finish reason has one now. */
  end(emit: Emit): void;
}

function createChoiceReader(
  choice: number,
  { model, answer }: { readonly model: string; readonly answer: string | undefined },
): ChoiceReader {
  const calls = createCallReader(choice, (call) => madeCallId(answer, choice, call));
  let thinking: { readonly isReturned: boolean } | undefined;
  let holdsRefusal = false;
  let last: Json = {};
  let isFinished = false;

  const endThought = (emit: Emit): void => {
    if (!thinking) return;
    const signature = thinking.isReturned ? { signature: { by: THOUGHTS, value: model } } : {};
    thinking = undefined;
    emit({ type: "reasoning_end", choice, ...signature });
  };
  const end = (emit: Emit): void => {
    if (isFinished) return;
    isFinished = true;
    endThought(emit);
    emit({ type: "finish", choice, finish: finishOf(last, { calls: calls.count > 0, refusal: holdsRefusal }) });
  };
  return {
    read(given, emit) {
      const delta = asObject(given.delta) ?? {};
      for (const { kind, text } of saidIn(delta)) {
        if (kind === "reasoning") thinking ??= { isReturned: returnsThoughts(delta) };
        else endThought(emit);
        if (kind === "refusal") holdsRefusal = true;
        emit({ type: kind, choice, text });
      }
      const older = asObject(delta.function_call);
      const pieces = older ? [{ index: 0, function: older }] : asObjects(delta.tool_calls);
      if (pieces.length > 0) endThought(emit);
      calls.read(pieces, emit);
      const logprobs = logprobsOf(given.logprobs);
      if (logprobs) emit({ type: "logprobs", choice, logprobs });
      for (const citation of annotationsOf(delta.annotations)) emit({ type: "citation", choice, citation });
      if (asText(given.finish_reason)) last = given;
    },
    finish(emit) {
      if (asText(last.finish_reason)) end(emit);
    },
    end,
  };
}
