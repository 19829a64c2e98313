/** Hands an event stream's bytes on in whole events. */
export interface EventHold {
  /** Takes a chunk, which must not change afterwards, and gives what may go on: all bytes up to the end of the last whole event. */
  take(chunk: Uint8Array): readonly Uint8Array[];
  /** What is still held: the beginning of an event, or nothing. */
  rest(): readonly Uint8Array[];
}

/** Most bytes held; an event beyond that goes on as it comes. */
const MAX_HELD_BYTES = 16 * 1024 * 1024;

const LF = 0x0a;
const CR = 0x0d;

/**
 * Half an event cannot be taken back: when a stream is cut inside one, whatever is added after it ends that half, and an
 * SDK stumbles over its broken JSON before it reads why. So an event goes on when all of it is there, which is when a
 * parser could first use it.
 */
export function createEventHold(): EventHold {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let before = "";
  const hold = (bytes: Uint8Array): void => {
    if (bytes.length === 0) return;
    held.push(bytes);
    heldBytes += bytes.length;
  };
  return {
    take(chunk) {
      const end = lastEventEnd(chunk, before);
      before = lastLineEnds(chunk, before);
      if (end < 0 && heldBytes + chunk.length <= MAX_HELD_BYTES) {
        hold(chunk);
        return [];
      }
      const whole = end < 0 || end === chunk.length ? chunk : chunk.subarray(0, end);
      const parts = [...held, ...(whole.length > 0 ? [whole] : [])];
      held = [];
      heldBytes = 0;
      hold(chunk.subarray(whole.length));
      return parts;
    },
    rest: () => held,
  };
}

/** Index after the last blank line of `chunk`, or -1. `before` holds the line ends that stand right before the chunk. */
function lastEventEnd(chunk: Uint8Array, before: string): number {
  const at = (index: number): number | undefined =>
    index >= 0 ? chunk[index] : before.charCodeAt(before.length + index);
  for (let index = chunk.length - 1; index >= 0; index--) {
    const byte = chunk[index];
    if (byte !== LF && byte !== CR) continue;
    // CR LF is one line end; what stands before it decides whether the line was blank.
    const previous = byte === LF && at(index - 1) === CR ? at(index - 2) : at(index - 1);
    if (previous === LF || previous === CR) return index + 1;
  }
  return -1;
}

function lastLineEnds(chunk: Uint8Array, before: string): string {
  let ends = chunk.length < 2 ? before : "";
  for (const byte of chunk.subarray(-2)) ends = byte === LF || byte === CR ? ends + String.fromCharCode(byte) : "";
  return ends.slice(-2);
}
