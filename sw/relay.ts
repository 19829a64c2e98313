import { utf8 } from "../mint-server/contract/bytes.ts";
import { type ErrorSchema, errorEvent } from "../mint-server/contract/error-shapes.ts";
import { TRUNCATED } from "../mint-server/contract/openai-error.ts";
import { createEventHold, type EventHold } from "../mint-server/contract/whole-events.ts";

/** How a body ended. `failed`: cut, or its provider said so. */
export type Outcome = "complete" | "cancelled" | "failed";

/** Gives the rest of a body that was cut, from a byte of it on; `undefined` if that cannot be had. Never rejects. */
export type Again = (position: number) => Promise<ReadableStream<Uint8Array> | undefined>;

/** What follows a body on its way. */
export interface Watch {
  /** Each piece, right before it goes to the reader. */
  chunk?(bytes: Uint8Array): void;
  /**
   * Event streams only: asked at the end, however it came, since a clean end proves nothing. Unless it is true, one
   * error event is added. Where absent, the transport's word is good enough.
   */
  isWhole?(): boolean;
  /** Asked when the body was cut, before that is taken for its end. */
  readonly again?: Again | undefined;
  /** How its caller reads errors; OpenAI's way unless given. */
  readonly schema?: ErrorSchema;
  /** Called once. */
  end(outcome: Outcome, cause?: unknown): void;
  /** The reader gave up; `end` follows. */
  cancelled(): void;
  /** Fires when the caller has given up otherwise than by cancelling the stream. */
  readonly signal: AbortSignal | undefined;
}

/** A body's source, which is another one after a cut. */
interface Course {
  readonly watch: Watch;
  reader: ReadableStreamDefaultReader<Uint8Array>;
  hold: EventHold | undefined;
  /** Bytes handed on. */
  position: number;
  left: boolean;
  /** How often it broke since there was something to hand on. */
  stalls: number;
}

/** A body that breaks so often at one place will not go on. */
const MAX_STALLS = 5;

type Step = { readonly parts: readonly Uint8Array[] } | { readonly cause: unknown } | undefined;

/**
 * Hands a body on byte for byte, one chunk in flight: a reader that pauses makes the source pause. It never ends an
 * event stream short without saying so, nor inside an event: what it adds must not run into half of one. What comes
 * after a cut begins where the last whole event ended, too, so whoever looks at the rest alone can read it.
 */
export function relay(source: ReadableStream<Uint8Array>, watch: Watch): ReadableStream<Uint8Array> {
  const course: Course = { watch, ...startOf(source, watch), position: 0, left: false, stalls: 0 };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      for (;;) {
        const step = await nextStep(course);
        if (course.left) return;
        if (step && "parts" in step) return handOn(controller, course, step.parts);
        if (await goOn(course, step)) continue;
        return course.left ? undefined : finish(controller, course, step);
      }
    },
    async cancel(reason) {
      course.left = true;
      // In WebKit, a worker that aborts something while it is called to cancel an answer never hears of an event again.
      await undefined;
      watch.cancelled();
      watch.end("cancelled");
      await course.reader.cancel(reason).catch(() => undefined);
    },
  });
}

function startOf(source: ReadableStream<Uint8Array>, { isWhole }: Watch): Pick<Course, "reader" | "hold"> {
  return { reader: source.getReader(), hold: isWhole && createEventHold() };
}

/** Reads until there is something to hand on: a pull that gave nothing would not be asked again. */
async function nextStep({ reader, hold }: Course): Promise<Step> {
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      const parts = hold ? hold.take(value) : [value];
      if (parts.length > 0) return { parts };
    }
  } catch (cause) {
    return { cause };
  }
}

function handOn(
  controller: ReadableStreamDefaultController<Uint8Array>,
  course: Course,
  parts: readonly Uint8Array[],
): void {
  course.stalls = 0;
  for (const part of parts) {
    course.watch.chunk?.(part);
    course.position += part.byteLength;
    controller.enqueue(part);
  }
}

/** After a cut: true if the body goes on. What was held of an event comes again with the rest. */
async function goOn(course: Course, broken: Step): Promise<boolean> {
  const { watch, position } = course;
  if (course.left || watch.signal?.aborted || isComplete(watch, broken)) return false;
  if (++course.stalls > MAX_STALLS) return false;
  const rest = await watch.again?.(position);
  if (!rest) return false;
  if (course.left) {
    await rest.cancel().catch(() => undefined);
    return false;
  }
  Object.assign(course, startOf(rest, watch));
  return true;
}

function isComplete({ isWhole }: Watch, broken: Step): boolean {
  return isWhole ? isWhole() : broken === undefined;
}

function finish(controller: ReadableStreamDefaultController<Uint8Array>, course: Course, broken: Step): void {
  const { watch, hold } = course;
  const cause = broken && "cause" in broken ? broken.cause : undefined;
  if (watch.signal?.aborted) {
    watch.end("cancelled");
    controller.error(watch.signal.reason);
  } else if (isComplete(watch, broken)) {
    handOn(controller, course, hold?.rest() ?? []);
    watch.end("complete");
    controller.close();
  } else if (hold) {
    controller.enqueue(utf8(errorEvent(TRUNCATED, watch.schema)));
    watch.end("failed", cause);
    controller.close();
  } else {
    watch.end("failed", cause);
    controller.error(cause);
  }
}
