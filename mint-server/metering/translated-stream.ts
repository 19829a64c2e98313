import type { StreamEvent } from "../wire/chat-answer.ts";
import { createTranslation, type TranslationParts } from "../wire/translation.ts";
import { createMeter, type Meter, type MeterOptions } from "./meter.ts";
import { type MeteredStream, stoppable } from "./metered-stream.ts";

/** A translation that is counted by what it tells the caller's encoder. */
export function meterTranslatedStream(parts: TranslationParts, options: MeterOptions): MeteredStream {
  const { encoder } = parts;
  const meter = createMeter(options);
  const inner = createTranslation({
    ...parts,
    encoder: {
      encode(event) {
        count(event, meter);
        return encoder.encode(event);
      },
    },
  });
  return stoppable({
    inner,
    say: (details) => encoder.encode({ type: "error", details }),
    isOver: () => inner.done,
    onEnd: () => meter.settle(false),
  });
}

function count(event: StreamEvent, meter: Meter): void {
  switch (event.type) {
    case "start":
    case "usage":
      if (event.usage) meter.tell(event.usage);
      break;
    case "end":
    case "error":
      meter.settle(event.type === "end");
      break;
    case "finish":
    case "logprobs":
      break;
    default:
      meter.hear(event);
  }
}
