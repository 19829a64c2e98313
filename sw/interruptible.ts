/** A `fetch` whose connections can be broken from here, which to the caller is as if the network had done it. */
export function createInterruptible(fetch: typeof globalThis.fetch): {
  readonly fetch: typeof globalThis.fetch;
  /** Breaks all those that have a signal: a page's requests, not those of the pipeline itself. */
  readonly interrupt: () => void;
} {
  let breaker = new AbortController();
  return {
    fetch: (input, init) =>
      fetch(input, init?.signal ? { ...init, signal: AbortSignal.any([init.signal, breaker.signal]) } : init),
    interrupt() {
      breaker.abort();
      breaker = new AbortController();
    },
  };
}
