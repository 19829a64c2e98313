import type { Chunk } from "./bytes.ts";

/** Hands an event stream on in whole events, as bytes or as text. */
export interface EventHold<Piece extends Chunk = Uint8Array> {
  /** Takes a chunk, which must not change afterwards, and gives what may go on: all up to the end of the last whole event. */
  take(chunk: Piece): readonly Piece[];
  /** What is still held: the beginning of an event, or nothing. */
  rest(): readonly Piece[];
}

/** Most that is held, in bytes or characters; an event beyond that goes on as it comes. */
const MAX_HELD_LENGTH = 16 * 1024 * 1024;

const LF = 0x0a;
const CR = 0x0d;

/**
 * Half an event cannot be taken back: when a stream is cut inside one, whatever is added after it ends that half, and an
 * SDK stumbles over its broken JSON before it reads why. So an event goes on when all of it is there, which is when a
 * parser could first use it.
 */
export function createEventHold<Piece extends Chunk = Uint8Array>(): EventHold<Piece> {
  let held: Piece[] = [];
  let heldLength = 0;
  let before = "";
  const hold = (piece: Piece): void => {
    if (piece.length === 0) return;
    held.push(piece);
    heldLength += piece.length;
  };
  return {
    take(chunk) {
      const end = lastEventEnd(chunk, before);
      before = lastLineEnds(chunk, before);
      if (end < 0 && heldLength + chunk.length <= MAX_HELD_LENGTH) {
        hold(chunk);
        return [];
      }
      const whole = end < 0 || end === chunk.length ? chunk : part(chunk, 0, end);
      const parts = [...held, ...(whole.length > 0 ? [whole] : [])];
      held = [];
      heldLength = 0;
      hold(part(chunk, whole.length));
      return parts;
    },
    rest: () => held,
  };
}

function part<Piece extends Chunk>(chunk: Piece, from: number, to?: number): Piece {
  return (typeof chunk === "string" ? chunk.slice(from, to) : chunk.subarray(from, to)) as Piece;
}

function codeAt(chunk: Chunk, index: number): number | undefined {
  return typeof chunk === "string" ? chunk.charCodeAt(index) : chunk[index];
}

/** Index after the last blank line of `chunk`, or -1. `before` holds the line ends that stand right before the chunk. */
function lastEventEnd(chunk: Chunk, before: string): number {
  const at = (index: number): number | undefined =>
    index >= 0 ? codeAt(chunk, index) : before.charCodeAt(before.length + index);
  for (let index = chunk.length - 1; index >= 0; index--) {
    const code = codeAt(chunk, index);
    if (code !== LF && code !== CR) continue;
    // CR LF is one line end; what stands before it decides whether the line was blank.
    const previous = code === LF && at(index - 1) === CR ? at(index - 2) : at(index - 1);
    if (previous === LF || previous === CR) return index + 1;
  }
  return -1;
}

function lastLineEnds(chunk: Chunk, before: string): string {
  let ends = chunk.length < 2 ? before : "";
  for (let index = Math.max(0, chunk.length - 2); index < chunk.length; index++) {
    const code = codeAt(chunk, index);
    ends = code === LF || code === CR ? ends + String.fromCharCode(code) : "";
  }
  return ends.slice(-2);
}
