import type { ModelEndpoint } from "../contract/endpoints.ts";
import { createEventParser } from "../contract/event-parser.ts";
import { createStreamJudge, type StreamState } from "../contract/sse.ts";
import { asObject, asText, type Json, parse } from "../wire/read.ts";
import { saidIn } from "./said.ts";

/** How an answer ended: at its end, before it because the caller left, or because its connection broke. */
export type WayOut = "whole" | "left" | "broken";

/** Learns what it can of an answer as it goes out, in the caller's schema. */
export interface Reader {
  /** Says what will be read. */
  begin(contentType: string | undefined): void;
  bytes: number;
  readonly isBusy: boolean;
  /** Some of the body; it is not kept. */
  see(chunk: Uint8Array): void;
  /** The same, of text that is made here. */
  seeText(text: string): void;
  /** All of a body at once. */
  seeWhole(text: string): void;
  /** Milliseconds since the epoch. */
  readonly firstByteAt: number | undefined;
  readonly firstTokenAt: number | undefined;
  /** The model as the answer names it. */
  readonly model: string | undefined;
  /** Of an event stream; `undefined` for all else. */
  readonly state: StreamState | undefined;
  /** What the model said, where content is wanted: at most {@link MAX_SAID}. */
  readonly said: string;
}

export interface ReaderOptions {
  readonly clock: () => number;
  readonly keepsContent: boolean;
}

/** Longest answer that is parsed, and longest content that is exported, in characters. */
const MAX_PARSED = 1024 * 1024;
const MAX_SAID = 64 * 1024;

export function createReader(endpoint: ModelEndpoint | undefined, { clock, keepsContent }: ReaderOptions): Reader {
  const decoder = new TextDecoder();
  const judge = endpoint && createStreamJudge(endpoint.terminal);
  let isBusy = false;
  let isEvents = false;
  let bytes = 0;
  let firstByteAt: number | undefined;
  let firstTokenAt: number | undefined;
  let model: string | undefined;
  let said = "";
  const hear = (value: Json): void => {
    model ??= modelIn(value);
    if (firstTokenAt !== undefined && !keepsContent) return;
    const heard = saidIn(value);
    if (heard.any) firstTokenAt ??= clock();
    if (keepsContent && said.length < MAX_SAID) said = (said + heard.text).slice(0, MAX_SAID);
  };
  const parser = createEventParser({
    maxBufferSize: MAX_PARSED,
    onEvent({ event, data }) {
      judge?.see(event, data);
      const isDone = firstTokenAt !== undefined && model !== undefined && !keepsContent;
      const value = isDone ? undefined : asObject(parse(data));
      if (value) hear(value);
    },
    // What is too long for it is not looked at.
    onError() {},
  });
  const count = (size: number): void => {
    if (size > 0) firstByteAt ??= clock();
    bytes += size;
  };
  return {
    begin(contentType) {
      isBusy = true;
      isEvents = endpoint !== undefined && /^text\/event-stream\b/i.test(contentType ?? "");
    },
    see(chunk) {
      count(chunk.length);
      if (isEvents) parser.feed(decoder.decode(chunk, { stream: true }));
    },
    seeText(text) {
      // Exact for ASCII; what is more is an escape's worth.
      count(text.length);
      if (isEvents) parser.feed(text);
    },
    seeWhole(text) {
      isBusy = true;
      count(text.length);
      const value = endpoint && text.length <= MAX_PARSED ? asObject(parse(text)) : undefined;
      if (value) hear(value);
      // Nobody saw it any sooner.
      firstTokenAt = undefined;
    },
    get isBusy() {
      return isBusy;
    },
    get bytes() {
      return bytes;
    },
    get firstByteAt() {
      return firstByteAt;
    },
    get firstTokenAt() {
      return firstTokenAt;
    },
    get model() {
      return model;
    },
    get state() {
      return isEvents ? judge?.state : undefined;
    },
    get said() {
      return said;
    },
  };
}

const MAX_MODEL_LENGTH = 256;

/** OpenAI's and Anthropic's `model`, that of a response or a message within an event, Gemini's `modelVersion`. */
function modelIn(value: Json): string | undefined {
  const inner = asObject(value.response) ?? asObject(value.message);
  const model = asText(value.model) ?? asText(value.modelVersion) ?? asText(inner?.model);
  return model !== undefined && model !== "" && model.length <= MAX_MODEL_LENGTH ? model : undefined;
}
