import { createParser } from "eventsource-parser";
import type { StreamTerminal } from "./endpoints.ts";

/** What an event stream has shown so far. `failed`: the provider said so itself, in an error event. */
export type StreamState = "open" | "complete" | "failed";

/** Follows an event stream's bytes, however they are split, to tell a complete answer from one that merely ended. */
export interface StreamProbe {
  feed(bytes: Uint8Array): void;
  readonly state: StreamState;
}

/** Longest line that a stream may hold, in characters; a longer one fails the stream. */
const MAX_LINE_LENGTH = 1024 * 1024;

/**
 * A transport's end proves nothing (a proxy in between may close cleanly after a cut), so a stream counts as complete
 * only when its terminal event was seen.
 */
export function createStreamProbe(terminal: StreamTerminal): StreamProbe {
  const decoder = new TextDecoder();
  let state: StreamState = "open";
  const parser = createParser({
    maxBufferSize: MAX_LINE_LENGTH,
    onEvent({ event, data }) {
      if (state !== "open") return;
      if (event === "error" || isErrorData(data)) state = "failed";
      else if (isTerminal(terminal, event, data)) state = "complete";
    },
  });
  return {
    feed(bytes) {
      if (state === "open") parser.feed(decoder.decode(bytes, { stream: true }));
    },
    get state() {
      return state;
    },
  };
}

function isTerminal(terminal: StreamTerminal, event: string | undefined, data: string): boolean {
  if (terminal.kind === "done") return data.trim() === "[DONE]";
  return terminal.types.includes(event ?? typeOf(data) ?? "");
}

/** Providers report a failure inside a 200 as `{"error": …}`; the cheap look first, since nearly no event has one. */
function isErrorData(data: string): boolean {
  return data.startsWith("{") && data.includes('"error"') && hasError(parse(data));
}

function hasError(value: unknown): boolean {
  return typeof value === "object" && value !== null && "error" in value && Boolean(value.error) && !("type" in value);
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
