/** How far what was sent to one side may run ahead of what it can have taken. */
export interface Backlog {
  /**
   * Counts what is sent. False once more waits than may.
   *
   * @param now milliseconds since the epoch
   */
  add(sizeBytes: number, now: number): boolean;
}

/**
 * workerd has neither `bufferedAmount` nor a pause, so what a stalled peer leaves waiting can only be bounded from outside: it
 * is taken to read at `bytesPerSecond`, and to hold back no more than `windowBytes`.
 */
export function createBacklog({ windowBytes, bytesPerSecond }: BacklogOptions): Backlog {
  let waiting = 0;
  let at: number | undefined;
  return {
    add(sizeBytes, now) {
      const seconds = Math.max(0, now - (at ?? now)) / 1000;
      at = now;
      waiting = Math.max(0, waiting - seconds * bytesPerSecond) + sizeBytes;
      return waiting <= windowBytes;
    },
  };
}

export interface BacklogOptions {
  readonly windowBytes: number;
  readonly bytesPerSecond: number;
}

/**
 * A client takes in what it plays: 64 kB a second of 24 kHz PCM as base64, and the JSON around it. Models speak faster than that;
 * the window holds all of the longest answer of OpenAI's API (4,096 tokens are 205 s, 13.1 MB), so that only a client which reads
 * nothing is past it.
 */
export const TO_CLIENT: BacklogOptions = { windowBytes: 14 * 1024 * 1024, bytesPerSecond: 96_000 };

/** A provider takes what comes; more than this at once is a flood. */
export const TO_PROVIDER: BacklogOptions = { windowBytes: 32 * 1024 * 1024, bytesPerSecond: 1024 * 1024 };
