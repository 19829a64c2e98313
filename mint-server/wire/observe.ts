import { utf8 } from "../contract/bytes.ts";
import type { StreamTerminal } from "../contract/endpoints.ts";
import { type ErrorSchema, errorEvent } from "../contract/error-shapes.ts";
import { TRUNCATED } from "../contract/openai-error.ts";
import { createStreamProbe } from "../contract/sse.ts";
import { createEventHold } from "../contract/whole-events.ts";

const READ_BYTES = 16 * 1024;

/**
 * Hands an event stream on byte for byte, in whole events, and reads along. If the provider breaks off, or ends without its
 * terminal marker, one typed error event takes the place of what is missing.
 *
 * One loop, no `TransformStream` and no `tee()`: on workerd both cost more, and `tee()` would keep the provider running
 * after the caller left. A write waits until the caller has read, so a slow caller slows the provider down.
 */
export function observe(
  upstream: ReadableStream<Uint8Array>,
  terminal: StreamTerminal,
  schema: ErrorSchema = "openai",
): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream();
  void follow(upstream, writable, { terminal, schema });
  return readable;
}

async function follow(
  upstream: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
  { terminal, schema }: { readonly terminal: StreamTerminal; readonly schema: ErrorSchema },
): Promise<void> {
  const reader = upstream.getReader({ mode: "byob" });
  const writer = writable.getWriter();
  const probe = createStreamProbe(terminal);
  // A caller who leaves while the provider is silent is noticed here, not at the next write.
  writer.closed.catch((reason: unknown) => reader.cancel(reason).catch(() => {}));
  const hold = createEventHold();
  const write = async (parts: readonly Uint8Array[]): Promise<void> => {
    for (const part of parts) await writer.write(part);
  };
  const append = async (): Promise<void> => {
    let buffer = new ArrayBuffer(READ_BYTES);
    for (;;) {
      // A broken connection is an end like any other: the probe tells whether anything is missing.
      const step = await reader.read(new Uint8Array(buffer)).catch(() => undefined);
      if (!step || step.done) return;
      probe.feed(step.value);
      await write(hold.take(step.value.slice()));
      buffer = step.value.buffer;
    }
  };
  try {
    await append();
    await write(probe.state === "open" ? [utf8(errorEvent(TRUNCATED, schema))] : hold.rest());
    await writer.close();
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    await writer.abort(error).catch(() => {});
  }
}
