import { DurableObject } from "cloudflare:workers";
import type { AnswersHost, JoinedAnswer, JoinOrder } from "./answers/answers.ts";
import type { MintServerConfig } from "./config.ts";
import { lentBy, type PlatformBindings } from "./platform-bindings.ts";
import { createServices } from "./server.ts";
import type { CallAccount } from "./telemetry/record.ts";
import { lazy } from "./wire/lazy.ts";

const answering = lazy(() => import("./answers/answering.ts"));

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
) => DurableObject & AnswersHost {
  return class extends DurableObject implements AnswersHost {
    // Of its own: on workerd, what waits for something waits in the object that asked for it.
    #host: Promise<AnswersHost>;

    constructor(state: DurableObjectState, env: Env) {
      super(state, env as never);
      const waitUntil = (promise: Promise<unknown>): void => state.waitUntil(promise);
      // The answers are here: nobody is to be asked for them.
      const { answers: _, ...lent } = lentBy(env);
      this.#host = (async () => {
        const starting = createServices(configOf(env), { ...lent, waitUntil });
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
  };
}
