import { utf8 } from "../contract/bytes.ts";
import type { StreamTerminal } from "../contract/endpoints.ts";
import { type ErrorSchema, errorEvent } from "../contract/error-shapes.ts";
import { concat } from "../contract/fields.ts";
import { OVERLONG, TRUNCATED } from "../contract/openai-error.ts";
import { createStreamProbe } from "../contract/sse.ts";
import { createEventHold } from "../contract/whole-events.ts";
import { createArrayObservation } from "../metering/array-stream.ts";
import type { Translation } from "../wire/pump.ts";

/** Tells an answer's followers what a provider's stream says, and knows whether all of it was said. */
export interface Speaker {
  /** Takes bytes that do not change any more. */
  feed(chunk: Uint8Array): void;
  /** The provider's stream has ended, cleanly or not; what is missing then is said to be. */
  end(): void;
  /** True once nothing that comes after matters. */
  readonly done: boolean;
  /** Whether what was said is a complete answer. */
  readonly isComplete: boolean;
}

type Say = (bytes: Uint8Array) => void;

/** In the callers' words. */
export function createTranslator(say: Say, translation: Translation): Speaker {
  const sayText = (text: string): void => {
    if (text !== "") say(utf8(text));
  };
  return {
    feed: (chunk) => sayText(translation.feed(chunk)),
    end: () => sayText(translation.end()),
    get done() {
      return translation.done;
    },
    get isComplete() {
      return translation.isComplete ?? false;
    },
  };
}

/** Event by event as they came. If the terminal marker is missing, one typed error event takes the place of the rest. */
export function createWitness(say: Say, terminal: StreamTerminal, errors: ErrorSchema): Speaker {
  const probe = createStreamProbe(terminal);
  const hold = createEventHold();
  const sayAll = (parts: readonly Uint8Array[]): void => {
    const [first, ...rest] = parts;
    if (first) say(rest.length === 0 ? first : concat(parts));
  };
  let isDone = false;
  return {
    feed(chunk) {
      if (isDone) return;
      probe.feed(chunk);
      isDone = probe.isOverlong;
      sayAll(isDone ? [utf8(errorEvent(OVERLONG, errors))] : hold.take(chunk));
    },
    end: () => sayAll(probe.state === "open" ? [utf8(errorEvent(TRUNCATED, errors))] : hold.rest()),
    get done() {
      return isDone;
    },
    get isComplete() {
      return probe.state === "complete";
    },
  };
}

/** Element by element of a JSON array, as Gemini streams without `?alt=sse`. What is missing is said in one last element. */
export function createArrayWitness(say: Say, terminal: StreamTerminal): Speaker {
  return createTranslator(say, createArrayObservation(terminal));
}
