import { type Answer, failed } from "../answer.ts";
import type { ToldHealth } from "../providers/told-health.ts";
import type { Answers, AnswersHost, AnswersNamespace, Joining, JoinOrder } from "./answers.ts";
import { factsOfCaller, factsOfRequest } from "./facts.ts";
import { markKeyOf, shardOf, shardsOf } from "./place.ts";

/** Answers under way in Durable Objects, where all instances find them. */
export function createObjectAnswers(
  namespace: AnswersNamespace,
  told: ToldHealth,
  waitUntil: ((promise: Promise<unknown>) => void) | undefined,
): Answers {
  return {
    async join(joining) {
      const { caller, request } = joining.call;
      const { signal } = request;
      if (signal.aborted) return failed({ kind: "caller_left" });
      const host = namespace.getByName(shardOf(caller, joining.cacheName));
      const order = orderOf(joining);
      // A stream from another object does not tell it that its reader left, as long as nothing is written to it.
      const leave = (): void => waitUntil?.(host.leave(order.ticket).catch(() => {}));
      signal.addEventListener("abort", leave);
      const joined = joinAt(host, order, told).catch((): Answer => failed({ kind: "answers_unavailable" }));
      return withAccount(joining, joined, () => host.account(order.ticket));
    },
    async cancel(caller, idempotencyKey, now) {
      const markKey = markKeyOf(caller, idempotencyKey);
      const asked = shardsOf(caller).map((name) => namespace.getByName(name).cancel(markKey, now));
      return (await Promise.all(asked)).includes(true);
    },
  };
}

async function joinAt(host: AnswersHost, order: JoinOrder, told: ToldHealth): Promise<Answer> {
  const { health = [], ...answer } = await host.join(order);
  told.take(health);
  return answer;
}

/** Where somebody watches, the answer comes with a way to learn what is known of its call. */
export async function withAccount(
  { call }: Joining,
  joined: Promise<Answer>,
  account: NonNullable<Answer["account"]>,
): Promise<Answer> {
  return call.notes ? { ...(await joined), account } : joined;
}

export function orderOf({ call, routed, wish }: Joining): JoinOrder {
  const { headers, ...request } = factsOfRequest(routed.request, call.request);
  return {
    caller: factsOfCaller(call.caller),
    request: { ...request, headers: { ...headers, ...(call.notes && { traceparent: call.notes.traceparent }) } },
    wish,
    ticket: crypto.randomUUID(),
    now: call.now,
  };
}
