import { type Caller, isLimited } from "../credentials/verify.ts";
import { ok, type Result } from "../failures.ts";
import type { Endpoint } from "../providers/provider.ts";
import { selectRoute } from "../providers/select.ts";
import type { Services } from "../server.ts";
import { livePriceOf } from "./live-price.ts";
import { REALTIME_FREE } from "./price.ts";
import { createSessionBudget } from "./session-budget.ts";
import { createSessionTime, type SessionTime } from "./session-time.ts";
import { callerOf } from "./sideband.ts";
import type { CallOrder } from "./sideband-calls.ts";

/** Seconds of a session that are paid for at once. */
export const PAID_SECONDS = 30;

/** A Live session that was counted and may begin. */
export interface ReadyLive {
  readonly order: CallOrder;
  readonly caller: Caller;
  readonly endpoints: readonly Endpoint[];
  readonly time: SessionTime;
  /** Pays for the next {@link PAID_SECONDS}. */
  readonly pay: (now: number) => Promise<Result<void>>;
}

/**
 * Counts a Live session, and pays for its first half minute.
 *
 * @param isResumed true for one that was counted before, and goes on after this server was started anew
 */
export async function readyLive(services: Services, order: CallOrder, isResumed = false): Promise<Result<ReadyLive>> {
  const { model, now, credential } = order;
  const found = await callerOf(services, order);
  if (!found.ok) return found;
  const caller = found.value;
  const route = selectRoute(services.config, caller, { model, headers: new Headers() });
  if (!route.ok) return route;
  const all = route.value.kind === "endpoints" ? route.value.endpoints : [];
  const endpoints = all.filter(({ name }) => order.endpoints.includes(name));
  const parts = { client: services.ledgerOf(order.ledger), caller, credential };
  const budget = isLimited(caller)
    ? createSessionBudget({ ...parts, price: REALTIME_FREE, transcriptionPriceOf: livePriceOf })
    : undefined;
  const time = createSessionTime(parts);
  const started = budget && !isResumed ? await budget.start(now) : ok(undefined);
  if (!started.ok) return started;
  const leased = await time.start(now);
  if (!leased.ok) return leased;
  const pay = async (at: number): Promise<Result<void>> =>
    budget ? budget.payTranscription({ model, seconds: PAID_SECONDS, now: at }) : ok(undefined);
  const paid = await pay(now);
  if (!paid.ok) {
    time.stop(Date.now());
    return paid;
  }
  return ok({ order, caller, endpoints, time, pay });
}
