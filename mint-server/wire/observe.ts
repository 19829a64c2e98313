import type { StreamTerminal } from "../contract/endpoints.ts";
import { type ErrorSchema, errorEvent } from "../contract/error-shapes.ts";
import { TRUNCATED } from "../contract/openai-error.ts";
import { createStreamProbe } from "../contract/sse.ts";
import { createEventHold } from "../contract/whole-events.ts";
import { pump, type Translation } from "./pump.ts";

/**
 * Hands an event stream on as it is, in whole events, and reads along. If the provider breaks off, or ends without its
 * terminal marker, one typed error event takes the place of what is missing.
 *
 * No `tee()`: it would keep the provider running after the caller left.
 */
export function observe(
  upstream: ReadableStream<Uint8Array>,
  terminal: StreamTerminal,
  schema: ErrorSchema = "openai",
): ReadableStream<Uint8Array> {
  return pump(upstream, createObservation(terminal, schema));
}

/** Says what the provider said. It is never done: what follows the terminal marker is the caller's too. */
export function createObservation(terminal: StreamTerminal, schema: ErrorSchema): Translation {
  const probe = createStreamProbe(terminal);
  const hold = createEventHold();
  const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
  const joined = (parts: readonly Uint8Array[]): string =>
    parts.reduce((text, part) => text + decoder.decode(part, { stream: true }), "");
  return {
    feed(chunk) {
      probe.feed(chunk);
      return joined(hold.take(chunk.slice()));
    },
    end: () => (probe.state === "open" ? errorEvent(TRUNCATED, schema) : joined(hold.rest())),
    done: false,
  };
}
