import type { Deadlines } from "./providers/deadlines.ts";

/** Bytes as they come, broken off where they take too long: what is no text has no place for a word about it. */
export function timedBytes(body: ReadableStream<Uint8Array>, deadlines: Deadlines): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream();
  const reader = body.getReader();
  const writer = writable.getWriter();
  const watch = deadlines.watch(() => void reader.cancel().catch(() => {}));
  const carry = async (): Promise<void> => {
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      watch.touch();
      await writer.write(step.value);
    }
    if (deadlines.passed) throw new Error("too slow");
    await writer.close();
  };
  void carry()
    .catch(async (error) => {
      await Promise.all([writer.abort(error), reader.cancel()]).catch(() => {});
    })
    .finally(watch.over);
  return readable;
}
