import { utf8 } from "../mint-server/contract/bytes.ts";
import { type ErrorSchema, errorEvent } from "../mint-server/contract/error-shapes.ts";
import { TRUNCATED } from "../mint-server/contract/openai-error.ts";
import { createEventHold, type EventHold } from "../mint-server/contract/whole-events.ts";

/** How a body ended. `failed`: cut, or its provider said so. */
export type Outcome = "complete" | "cancelled" | "failed";

/** What follows a body on its way. */
export interface Watch {
  /** Each chunk, before it goes to the reader. Throwing cuts the stream here. */
  chunk?(bytes: Uint8Array): void;
  /**
   * Event streams only: asked at the end, however it came, since a clean end proves nothing. Unless it is true, one
   * error event is added. Where absent, the transport's word is good enough.
   */
  isWhole?(): boolean | Promise<boolean>;
  /** How its caller reads errors; OpenAI's way unless given. */
  readonly schema?: ErrorSchema;
  /** Called once. */
  end(outcome: Outcome, cause?: unknown): void;
  /** The reader gave up; `end` follows. */
  cancelled(): void;
  /** Fires when the caller has given up otherwise than by cancelling the stream. */
  readonly signal: AbortSignal | undefined;
}

type Step = { readonly parts: readonly Uint8Array[] } | { readonly cause: unknown } | undefined;

/**
 * Hands a body on byte for byte, one chunk in flight: a reader that pauses makes the source pause. It never ends an
 * event stream short without saying so, nor inside an event: what it adds must not run into half of one.
 */
export function relay(source: ReadableStream<Uint8Array>, watch: Watch): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  const hold = watch.isWhole && createEventHold();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const step = await nextStep(reader, watch, hold);
      if (!step || "cause" in step) return finish(controller, { watch, hold, broken: step });
      for (const part of step.parts) controller.enqueue(part);
    },
    async cancel(reason) {
      watch.cancelled();
      watch.end("cancelled");
      await reader.cancel(reason).catch(() => undefined);
    },
  });
}

/** Reads until there is something to hand on: a pull that gave nothing would not be asked again. */
async function nextStep(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  watch: Watch,
  hold: EventHold | undefined,
): Promise<Step> {
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      watch.chunk?.(value);
      const parts = hold ? hold.take(value) : [value];
      if (parts.length > 0) return { parts };
    }
  } catch (cause) {
    // A watch that throws leaves the source open.
    void reader.cancel(cause).catch(() => undefined);
    return { cause };
  }
}

interface Ending {
  readonly watch: Watch;
  readonly hold: EventHold | undefined;
  readonly broken: { readonly cause: unknown } | undefined;
}

async function finish(
  controller: ReadableStreamDefaultController<Uint8Array>,
  { watch, hold, broken }: Ending,
): Promise<void> {
  if (watch.signal?.aborted) {
    watch.end("cancelled");
    controller.error(watch.signal.reason);
  } else if (watch.isWhole ? await watch.isWhole() : !broken) {
    for (const part of hold?.rest() ?? []) controller.enqueue(part);
    watch.end("complete");
    controller.close();
  } else if (hold) {
    controller.enqueue(utf8(errorEvent(TRUNCATED, watch.schema)));
    watch.end("failed", broken?.cause);
    controller.close();
  } else {
    watch.end("failed", broken?.cause);
    controller.error(broken?.cause);
  }
}
