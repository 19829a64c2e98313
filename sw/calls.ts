/** The requests that a worker is answering, by the ids that their pages gave them. */
export interface Calls {
  /** Starts a call; its controller is aborted already if the page gave up before the worker saw the request. */
  begin(id: string): AbortController;
  cancel(id: string): void;
  has(id: string): boolean;
  end(id: string): void;
}

/** How many cancelled ids are remembered whose request has not come yet. */
const MAX_EARLY_CANCELS = 256;

/** Keeps track of running calls. */
export function createCalls(): Calls {
  const running = new Map<string, AbortController>();
  const early = new Set<string>();
  return {
    begin(id) {
      const abort = new AbortController();
      running.set(id, abort);
      if (early.delete(id)) abort.abort();
      return abort;
    },
    cancel(id) {
      const abort = running.get(id);
      if (abort) return abort.abort();
      early.add(id);
      for (const oldest of early) {
        if (early.size <= MAX_EARLY_CANCELS) break;
        early.delete(oldest);
      }
    },
    has: (id) => running.has(id),
    end(id) {
      running.delete(id);
    },
  };
}
