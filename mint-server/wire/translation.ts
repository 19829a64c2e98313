import { type ErrorDetails, TRUNCATED } from "../contract/openai-error.ts";
import type { StreamEvent } from "./chat-answer.ts";
import type { Translation } from "./pump.ts";
import type { Framing, StreamDecoder, StreamEncoder } from "./wire-format.ts";

const MALFORMED: ErrorDetails = {
  message: "The provider's event stream was not one that its API defines.",
  type: "upstream_error",
  code: "upstream_malformed",
};

export interface TranslationParts {
  readonly framing: Framing;
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
  let isComplete = false;
  const emit = (event: StreamEvent): void => {
    if (done) return;
    const checked = guard(event);
    isComplete = checked.type === "end";
    done = isComplete || checked.type === "error";
    text += encoder.encode(checked.type === "error" ? { ...checked, details: clean(checked.details) } : checked);
  };
  const feed = framing.createReader({
    onEvent: (event) => decoder.decode(event, emit),
    onBroken: () => emit({ type: "error", details: MALFORMED }),
  });
  const taken = (): string => {
    const all = text;
    text = "";
    return all;
  };
  return {
    isBinary: framing.isBinary,
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
    get isComplete() {
      return isComplete;
    },
  };
}

/** An end that leaves a choice without its finish reason is a cut. */
function createGuard(): (event: StreamEvent) => StreamEvent {
  const begun = new Set<number>();
  const finished = new Set<number>();
  return (event) => {
    if (event.type === "end") {
      const isWhole = finished.size > 0 && [...begun].every((choice) => finished.has(choice));
      return isWhole ? event : { type: "error", details: TRUNCATED };
    }
    // A finished choice stays so, whatever a provider tells of it afterwards.
    if ("choice" in event) (event.type === "finish" ? finished : begun).add(event.choice);
    return event;
  };
}
