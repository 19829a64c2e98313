import { utf8 } from "../contract/bytes.ts";
import type { Translation } from "./pump.ts";

/** How long a provider may take to end its stream after all was said: a connection that ended by itself can be used again. */
export const GRACE_MS = 250;

/** For bytes that are no text: a read and a write in JavaScript for each chunk. */
export function pumpBytes(
  upstream: ReadableStream<Uint8Array>,
  translation: Translation,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream();
  const reader = upstream.getReader();
  const writer = writable.getWriter();
  const leave = (reason?: unknown): Promise<void> => reader.cancel(reason).catch(() => {});
  writer.closed.catch(leave);
  signal?.addEventListener("abort", () => void leave(signal.reason));
  void translate({ reader, writer, translation })
    .catch(async (error) => {
      await leave(error);
      await writer.abort(error).catch(() => {});
    })
    .then(() => translation.closed?.());
  return readable;
}

interface Ends {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly translation: Translation;
}

async function translate({ reader, writer, translation }: Ends): Promise<void> {
  const say = async (text: string): Promise<void> => {
    if (text !== "") await writer.write(utf8(text));
  };
  while (!translation.done) {
    const chunk = await next(reader);
    if (!chunk) break;
    await say(translation.feed(chunk));
    await translation.ready?.();
  }
  if (!translation.done) await say(translation.end());
  await drain(reader);
  await writer.close();
}

/** A broken connection is an end like any other; what the caller is told of it, the translation decides. */
async function next(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | undefined> {
  const step = await reader.read().catch(() => undefined);
  return step?.done ? undefined : step?.value;
}

/** Reads what is left, for as long as the grace lasts: a closed answer would take the request's own time with it. */
async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const timer = setTimeout(() => void reader.cancel().catch(() => {}), GRACE_MS);
  while (await next(reader)) {}
  clearTimeout(timer);
}
