/** Tells those who wait for the next of something, all at once. */
export interface Bell {
  ring(): void;
  /** Resolves when it next rings. */
  next(): Promise<void>;
  /** Calls whenever it rings, at once; returns how to stop that. A call costs a fraction of what a promise does. */
  listen(listener: () => void): () => void;
}

export function createBell(): Bell {
  let waiting: PromiseWithResolvers<void> | undefined;
  const listeners = new Set<() => void>();
  return {
    ring() {
      waiting?.resolve();
      waiting = undefined;
      for (const listener of listeners) listener();
    },
    next() {
      waiting ??= Promise.withResolvers();
      return waiting.promise;
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
