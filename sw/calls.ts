/** A request that a worker is answering. */
export interface Running {
  /** Aborted already if the page gave up before the worker saw the request. */
  readonly abort: AbortController;
  /** Resolves if the page says that it gave up. */
  readonly givenUp: Promise<void>;
  /** To be called once nothing is left to do for it. */
  readonly end: () => void;
}

/** The requests that a worker is answering, by the ids that their pages gave them. */
export interface Calls {
  begin(id: string): Running;
  /** Resolves when the request has ended. */
  cancel(id: string): Promise<void>;
  has(id: string): boolean;
}

/** How many cancelled ids are remembered whose request has not come yet. */
const MAX_EARLY_CANCELS = 256;

/** Keeps track of running calls. */
export function createCalls(): Calls {
  const running = new Map<string, { giveUp(): void; readonly ended: Promise<void> }>();
  const early = new Set<string>();
  return {
    begin(id) {
      const abort = new AbortController();
      const { promise: givenUp, resolve: tell } = Promise.withResolvers<void>();
      const { promise: ended, resolve: finish } = Promise.withResolvers<void>();
      const giveUp = () => {
        tell();
        abort.abort();
      };
      const call = { giveUp, ended };
      const end = () => {
        // A page that lost a stream asks for its rest under the same id.
        if (running.get(id) === call) running.delete(id);
        finish();
      };
      running.set(id, call);
      if (early.delete(id)) giveUp();
      return { abort, givenUp, end };
    },
    async cancel(id) {
      const call = running.get(id);
      if (call) {
        call.giveUp();
        return call.ended;
      }
      early.add(id);
      for (const oldest of early) {
        if (early.size <= MAX_EARLY_CANCELS) break;
        early.delete(oldest);
      }
    },
    has: (id) => running.has(id),
  };
}
