import { DurableObject } from "cloudflare:workers";
import type { AnswersHost, JoinedAnswer, JoinOrder } from "./answers/answers.ts";
import type { MintServerConfig } from "./config.ts";
import { lentBy, type PlatformBindings } from "./platform-bindings.ts";
import { createObjectShelf, type ResponseHost } from "./responses/shelf.ts";
import type { ShelfTable } from "./responses/shelf-table.ts";
import { createServices } from "./server.ts";
import type { CallAccount } from "./telemetry/record.ts";
import { lazy } from "./wire/lazy.ts";

const answering = lazy(() => import("./answers/answering.ts"));
const tables = lazy(() => import("./responses/shelf-table.ts"));

/** What has expired lies no longer than so much more. */
const SWEEP_MS = 3_600_000;

/**
 * Makes the class of the Durable Objects that have answers under way. Export it from a Worker that embeds the mint-server, and
 * bind it as `ANSWERS`.
 *
 * @param configOf the configuration that the Worker's own `createMintServer` gets
 * @example
 * export const Answers = answersObject((env: Env) => configFrom(env));
 */
export function answersObject<Env extends PlatformBindings>(
  configOf: (env: Env) => MintServerConfig,
): new (
  state: DurableObjectState,
  env: Env,
) => DurableObject & AnswersHost & ResponseHost {
  return class extends DurableObject implements AnswersHost, ResponseHost {
    // Of its own: on workerd, what waits for something waits in the object that asked for it.
    #host: Promise<AnswersHost>;
    readonly #storage: DurableObjectStorage;
    #table: ShelfTable | undefined;

    constructor(state: DurableObjectState, env: Env) {
      super(state, env as never);
      this.#storage = state.storage;
      const waitUntil = (promise: Promise<unknown>): void => state.waitUntil(promise);
      // The answers are here: nobody is to be asked for them.
      const { answers, ...lent } = lentBy(env);
      const shelf = answers && createObjectShelf(answers);
      this.#host = (async () => {
        const starting = createServices(configOf(env), { ...lent, ...(shelf && { shelf }), waitUntil });
        const { createAnswering } = await answering();
        return createAnswering({ services: await starting, waitUntil });
      })();
    }

    async join(order: JoinOrder): Promise<JoinedAnswer> {
      return (await this.#host).join(order);
    }

    async leave(ticket: string): Promise<void> {
      return (await this.#host).leave(ticket);
    }

    async cancel(markKey: string, now: number): Promise<boolean> {
      return (await this.#host).cancel(markKey, now);
    }

    async account(ticket: string): Promise<CallAccount | undefined> {
      return (await this.#host).account(ticket);
    }

    async putResponse(owner: string, name: string, sealed: Uint8Array<ArrayBuffer>, expiresMs: number): Promise<void> {
      (await this.#shelf()).put({ owner, name, sealed, expiresMs });
      if ((await this.#storage.getAlarm()) === null) await this.#storage.setAlarm(Date.now() + SWEEP_MS);
    }

    async getResponses(owner: string, names: readonly string[]): Promise<(Uint8Array<ArrayBuffer> | undefined)[]> {
      return (await this.#shelf()).get(owner, names, Date.now());
    }

    override async alarm(): Promise<void> {
      const next = (await this.#shelf()).sweep(Date.now());
      if (next !== undefined) await this.#storage.setAlarm(Math.max(next, Date.now() + SWEEP_MS));
    }

    async #shelf(): Promise<ShelfTable> {
      const { createShelfTable } = await tables();
      this.#table ??= createShelfTable(this.#storage.sql);
      return this.#table;
    }
  };
}
