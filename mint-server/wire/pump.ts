import { type Chunk, utf8 } from "../contract/bytes.ts";
import { GRACE_MS, pumpBytes } from "./pump-bytes.ts";

/** From a provider's stream to the caller's text. */
export interface Translation {
  /** Takes the provider's stream, however it is split, and gives what can be said now. Bytes must not be kept. */
  feed(chunk: Chunk): string;
  /** The provider's stream has ended, cleanly or not; gives what is still to be said. */
  end(): string;
  /** True once nothing that comes after matters. */
  readonly done: boolean;
  /** Whether what was said is a complete answer. */
  readonly isComplete?: boolean;
  /** True where the provider's bytes are no UTF-8 text. */
  readonly isBinary?: boolean;
  /** To be waited for before the next chunk is fed, where it says so. */
  ready?(): Promise<void> | undefined;
  /** Nothing more is asked of it: all was said, or the caller has left before. */
  closed?(): void;
}

/** A provider's stream and what is to be made of it; it is not read yet. */
export interface Passage {
  readonly upstream: ReadableStream<Uint8Array>;
  /** What was read of it already, and is still to be translated; text alone. */
  readonly begun?: readonly Uint8Array[];
  readonly translation: Translation;
  /** Ends it from outside; aborts also when the caller leaves. */
  readonly signal?: AbortSignal;
}

const OVER = "all was said";

/**
 * The provider's stream in the caller's words: whatever a chunk says is out before the next is waited for. The caller's
 * pace is the provider's pace; a caller who leaves, a broken provider and a translation that throws each end both sides.
 *
 * A caller who leaves while the provider is silent is noticed by `signal`, or by the one that the provider was fetched with.
 */
export function pump(
  upstream: ReadableStream<Uint8Array>,
  translation: Translation,
  signal?: AbortSignal,
): ReadableStream<Uint8Array> {
  return pumpPassage({ upstream, translation, ...(signal && { signal }) });
}

/** The same, of a stream that may have been begun. */
export function pumpPassage(passage: Passage): ReadableStream<Uint8Array> {
  const { upstream, translation, signal } = passage;
  return translation.isBinary ? pumpBytes(upstream, translation, signal) : pumpText(passage);
}

/** In HTML nothing after this tag is markup, not even its end tag (HTML Standard §13.2.5.5): all that follows is text. */
const PLAINTEXT = "plaintext";
const AS_HTML: ResponseInit = { headers: { "content-type": "text/html; charset=utf-8" } };
const RAW: ContentOptions = { html: true };

/**
 * An `HTMLRewriter` that sees nothing but text: workerd reads and writes natively and calls in once a chunk, with no promise
 * in between. Reading and writing in JavaScript costs twice to three times as much (`bench/cases/translate.ts`).
 */
function pumpText({ upstream, begun = [], translation, signal }: Passage): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream();
  const stop = new AbortController();
  let isOver = false;
  const said = (say: () => string): string => {
    if (isOver) return "";
    try {
      const text = say();
      isOver = translation.done;
      if (isOver) setTimeout(() => stop.abort(OVER), GRACE_MS);
      return text;
    } catch (error) {
      isOver = true;
      stop.abort(error);
      return "";
    }
  };
  const rewriter = new HTMLRewriter()
    .on(PLAINTEXT, {
      element(tag) {
        tag.removeAndKeepContent();
      },
      text(chunk) {
        const { text: told } = chunk;
        const text = said(() => translation.feed(told));
        if (text === "") chunk.remove();
        // What is said as it was told is there already.
        else if (text !== told) chunk.replace(text, RAW);
        return translation.ready?.();
      },
    })
    .onDocument({
      end(document) {
        document.append(
          said(() => translation.end()),
          RAW,
        );
      },
    });
  const { body } = rewriter.transform(new Response(readable, AS_HTML));
  const head = [utf8(`<${PLAINTEXT}>`), ...begun];
  void carry(upstream, writable, { head, stop: stop.signal, leaving: signal }).then(() => translation.closed?.());
  // A response made with a body has one.
  return body as ReadableStream<Uint8Array>;
}

interface Carrying {
  /** What goes before the provider's bytes. */
  readonly head: readonly Uint8Array[];
  /** Aborted with `OVER` when the grace has passed, with an error when the translation threw. */
  readonly stop: AbortSignal;
  readonly leaving: AbortSignal | undefined;
}

/** Carries the provider's bytes, and ends the answer in order however the provider ends. */
async function carry(
  upstream: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
  { head, stop, leaving }: Carrying,
): Promise<void> {
  const writer = writable.getWriter();
  const begun = head.map((bytes) => writer.write(bytes));
  writer.releaseLock();
  const signal = leaving ? AbortSignal.any([leaving, stop]) : stop;
  // A broken connection is an end like any other; what the caller is told of it, the translation decides.
  await upstream.pipeTo(writable, { preventClose: true, preventAbort: true, signal }).catch(() => {});
  const ended = stop.aborted && stop.reason !== OVER ? writable.abort(stop.reason) : writable.close();
  // The caller may have left: nobody is there to be told.
  await Promise.all([...begun, ended]).catch(() => {});
}
