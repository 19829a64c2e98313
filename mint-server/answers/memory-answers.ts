import { createAnswering } from "./answering.ts";
import type { AnsweringServices, Answers } from "./answers.ts";
import { orderOf, withAccount } from "./object-answers.ts";
import { markKeyOf } from "./place.ts";

/** Answers under way in this process alone. */
export function createMemoryAnswers(services: AnsweringServices): Answers {
  const host = createAnswering({ services });
  return {
    join(joining) {
      const order = orderOf(joining);
      joining.call.request.signal.addEventListener("abort", () => void host.leave(order.ticket));
      return withAccount(joining, host.join(order), () => host.account(order.ticket));
    },
    cancel: (caller, idempotencyKey, now) => host.cancel(markKeyOf(caller, idempotencyKey), now),
  };
}
