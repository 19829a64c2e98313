import { type Answer, failed, jsonAnswer } from "../answer.ts";
import { HEADER } from "../contract/headers.ts";
import type { Caller } from "../credentials/verify.ts";
import { type Failure, fail, ok, type Result } from "../failures.ts";
import { selectRoute } from "../providers/select.ts";
import type { Visit } from "../routes.ts";
import { asText } from "../wire/read.ts";
import { soleModel } from "./asked-session.ts";
import type { AskedCall } from "./calls.ts";
import { beginWatched } from "./calls-watched.ts";
import type { Fields } from "./events.ts";
import { readLiveOffer } from "./live-form.ts";
import { leashLive } from "./live-leash.ts";
import { livePriceOf } from "./live-price.ts";
import { placeLive, untilClosed } from "./live-upstream.ts";
import { takenBy } from "./taken-by.ts";

/** Of a session that names none. */
const DEFAULT_LIVE_MODEL = "gpt-live-1";

/**
 * `POST /live/sessions`: relays a page's offer of a Live session with the real key, and answers with the provider's. From
 * then on page and provider talk past this server, so a credential's session is watched over by a connection beside it.
 */
export async function createLive(visit: Visit, caller: Caller): Promise<Answer> {
  const { services, request, watch } = visit;
  const offer = await readLiveOffer(request);
  if (!offer.ok) return failed(offer.failure);
  const asked = askFor(visit, caller, offer.value.session);
  if (!asked.ok) return failed(asked.failure);
  const { model, endpoints, session } = asked.value;
  watch?.notes.askedSession(model);
  // Nothing is set aside for what nobody would take.
  const closed = services.balancer.noneHealthy(caller.org?.name, endpoints, model);
  if (closed) return failed(closed);
  const watched = await beginWatched(visit, caller, asked.value);
  if (!watched.ok) return failed(watched.failure);
  const callersKey = caller.providerKey !== undefined;
  const offered = { services, caller, model, endpoints, signal: request.signal, notes: watch?.notes };
  const placed = await takenBy(offered, (endpoint) =>
    placeLive({ endpoint, model, callersKey }, { sdp: offer.value.sdp, session }),
  );
  if (!placed.ok) {
    await watched.value?.drop();
    return failed(placed.failure);
  }
  const { endpoint, value } = placed.value;
  const attached = await watched.value?.attach({ callId: value.callId, endpoint: endpoint.name, model });
  if (attached && !attached.ok) {
    // Nobody would watch over it, and the page has no answer yet: there is nothing in it so far.
    await untilClosed({ endpoint, model, callersKey }, value.callId);
    return failed(attached.failure);
  }
  // The provider's own name for it opens its recording and a second connection, to whoever has any key of the project.
  const id = `live_${crypto.randomUUID().replaceAll("-", "")}`;
  const answer = jsonAnswer({ session: { id }, transport: { type: "webrtc", sdp: value.sdp } });
  return { ...answer, headers: { ...answer.headers, [HEADER.usedEndpoint]: endpoint.name } };
}

/** The model and the session of an offer, as far as its caller may have them, and who may take it. */
function askFor({ services, request }: Visit, caller: Caller, asked: Fields): Result<AskedCall> {
  const model = asText(asked.model) ?? soleModel(caller) ?? DEFAULT_LIVE_MODEL;
  const route = selectRoute(services.config, caller, { model, headers: request.headers });
  if (!route.ok) return route;
  const all = route.value.kind === "endpoints" ? route.value.endpoints : [];
  const [first, ...rest] = all.filter(({ provider }) => provider.realtime?.live);
  if (!first) return fail({ kind: "bad_field", param: "session.model", detail: NO_LIVE });
  // Keys may do whatever their owner could do at the provider.
  const session = caller.by === "credential" ? leashLive(caller, asked) : ok(asked);
  if (!session.ok) return session;
  const uncountable = countable(caller, model);
  if (uncountable) return fail(uncountable);
  return ok({ model, session: { ...session.value, model }, endpoints: [first, ...rest], api: "live" });
}

const NO_LIVE = "This model has no Live sessions here.";

/** Whether what a caller's limits count can be counted: a Live session has a length, and no tokens that anybody tells of. */
function countable({ by, grant, org }: Caller, model: string): Failure | undefined {
  const limits = [grant.limits, org?.limits];
  if (by !== "credential") return undefined;
  if (limits.some((each) => each?.tokens !== undefined)) {
    const detail = "This credential's tokens are limited, and a Live session tells of none.";
    return { kind: "insufficient_scope", param: null, detail };
  }
  const isPaid = limits.some((each) => each?.usd !== undefined);
  return isPaid && !livePriceOf(model) ? { kind: "unpriced_model", model } : undefined;
}
