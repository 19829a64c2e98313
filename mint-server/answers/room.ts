/** Most that is kept of one answer while somebody may still want it. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** Most that is kept of all. */
const MAX_BYTES = 64 * 1024 * 1024;
/** What any answer may take even then, so that each whose followers read goes on. */
const LEAST_BYTES = 128 * 1024;

/** What answers take together. */
export interface Room<Kept> {
  /** Whether there is room for more, for one that takes so many bytes; takes note of these. */
  has(kept: Kept, sizeBytes: number): boolean;
  /** It is not kept any more. */
  free(kept: Kept): void;
}

/** @param makeRoom gives up what nobody follows, one by one, as long as `isFull` */
export function createRoom<Kept>(makeRoom: (isFull: () => boolean) => void): Room<Kept> {
  const sizes = new Map<Kept, number>();
  let bytes = 0;
  const isFull = (): boolean => bytes >= MAX_BYTES;
  return {
    has(kept, sizeBytes) {
      bytes += sizeBytes - (sizes.get(kept) ?? 0);
      sizes.set(kept, sizeBytes);
      if (sizeBytes >= MAX_ANSWER_BYTES) return false;
      if (isFull()) makeRoom(isFull);
      return !isFull() || sizeBytes <= LEAST_BYTES;
    },
    free(kept) {
      bytes -= sizes.get(kept) ?? 0;
      sizes.delete(kept);
    },
  };
}
