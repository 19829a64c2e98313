/** workerd's own. */
declare const IdentityTransformStream: new () => TransformStream<Uint8Array, Uint8Array>;

/** An ordinary relay: each chunk read and written in JavaScript, and nothing made of it. */
const relaying = {
  async fetch(request: Request, { UPSTREAM }: { readonly UPSTREAM: string }): Promise<Response> {
    const { body, status, headers } = await fetch(UPSTREAM, request);
    if (!body) return new Response(null, { status });
    const { readable, writable } = new IdentityTransformStream();
    // Who leaves is noticed by the failing write, which ends the reading.
    void relay(body.getReader(), writable.getWriter()).catch(() => {});
    return new Response(readable, { status, headers });
  },
};

// biome-ignore lint/style/noDefaultExport: workerd takes the handler from the default export.
export default relaying;

async function relay(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  writer: WritableStreamDefaultWriter<Uint8Array>,
): Promise<void> {
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) await writer.write(step.value);
    await writer.close();
  } finally {
    await reader.cancel().catch(() => {});
  }
}
