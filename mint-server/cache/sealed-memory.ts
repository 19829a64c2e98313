/** Sealed answers in memory: those that were longest not used make room for new ones. */
export interface SealedMemory {
  /** What was put under a name, unless its time is over; nobody may change it. `nowMs`: milliseconds since the epoch. */
  get(name: string, nowMs: number): Uint8Array<ArrayBuffer> | undefined;
  put(name: string, bytes: Uint8Array<ArrayBuffer>, untilMs: number): void;
  drop(name: string): void;
}

/** What an entry takes beside its bytes, roughly. */
const OVERHEAD_BYTES = 256;

/** @param maxBytes how much is kept, what keeping takes included */
export function createSealedMemory(maxBytes: number): SealedMemory {
  // In the order of their last use: a map keeps the order in which names were set.
  const held = new Map<string, { readonly bytes: Uint8Array<ArrayBuffer>; readonly untilMs: number }>();
  let heldBytes = 0;
  const drop = (name: string): void => {
    const entry = held.get(name);
    if (!entry) return;
    held.delete(name);
    heldBytes -= entry.bytes.length + OVERHEAD_BYTES;
  };
  return {
    get(name, nowMs) {
      const entry = held.get(name);
      if (!entry) return undefined;
      if (entry.untilMs <= nowMs) {
        drop(name);
        return undefined;
      }
      held.delete(name);
      held.set(name, entry);
      return entry.bytes;
    },
    put(name, bytes, untilMs) {
      drop(name);
      const sizeBytes = bytes.length + OVERHEAD_BYTES;
      if (sizeBytes > maxBytes) return;
      held.set(name, { bytes, untilMs });
      heldBytes += sizeBytes;
      for (const oldest of held.keys()) {
        if (heldBytes <= maxBytes) break;
        drop(oldest);
      }
    },
    drop,
  };
}
