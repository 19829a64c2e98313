/** Most bytes that are read of a body that nobody wants. */
const MAX_DRAINED_BYTES = 64 * 1024 * 1024;

/**
 * Reads what is left of a request's body and forgets it. A connection that closes while its caller still sends loses the
 * answer: without this, a refusal of a large request looks like a broken network.
 */
export async function drain({ body }: Request): Promise<void> {
  if (!body || body.locked) return;
  const reader = body.getReader();
  let sizeBytes = 0;
  try {
    while (sizeBytes <= MAX_DRAINED_BYTES) {
      const { done, value } = await reader.read();
      if (done) return;
      sizeBytes += value.length;
    }
  } catch {
    // The caller left: nobody waits for the answer.
  }
}
