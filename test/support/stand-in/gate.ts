/** Lets the events of a stream through one by one, when the test says so. */
export interface Gate {
  /** Lets `count` more events through (1 unless given). */
  allow(count?: number): void;
  /** Resolves when the next event may be sent. */
  pass(): Promise<void>;
}

export function createGate(): Gate {
  let allowed = 0;
  const waiting: (() => void)[] = [];
  return {
    allow(count = 1) {
      allowed += count;
      while (allowed > 0 && waiting.length > 0) {
        allowed--;
        waiting.shift()?.();
      }
    },
    pass() {
      if (allowed > 0) {
        allowed--;
        return Promise.resolve();
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}
