/** What an answer's body was, once all of it has come. */
export interface Recorded {
  readonly body: Uint8Array<ArrayBuffer>;
  /** Pairs: bytes that were there, and milliseconds since the first of them. */
  readonly pace: readonly number[];
}

export interface Recording {
  /** Takes a chunk, which must not change afterwards. */
  chunk(bytes: Uint8Array): void;
  /** `undefined` for a body that is larger than may be kept. */
  finish(): Recorded | undefined;
}

/** Most marks of the pace: from there on every other one goes. */
const MAX_MARKS = 256;

/** Collects an answer's body as it passes, up to `maxBytes`. `now`: milliseconds on a clock that only goes forward. */
export function startRecording(maxBytes: number, now: () => number): Recording {
  let chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  let startedMs: number | undefined;
  let marks: (readonly [sizeBytes: number, ms: number])[] = [];
  return {
    chunk(bytes) {
      const nowMs = now();
      startedMs ??= nowMs;
      sizeBytes += bytes.length;
      if (sizeBytes > maxBytes) {
        chunks = [];
        return;
      }
      chunks.push(bytes);
      marks.push([sizeBytes, Math.round(nowMs - startedMs)]);
      if (marks.length > MAX_MARKS) marks = marks.filter((_, at) => at % 2 === 1);
    },
    finish() {
      if (sizeBytes > maxBytes) return undefined;
      const body = new Uint8Array(sizeBytes);
      let at = 0;
      for (const chunk of chunks) {
        body.set(chunk, at);
        at += chunk.length;
      }
      return { body, pace: marks.flat() };
    },
  };
}
