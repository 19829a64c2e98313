/**
 * A `fetch` whose connections can be broken from here, which to the caller is as if the network had done it. Not by
 * `AbortSignal.any`: in WebKit what that gives can be collected, and then a fetch hears of no abort any more.
 */
export function createInterruptible(fetch: typeof globalThis.fetch): {
  readonly fetch: typeof globalThis.fetch;
  /** Breaks all those that have a signal: a page's requests, not those of the pipeline itself. */
  readonly interrupt: () => void;
} {
  // Weakly: it is the caller's signal that keeps them, for as long as it may fire.
  const breakers = new Set<WeakRef<AbortController>>();
  return {
    fetch(input, init) {
      const signal = init?.signal;
      if (!signal) return fetch(input, init);
      const breaker = new AbortController();
      const follow = () => breaker.abort(signal.reason);
      if (signal.aborted) follow();
      signal.addEventListener("abort", follow);
      for (const known of breakers) if (!known.deref()) breakers.delete(known);
      breakers.add(new WeakRef(breaker));
      return fetch(input, { ...init, signal: breaker.signal });
    },
    interrupt() {
      for (const breaker of breakers) breaker.deref()?.abort();
      breakers.clear();
    },
  };
}
