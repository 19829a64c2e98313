import { utf8 } from "../contract/bytes.ts";

/** From a provider's bytes to the caller's text. */
export interface Translation {
  /** Takes bytes of the provider's stream, however they are split, and gives what can be said now. The chunk must not be kept. */
  feed(chunk: Uint8Array): string;
  /** The provider's stream has ended, cleanly or not; gives what is still to be said. */
  end(): string;
  /** True once nothing that comes after matters. */
  readonly done: boolean;
  /** True where the provider's bytes are no UTF-8 text. */
  readonly isBinary?: boolean;
}

const READ_BYTES = 16 * 1024;

/** How long a provider may take to end its stream after all was said: a connection that ended by itself can be used again. */
const GRACE_MS = 250;

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
  return translation.isBinary ? pumpBytes(upstream, translation, signal) : pumpText(upstream, translation, signal);
}

/** In HTML nothing after this tag is markup, not even its end tag (HTML Standard §13.2.5.5): all that follows is text. */
const PLAINTEXT = "plaintext";
const AS_HTML: ResponseInit = { headers: { "content-type": "text/html; charset=utf-8" } };
const RAW: ContentOptions = { html: true };

/**
 * An `HTMLRewriter` that sees nothing but text: workerd reads and writes natively and calls in once a chunk, with no promise
 * in between. Reading and writing in JavaScript costs twice to three times as much (`bench/cases/translate.ts`).
 */
function pumpText(
  upstream: ReadableStream<Uint8Array>,
  translation: Translation,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream();
  const said = Promise.withResolvers<void>();
  const rewriter = new HTMLRewriter()
    .on(PLAINTEXT, {
      element(tag) {
        tag.removeAndKeepContent();
      },
      text(chunk) {
        const text = translation.done ? "" : translation.feed(utf8(chunk.text));
        if (text === "") chunk.remove();
        else chunk.replace(text, RAW);
        if (translation.done) said.resolve();
      },
    })
    .onDocument({
      end(document) {
        if (!translation.done) document.append(translation.end(), RAW);
      },
    });
  const { body } = rewriter.transform(new Response(readable, AS_HTML));
  void carry(upstream, writable, { said: said.promise, signal });
  // A response made with a body has one.
  return body as ReadableStream<Uint8Array>;
}

interface Carrying {
  readonly said: Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/** Puts the tag before the provider's bytes, and ends the answer in order however the provider ends. */
async function carry(
  upstream: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
  { said, signal }: Carrying,
): Promise<void> {
  const stop = new AbortController();
  void said.then(() => setTimeout(() => stop.abort(), GRACE_MS));
  const writer = writable.getWriter();
  try {
    await writer.write(utf8(`<${PLAINTEXT}>`));
    writer.releaseLock();
    await upstream
      .pipeTo(writable, {
        preventClose: true,
        preventAbort: true,
        signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
      })
      // A broken connection is an end like any other; what the caller is told of it, the translation decides.
      .catch(() => {});
    await writable.close();
  } catch {
    // The caller has left: nobody is there to be told.
  }
}

/** For bytes that are no text: a read and a write in JavaScript for each chunk. */
function pumpBytes(
  upstream: ReadableStream<Uint8Array>,
  translation: Translation,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream();
  void translateBytes({ upstream, writable, translation, signal });
  return readable;
}

interface BytesCarrying {
  readonly upstream: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly translation: Translation;
  readonly signal: AbortSignal | undefined;
}

async function translateBytes({ upstream, writable, translation, signal }: BytesCarrying): Promise<void> {
  const reader = upstream.getReader({ mode: "byob" });
  const writer = writable.getWriter();
  const leave = (reason?: unknown): Promise<void> => reader.cancel(reason).catch(() => {});
  writer.closed.catch(leave);
  signal?.addEventListener("abort", () => void leave(signal.reason));
  const say = async (text: string): Promise<void> => {
    if (text !== "") await writer.write(utf8(text));
  };
  try {
    let buffer = new ArrayBuffer(READ_BYTES);
    while (!translation.done) {
      const step = await reader.read(new Uint8Array(buffer)).catch(() => undefined);
      if (!step || step.done) break;
      await say(translation.feed(step.value));
      buffer = step.value.buffer;
    }
    if (!translation.done) await say(translation.end());
    await writer.close();
    await drained(reader, buffer);
  } catch (error) {
    await leave(error);
    await writer.abort(error).catch(() => {});
  }
}

/** Reads what is left for as long as the grace lasts. */
async function drained(reader: ReadableStreamBYOBReader, buffer: ArrayBuffer): Promise<void> {
  const timer = setTimeout(() => reader.cancel().catch(() => {}), GRACE_MS);
  for (let rest = buffer; ; ) {
    const step = await reader.read(new Uint8Array(rest)).catch(() => undefined);
    if (!step || step.done) break;
    rest = step.value.buffer as ArrayBuffer;
  }
  clearTimeout(timer);
}
