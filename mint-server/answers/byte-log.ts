/** An answer's bytes as far as they are kept: appended at the end, dropped at the beginning. */
export interface ByteLog {
  /** Position of the first byte that is kept, counted from the answer's first. */
  readonly start: number;
  /** Position behind the last byte. */
  readonly end: number;
  /** Memory that it takes. */
  readonly sizeBytes: number;
  /** Copies them in; what was appended at once is read at once, unless it is read from its middle. */
  append(bytes: Uint8Array): void;
  /**
   * What is there from a position on, as far as it lies in one piece: a view that must not be changed or transferred.
   * Undefined where nothing is there yet, or any more.
   */
  read(position: number): Uint8Array<ArrayBuffer> | undefined;
  /** Drops what lies before a position, as far as it fills whole pieces. */
  drop(position: number): void;
  /** All that is kept, in one piece. */
  whole(): Uint8Array<ArrayBuffer>;
}

interface Block {
  readonly at: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  filled: number;
}

const FIRST_BLOCK_BYTES = 4 * 1024;
const MAX_BLOCK_BYTES = 64 * 1024;

/**
 * In few large blocks: an array of the chunks themselves would weigh twice what they hold, and a reader who lags gets all
 * that waits in a block as one view, with nothing to join.
 */
export function createByteLog(): ByteLog {
  const blocks: Block[] = [];
  let start = 0;
  let end = 0;
  let sizeBytes = 0;
  const blockFor = (length: number): Block => {
    const last = blocks.at(-1);
    if (last && last.bytes.length - last.filled >= length) return last;
    const usual = last ? Math.min(2 * last.bytes.length, MAX_BLOCK_BYTES) : FIRST_BLOCK_BYTES;
    const block = { at: end, bytes: new Uint8Array(Math.max(usual, length)), filled: 0 };
    blocks.push(block);
    sizeBytes += block.bytes.length;
    return block;
  };
  return {
    get start() {
      return start;
    },
    get end() {
      return end;
    },
    get sizeBytes() {
      return sizeBytes;
    },
    append(bytes) {
      if (bytes.length === 0) return;
      const block = blockFor(bytes.length);
      block.bytes.set(bytes, block.filled);
      block.filled += bytes.length;
      end += bytes.length;
    },
    read(position) {
      if (position < start || position >= end) return undefined;
      // From the end: those who follow are mostly there.
      const block = blocks.findLast(({ at }) => at <= position);
      return block?.bytes.subarray(position - block.at, block.filled);
    },
    drop(position) {
      for (let [first] = blocks; first && first.at + first.filled <= position; [first] = blocks) {
        blocks.shift();
        sizeBytes -= first.bytes.length;
        start = first.at + first.filled;
      }
    },
    whole() {
      const bytes = new Uint8Array(end - start);
      for (const block of blocks) bytes.set(block.bytes.subarray(0, block.filled), block.at - start);
      return bytes;
    },
  };
}
