/** How long a request is refused that was cancelled before it came. */
const CANCELLED_MS = 10_000;
const MAX_CANCELLED = 4096;

/** What was cancelled lately: a cancel may overtake the request that it means. Times in milliseconds since the epoch. */
export interface CancelledMarks {
  add(mark: string, now: number): void;
  has(mark: string, now: number): boolean;
}

export function createCancelledMarks(): CancelledMarks {
  const marks = new Map<string, number>();
  return {
    add(mark, now) {
      for (const [other, until] of marks) {
        if (until > now && marks.size < MAX_CANCELLED) break;
        marks.delete(other);
      }
      marks.delete(mark);
      marks.set(mark, now + CANCELLED_MS);
    },
    has: (mark, now) => (marks.get(mark) ?? 0) > now,
  };
}
