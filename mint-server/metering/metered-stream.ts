import type { ErrorDetails } from "../contract/openai-error.ts";
import { describe } from "../failure-answers.ts";
import type { Deadlines } from "../providers/deadlines.ts";
import type { Passage, Translation } from "../wire/pump.ts";

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

export interface PassageParts {
  readonly body: ReadableStream<Uint8Array>;
  /** What was read of it already. */
  readonly begun?: readonly Uint8Array[] | undefined;
  readonly deadlines: Deadlines;
  readonly stream: MeteredStream;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
}

/** The provider's stream as the caller gets it: stopped where it is too slow. */
export function meteredPassage({ body, begun, deadlines, stream, signal }: PassageParts): Passage {
  const { translation, stopped } = stream;
  const watch = deadlines.watch((failure) => {
    const { details, status } = describe(failure);
    stream.stop(details, status);
  });
  return {
    upstream: body,
    ...(begun && { begun }),
    signal: AbortSignal.any([signal, stopped]),
    translation: {
      ...(translation.isBinary && { isBinary: true }),
      feed(chunk) {
        watch.touch();
        return translation.feed(chunk);
      },
      end: () => translation.end(),
      closed() {
        watch.over();
        translation.closed?.();
      },
      get done() {
        return translation.done;
      },
      get isComplete() {
        return translation.isComplete ?? false;
      },
    },
  };
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
      get isComplete() {
        return lastWord === undefined && inner.isComplete === true;
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
