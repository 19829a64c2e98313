import { concat } from "./fields.ts";

/** Bytes that come in chunks and are kept until all are there. */
export interface Gathering {
  readonly sizeBytes: number;
  /** Takes a chunk, which must not change afterwards. */
  add(chunk: Uint8Array): void;
  /** All so far, in pieces. */
  parts(): readonly Uint8Array[];
}

/** A chunk holds on to what its platform read it into, which on workerd is 4 KiB for a single byte: so few are kept as they came. */
const MAX_LOOSE = 64;

/** Costs a small multiple of the bytes, however their sender cuts them up. */
export function createGathering(): Gathering {
  const joined: Uint8Array[] = [];
  let loose: Uint8Array[] = [];
  let sizeBytes = 0;
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    add(chunk) {
      sizeBytes += chunk.length;
      loose.push(chunk);
      if (loose.length < MAX_LOOSE) return;
      joined.push(concat(loose));
      loose = [];
    },
    parts: () => [...joined, ...loose],
  };
}
