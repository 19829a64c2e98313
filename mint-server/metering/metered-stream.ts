import type { ErrorDetails } from "../contract/openai-error.ts";
import { pump, type Translation } from "../wire/pump.ts";

/** A stream that is counted while it passes. */
export interface MeteredStream {
  readonly translation: Translation;
  /** Aborts when the stream was stopped. */
  readonly stopped: AbortSignal;
  /**
   * Ends the stream with one typed error event and closes the provider's connection, even while the provider is silent.
   * Does nothing to a stream that is complete or over.
   */
  stop(details: ErrorDetails, status?: number): void;
}

/** The provider's stream as the caller gets it. `signal` aborts when the caller leaves. */
export function pumpMetered(
  upstream: ReadableStream<Uint8Array>,
  { translation, stopped }: MeteredStream,
  signal?: AbortSignal,
): ReadableStream<Uint8Array> {
  return pump(upstream, translation, signal ? AbortSignal.any([signal, stopped]) : stopped);
}

/** What a metered stream is made of. */
export interface StoppableParts {
  readonly inner: Translation;
  /** The error event in the caller's schema. */
  readonly say: (details: ErrorDetails, status: number) => string;
  /** True once the answer is complete or has failed by itself. */
  readonly isOver: () => boolean;
  /** Called when the stream is stopped, and again when nothing more is asked of it. */
  readonly onEnd: () => void;
}

/** A translation that can be ended from outside. */
export function stoppable({ inner, say, isOver, onEnd }: StoppableParts): MeteredStream {
  const abort = new AbortController();
  let lastWord: string | undefined;
  let isDone = false;
  const finish = (): string => {
    isDone = true;
    return lastWord ?? "";
  };
  return {
    translation: {
      ...(inner.isBinary && { isBinary: true }),
      feed: (chunk) => (lastWord === undefined ? inner.feed(chunk) : finish()),
      end: () => (lastWord === undefined ? inner.end() : finish()),
      closed: onEnd,
      get done() {
        return isDone || inner.done;
      },
    },
    stopped: abort.signal,
    stop(details, status = 502) {
      if (lastWord !== undefined || isOver() || inner.done) return;
      lastWord = say(details, status);
      onEnd();
      abort.abort();
    },
  };
}
