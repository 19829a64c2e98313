import { type Chunk, utf8 } from "../contract/bytes.ts";
import type { StreamTerminal } from "../contract/endpoints.ts";
import type { ErrorSchema } from "../contract/error-shapes.ts";
import { createArrayObservation } from "../metering/array-stream.ts";
import { createObservation } from "../wire/observe.ts";
import type { Translation } from "../wire/pump.ts";

/** Tells an answer's followers what a provider's stream says, and knows whether all of it was said. */
export interface Speaker {
  /** Takes the provider's stream, however it is split. */
  feed(chunk: Chunk): void;
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
  return createTranslator(say, createObservation(terminal, errors));
}

/** Element by element of a JSON array, as Gemini streams without `?alt=sse`. What is missing is said in one last element. */
export function createArrayWitness(say: Say, terminal: StreamTerminal): Speaker {
  return createTranslator(say, createArrayObservation(terminal));
}
