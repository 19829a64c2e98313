import { createParser } from "eventsource-parser";
import type { ErrorDetails } from "../contract/openai-error.ts";
import { TRUNCATED } from "../contract/openai-error.ts";
import { createFrameReader } from "./bedrock/frames.ts";
import type { StreamEvent } from "./chat-answer.ts";
import type { Translation } from "./pump.ts";
import type { StreamDecoder, StreamEncoder, WireEvent, WireFormat } from "./wire-format.ts";

/** Longest event of a provider's stream, in characters: Gemini's can hold whole images. */
const MAX_EVENT_LENGTH = 16 * 1024 * 1024;

const MALFORMED: ErrorDetails = {
  message: "The provider's event stream was not one that its API defines.",
  type: "upstream_error",
  code: "upstream_malformed",
};

export interface TranslationParts {
  readonly framing: WireFormat["framing"];
  readonly decoder: StreamDecoder;
  readonly encoder: StreamEncoder;
  /** What may be told of a provider's error. */
  readonly clean: (details: ErrorDetails) => ErrorDetails;
}

/** From a provider's bytes to the caller's text, event by event, however the bytes are split. */
export function createTranslation({ framing, decoder, encoder, clean }: TranslationParts): Translation {
  const guard = createGuard();
  let text = "";
  let done = false;
  const emit = (event: StreamEvent): void => {
    if (done) return;
    const checked = guard(event);
    done = checked.type === "end" || checked.type === "error";
    text += encoder.encode(checked.type === "error" ? { ...checked, details: clean(checked.details) } : checked);
  };
  const feed = (framing === "aws" ? createAwsFeed : createSseFeed)({
    onEvent: (event) => decoder.decode(event, emit),
    onBroken: () => emit({ type: "error", details: MALFORMED }),
  });
  const taken = (): string => {
    const all = text;
    text = "";
    return all;
  };
  return {
    feed(chunk) {
      if (!done) feed(chunk);
      return taken();
    },
    end() {
      emit({ type: "error", details: TRUNCATED });
      return taken();
    },
    get done() {
      return done;
    },
  };
}

/** An end that leaves a choice without its finish reason is a cut. */
function createGuard(): (event: StreamEvent) => StreamEvent {
  const open = new Set<number>();
  let finished = 0;
  return (event) => {
    if (event.type === "finish") {
      open.delete(event.choice);
      finished++;
    } else if (event.type === "end") {
      if (finished === 0 || open.size > 0) return { type: "error", details: TRUNCATED };
    } else if ("choice" in event) open.add(event.choice);
    return event;
  };
}

interface Sink {
  readonly onEvent: (event: WireEvent) => void;
  /** Called once, when nothing that follows can be understood. */
  readonly onBroken: () => void;
}

function createSseFeed({ onEvent, onBroken }: Sink): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder();
  const parser = createParser({
    maxBufferSize: MAX_EVENT_LENGTH,
    onEvent,
    onError({ type }) {
      if (type === "max-buffer-size-exceeded") onBroken();
    },
  });
  return (chunk) => parser.feed(decoder.decode(chunk, { stream: true }));
}

function createAwsFeed({ onEvent, onBroken }: Sink): (chunk: Uint8Array) => void {
  const frames = createFrameReader(onEvent);
  return (chunk) => {
    if (!frames.feed(chunk)) onBroken();
  };
}
