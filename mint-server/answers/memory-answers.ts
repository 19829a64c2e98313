import type { AnsweringServices, Answers } from "./answers.ts";
import { orderOf, withAccount } from "./object-answers.ts";
import { markKeyOf } from "./place.ts";

/** Answers under way in this process alone. */
export function createMemoryAnswers(services: AnsweringServices): Answers {
  const loading = import("./answering.ts").then(({ createAnswering }) => createAnswering({ services }));
  return {
    async join(joining) {
      const host = await loading;
      const order = orderOf(joining);
      const { signal } = joining.call.request;
      const leave = (): void => void host.leave(order.ticket);
      signal.addEventListener("abort", leave);
      const joined = host.join(order);
      // It may have left while the first of all waited for the code.
      if (signal.aborted) leave();
      return withAccount(joining, joined, () => host.account(order.ticket));
    },
    cancel: async (caller, idempotencyKey, now) => (await loading).cancel(markKeyOf(caller, idempotencyKey), now),
  };
}
