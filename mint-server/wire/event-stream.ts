import { createTextReader } from "../contract/bytes.ts";
import { createEventParser } from "../contract/event-parser.ts";
import type { Framing } from "./wire-format.ts";

/** Longest event of a provider's stream, in characters: Gemini's can hold whole images. */
const MAX_EVENT_LENGTH = 16 * 1024 * 1024;

/** Server-sent events (HTML Standard §9.2), which all but one of the wire formats use. */
export const EVENT_STREAM: Framing = {
  contentType: "text/event-stream",
  isBinary: false,
  createReader({ onEvent, onBroken }) {
    const textOf = createTextReader();
    const parser = createEventParser({
      maxBufferSize: MAX_EVENT_LENGTH,
      onEvent,
      onError({ type }) {
        if (type === "max-buffer-size-exceeded") onBroken();
      },
    });
    return (chunk) => parser.feed(textOf(chunk));
  },
};
