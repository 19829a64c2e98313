import { createTextReader } from "../contract/bytes.ts";
import type { StreamTerminal } from "../contract/endpoints.ts";
import { type ErrorSchema, errorEvent } from "../contract/error-shapes.ts";
import { OVERLONG, TRUNCATED } from "../contract/openai-error.ts";
import { createStreamProbe } from "../contract/sse.ts";
import { createEventHold } from "../contract/whole-events.ts";
import type { Translation } from "./pump.ts";

export interface Observation extends Translation {
  /** True once the answer is complete or has failed by itself. */
  isOver(): boolean;
}

/**
 * Hands an event stream on as it is, in whole events, and reads along. If the provider breaks off, or ends without its
 * terminal marker, or sends an event that is too long, one typed error event takes the place of what is missing. What follows
 * the terminal marker is the caller's too. `hear` is told each event's data.
 *
 * No `tee()`: it would keep the provider running after the caller left.
 */
export function createObservation(
  terminal: StreamTerminal,
  schema: ErrorSchema,
  hear?: (data: string) => void,
): Observation {
  const probe = createStreamProbe(terminal, hear);
  const hold = createEventHold<string>();
  const textOf = createTextReader({ keepsMark: true });
  let isDone = false;
  return {
    feed(chunk) {
      if (isDone) return "";
      const text = textOf(chunk);
      probe.feed(text);
      isDone = probe.isOverlong;
      return isDone ? errorEvent(OVERLONG, schema) : hold.take(text).join("");
    },
    end: () => (probe.state === "open" ? errorEvent(TRUNCATED, schema) : hold.rest().join("")),
    get done() {
      return isDone;
    },
    get isComplete() {
      return probe.state === "complete";
    },
    isOver: () => isDone || probe.state !== "open",
  };
}
