import { type Chunk, createTextReader } from "./bytes.ts";
import type { StreamTerminal } from "./endpoints.ts";
import { createEventParser } from "./event-parser.ts";

/** What an event stream has shown so far. `failed`: the provider said so itself, in an error event. */
export type StreamState = "open" | "complete" | "failed";

/** Follows an event stream, however it is split, to tell a complete answer from one that merely ended. */
export interface StreamProbe {
  feed(chunk: Chunk): void;
  readonly state: StreamState;
  /** An event is longer than what is looked into, so the stream can never be complete. */
  readonly isOverlong: boolean;
}

/**
 * Longest event that is looked into, in characters; a stream with a longer one is never complete. Streams that end by type
 * can hold whole images and recordings.
 */
const MAX_EVENT_LENGTH = { done: 1024 * 1024, types: 16 * 1024 * 1024, candidates: 16 * 1024 * 1024 } as const;

/**
 * A transport's end proves nothing (a proxy in between may close cleanly after a cut), so a stream counts as complete
 * only when its terminal event was seen. `hear` is told each event's data until then.
 */
export function createStreamProbe(terminal: StreamTerminal, hear?: (data: string) => void): StreamProbe {
  const textOf = createTextReader();
  const judge = createStreamJudge(terminal);
  let overflowed = false;
  const parser = createEventParser({
    maxBufferSize: MAX_EVENT_LENGTH[terminal.kind],
    onEvent({ event, data }) {
      judge.see(event, data);
      hear?.(data);
    },
    onError({ type }) {
      // The parser takes nothing more after this.
      if (type === "max-buffer-size-exceeded") overflowed = true;
    },
  });
  return {
    feed(chunk) {
      if (judge.state === "open" && !overflowed) parser.feed(textOf(chunk));
    },
    get state() {
      return judge.state;
    },
    get isOverlong() {
      return overflowed && judge.state === "open";
    },
  };
}

/** Follows the events themselves, for those who read them anyway. */
export interface StreamJudge {
  see(event: string | undefined, data: string): void;
  readonly state: StreamState;
}

export function createStreamJudge(terminal: StreamTerminal): StreamJudge {
  let state: StreamState = "open";
  return {
    see(event, data) {
      if (state !== "open") return;
      if (event === "error" || isErrorData(data)) state = "failed";
      else if (isTerminal(terminal, event, data)) state = "complete";
    },
    get state() {
      return state;
    },
  };
}

function isTerminal(terminal: StreamTerminal, event: string | undefined, data: string): boolean {
  if (terminal.kind === "done") return data.trim() === "[DONE]";
  if (terminal.kind === "candidates") return /"(finish|block)Reason"/.test(data) && allFinished(parse(data));
  return terminal.types.includes(event ?? typeOf(data) ?? "");
}

/** Providers report a failure inside a 200 as `{"error": …}` or `{"type": "error", …}`; the cheap look first, since nearly no event has one. */
function isErrorData(data: string): boolean {
  return data.startsWith("{") && data.includes('"error"') && hasError(parse(data));
}

function hasError(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if ("type" in value) return value.type === "error";
  return "error" in value && Boolean(value.error);
}

/** Gemini's way to end: each candidate of the event has a reason. A prompt that was blocked has no candidates at all. */
function allFinished(value: unknown): boolean {
  const { candidates, promptFeedback } = (value ?? {}) as Record<string, unknown>;
  if (!Array.isArray(candidates) || candidates.length === 0)
    return Boolean((promptFeedback as { blockReason?: unknown } | undefined)?.blockReason);
  return candidates.every((candidate) => Boolean(candidate?.finishReason));
}

function typeOf(data: string): string | undefined {
  const value = parse(data);
  if (typeof value !== "object" || value === null || !("type" in value)) return undefined;
  return typeof value.type === "string" ? value.type : undefined;
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
