import { DurableObject } from "cloudflare:workers";
import type { MintServerConfig } from "./config.ts";
import type { Result } from "./failures.ts";
import { lentBy, type PlatformBindings } from "./platform-bindings.ts";
import type { CallPlace } from "./realtime/calls-id.ts";
import type { BegunCall, CallOrder, Calls } from "./realtime/sideband-calls.ts";
import type { StoredCall, WatchedCalls, WatchedCallsParts } from "./realtime/sideband-watched.ts";
import { createServices, type Services } from "./server.ts";
import { lazy } from "./wire/lazy.ts";

const watched = lazy(() => import("./realtime/sideband-watched.ts"));

/**
 * Makes the class of the Durable Objects that watch over calls, one for each ledger. A request's own context ends long before
 * a call does; an object's lasts as long as its connections, and an alarm brings it back where it did not. What is stored of
 * a call is sealed. Export it from a Worker that embeds the mint-server, and bind it as `CALLS`.
 *
 * @param configOf the configuration that the Worker's own `createMintServer` gets
 * @example
 * export const Calls = callsObject((env: Env) => configFrom(env));
 */
export function callsObject<Env extends PlatformBindings>(
  configOf: (env: Env) => MintServerConfig,
): new (
  state: DurableObjectState,
  env: Env,
) => DurableObject & Calls {
  return class extends DurableObject implements Calls {
    readonly #parts: WatchedCallsParts;
    #calls: Promise<WatchedCalls> | undefined;

    constructor(state: DurableObjectState, env: Env) {
      super(state, env as never);
      const { sql } = state.storage;
      sql.exec("CREATE TABLE IF NOT EXISTS calls (id TEXT PRIMARY KEY, sealed TEXT NOT NULL)");
      const waitUntil = (promise: Promise<unknown>): void => state.waitUntil(promise);
      let services: Promise<Services> | undefined;
      this.#parts = {
        services: () => (services ??= createServices(configOf(env), { ...lentBy(env), waitUntil })),
        store: {
          all: () => sql.exec<StoredCall>("SELECT id, sealed FROM calls").toArray(),
          put: ({ id, sealed }) => void sql.exec("INSERT OR REPLACE INTO calls VALUES (?, ?)", id, sealed),
          delete: (id) => void sql.exec("DELETE FROM calls WHERE id = ?", id),
          wakeIn: (ms) => state.storage.setAlarm(Date.now() + ms),
        },
      };
    }

    #watched(): Promise<WatchedCalls> {
      this.#calls ??= (async () => (await watched()).createWatchedCalls(this.#parts))();
      return this.#calls;
    }

    async begin(order: CallOrder): Promise<Result<BegunCall>> {
      return (await this.#watched()).begin(order);
    }

    async attach(id: string, place: CallPlace): Promise<Result<void>> {
      return (await this.#watched()).attach(id, place);
    }

    async drop(id: string): Promise<void> {
      return (await this.#watched()).drop(id);
    }

    override async alarm(): Promise<void> {
      return (await this.#watched()).wake();
    }
  };
}
