import { openKey } from "../credentials/seal.ts";
import { type Caller, isLimited } from "../credentials/verify.ts";
import { fail, ok, type Result } from "../failures.ts";
import type { Endpoint } from "../providers/provider.ts";
import { selectRoute } from "../providers/select.ts";
import type { Services } from "../server.ts";
import type { CallPlace } from "./calls-id.ts";
import { rulesFor } from "./calls-leash.ts";
import { namingEndpoint } from "./calls-upstream.ts";
import { fieldsOf } from "./events.ts";
import { dearest, priceNeeded, REALTIME_FREE, type RealtimePrice } from "./price.ts";
import { createSessionBudget, type SessionBudget } from "./session-budget.ts";
import { createSessionTime, type SessionTime } from "./session-time.ts";
import type { CallOrder } from "./sideband-calls.ts";
import { createCallMeter } from "./sideband-meter.ts";
import { type AheadPayments, createAheadPayments } from "./sideband-payments.ts";
import { type CallWatch, createCallWatch } from "./sideband-watch.ts";
import { LARGEST_CONTEXT } from "./token-estimates.ts";

/** A call that was counted and may begin. */
export interface ReadyCall {
  readonly order: CallOrder;
  readonly caller: Caller;
  readonly endpoints: readonly Endpoint[];
  readonly watch: CallWatch;
  readonly time: SessionTime;
  readonly budget: SessionBudget | undefined;
  /** Present where tokens or money are limited. */
  readonly payments: AheadPayments | undefined;
  readonly meter: ReturnType<typeof createCallMeter>;
  readonly maxOutputTokens: number | undefined;
}

/**
 * Counts a call, and sets aside what it needs to begin.
 *
 * @param isResumed true for one that was counted before, and goes on after this server was started anew
 */
export async function readyCall(services: Services, order: CallOrder, isResumed = false): Promise<Result<ReadyCall>> {
  const { model, now } = order;
  const found = await callerOf(services, order);
  if (!found.ok) return found;
  const caller = found.value;
  const route = selectRoute(services.config, caller, { model, headers: new Headers() });
  if (!route.ok) return route;
  const all = route.value.kind === "endpoints" ? route.value.endpoints : [];
  const endpoints = all.filter(({ name }) => order.endpoints.includes(name));
  const priced = priceFor(caller, endpoints, order);
  if (!priced.ok) return priced;
  const { credential } = order;
  const client = services.ledgerOf(order.ledger);
  const transcriptionPriceOf = (name: string) => dearest(endpoints, name);
  const parts = { client, caller, credential };
  const budget = isLimited(caller)
    ? createSessionBudget({ ...parts, price: priced.value, transcriptionPriceOf })
    : undefined;
  const time = createSessionTime(parts);
  const started = budget && !isResumed ? await budget.start(now) : ok(undefined);
  if (!started.ok) return started;
  const leased = await time.start(now);
  if (!leased.ok) return leased;
  const meter = createCallMeter(now, priced.value.contextTokens ?? LARGEST_CONTEXT);
  meter.heard({ type: "session.created", session: order.session });
  const payments = budget?.isCounted ? createAheadPayments(budget, meter) : undefined;
  const granted = await payments?.prepare(now);
  if (granted && !granted.ok) {
    time.stop(Date.now());
    return granted;
  }
  const most = least(granted?.value, budget?.maxOutputTokens);
  const watch = createCallWatch(rulesFor(caller, model), most);
  return ok({ order, caller, endpoints, watch, time, budget, payments, meter, maxOutputTokens: most });
}

/** The endpoint that has a call, as its caller reaches it now. */
export async function endpointOf(services: Services, order: CallOrder, place: CallPlace): Promise<Result<Endpoint>> {
  const caller = await callerOf(services, order);
  if (!caller.ok) return caller;
  const route = selectRoute(services.config, caller.value, {
    model: place.model,
    headers: namingEndpoint(place.endpoint),
  });
  if (!route.ok) return route;
  return route.value.kind === "endpoints" ? ok(route.value.endpoints[0]) : fail({ kind: "endpoint_not_found" });
}

/** The caller of an order, with what is known of its organisation now. */
export async function callerOf({ config, orgs, keyring }: Services, order: CallOrder): Promise<Result<Caller>> {
  const { subject, ledger, grant, credential, sealedKey } = order;
  const caller = { by: "credential", subject, ledger, grant, credential } as const;
  if (sealedKey !== undefined) {
    const providerKey = await openKey(keyring, sealedKey, credential.jti);
    return providerKey === undefined ? GONE : ok({ ...caller, providerKey });
  }
  const known = config.orgs.get(grant.org);
  if (known) return ok({ ...caller, org: known });
  const stored = await orgs?.finder.byName(grant.org, "auto");
  if (stored && !stored.ok) return stored;
  return stored?.value ? ok({ ...caller, org: stored.value }) : GONE;
}

const GONE = fail({ kind: "invalid_credential", reason: "unknown_org" });

/** None is needed where no money is limited. */
function priceFor(
  caller: Caller,
  endpoints: readonly Endpoint[],
  { model, session }: CallOrder,
): Result<RealtimePrice> {
  const price = priceNeeded(caller, endpoints, model);
  if (!price.ok) return price;
  if (price.value === undefined) return ok(REALTIME_FREE);
  const { model: writer } = fieldsOf(fieldsOf(fieldsOf(fieldsOf(session.audio).input).transcription));
  if (typeof writer === "string" && !dearest(endpoints, writer)) return fail({ kind: "unpriced_model", model: writer });
  return ok(price.value);
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

/** The endpoint that took the call, if it is still there. */
export function endpointIn(endpoints: readonly Endpoint[], { endpoint }: CallPlace): Result<Endpoint> {
  const found = endpoints.find(({ name }) => name === endpoint);
  return found ? ok(found) : fail({ kind: "endpoint_not_found" });
}
