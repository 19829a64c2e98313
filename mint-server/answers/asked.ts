import type { RoutedRequest } from "../ask-model.ts";
import type { CacheSlot } from "../cache/edge-cache.ts";
import { cacheOrders } from "../contract/cache-rules.ts";
import { canonicalJson } from "../contract/canonical-json.ts";
import { errorSchemaOf } from "../contract/error-shapes.ts";
import type { Caller } from "../credentials/verify.ts";
import { ok, type Result } from "../failures.ts";
import type { ModelRequest } from "../model-request.ts";
import { selectModelRoute } from "../providers/select.ts";
import type { AnsweringServices, JoinOrder } from "./answers.ts";
import { callerOf, requestOf } from "./facts.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { FollowerCredential, FollowerMark } from "./follower.ts";
import { markKeyOf } from "./place.ts";
import type { Marked, Wanted } from "./running-answers.ts";

/** An order as the object works with it. */
export interface Asked extends RoutedRequest {
  readonly caller: Caller;
  readonly url: string;
  readonly headers: Headers;
  /** The answer's place in the cache; absent where caching does not apply. */
  readonly slot: CacheSlot | undefined;
  readonly wanted: Wanted;
  readonly connection: FollowerMark;
  readonly position: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export async function readOrder(order: JoinOrder, services: AnsweringServices): Promise<Result<Asked>> {
  const { url, headers: fields } = order.request;
  const headers = new Headers(fields);
  const caller = await callerOf(order.caller, services);
  if (!caller.ok) return caller;
  const request = await requestOf(order.request);
  const route = selectModelRoute(services.config, caller.value, { model: request.model, headers });
  if (!route.ok) return route;
  const query = { caller: caller.value, request, route: route.value, headers, now: order.now };
  const slot = (await services.edgeCache?.open(query)) ?? ok(undefined);
  if (!slot.ok) return slot;
  const { position } = order.wish;
  const mark = await markOf(order, caller.value, request, headers);
  return ok({
    ...query,
    url,
    slot: slot.value,
    // The rest of an answer is another call's to nobody.
    wanted: {
      ...sharing(position > 0 ? undefined : slot.value, request, headers),
      mark,
      holdMs: order.wish.holdMs,
      now: order.now,
    },
    connection: {
      mark: mark?.key,
      credential: credentialOf(caller.value),
      errors: errorSchemaOf(url),
      isArray: request.isArray,
    },
    position,
  });
}

async function markOf(
  { wish }: JoinOrder,
  caller: Caller,
  request: ModelRequest,
  headers: Headers,
): Promise<Marked | undefined> {
  if (wish.idempotencyKey === undefined) return undefined;
  const fingerprint = await fingerprintOf(request, headers);
  return { key: markKeyOf(caller, wish.idempotencyKey), fingerprint };
}

/** The same question in the same form: one place in the cache has answers of both forms, an answer under way has one. */
function sharing(
  slot: CacheSlot | undefined,
  { endpoint, body, stream, isArray }: ModelRequest,
  headers: Headers,
): Pick<Wanted, "share" | "maxAgeMs"> {
  if (!slot) return { share: undefined, maxAgeMs: 0 };
  const orders = cacheOrders(endpoint, body, headers);
  const form = stream ? `stream ${isArray} ${canonicalJson(body.stream_options ?? null)}` : "whole";
  const maxAgeSeconds = orders?.read ? (orders.maxAgeSeconds ?? Number.POSITIVE_INFINITY) : 0;
  return { share: `${slot.name}\n${form}`, maxAgeMs: maxAgeSeconds * 1000 };
}

function credentialOf({ credential, subject, ledger }: Caller): FollowerCredential | undefined {
  return credential && { jti: credential.jti, issuedAt: credential.issuedAt, subject, ledger };
}
