import { type Answer, failed } from "../answer.ts";
import { HEADER } from "../contract/headers.ts";
import type { Caller } from "../credentials/verify.ts";
import { fail, ok, type Result } from "../failures.ts";
import type { Endpoint } from "../providers/provider.ts";
import { selectRoute } from "../providers/select.ts";
import type { Endpoints } from "../providers/turns.ts";
import type { Visit } from "../routes.ts";
import { asObject, asText } from "../wire/read.ts";
import { defaultModel, soleModel } from "./asked-session.ts";
import { type CallPlace, findCall, nameCall } from "./calls-id.ts";
import { rulesFor, settledSession } from "./calls-leash.ts";
import { type Offer, readOffer } from "./calls-offer.ts";
import { hangUp, namingEndpoint, placeCall, untilHungUp } from "./calls-upstream.ts";
import { beginWatched } from "./calls-watched.ts";
import type { Fields } from "./events.ts";
import { takenBy } from "./taken-by.ts";

/** Where a call stands, under the shorter of the API's prefixes. */
const CALLS_PATH = "/v1/realtime/calls";

/** A call that a caller may make. */
export interface AskedCall {
  readonly model: string;
  /** As it may be: with what is locked in it. */
  readonly session: Fields;
  readonly endpoints: Endpoints;
  /** Of OpenAI's Live API, where it is no realtime call. */
  readonly api?: "live";
}

/**
 * `POST /realtime/calls`: relays a page's WebRTC offer with the real key, and answers with the provider's. From then on page
 * and provider talk past this server, so a credential's call is watched over by a connection beside it.
 */
export async function createCall(visit: Visit, caller: Caller): Promise<Answer> {
  const { services, request, watch } = visit;
  const offer = await readOffer(request);
  if (!offer.ok) return failed(offer.failure);
  const asked = askFor(visit, caller, offer.value);
  if (!asked.ok) return failed(asked.failure);
  const { model, endpoints } = asked.value;
  watch?.notes.askedSession(model);
  // Nothing is set aside for what nobody would take.
  const closed = services.balancer.noneHealthy(caller.org?.name, endpoints, model);
  if (closed) return failed(closed);
  const watched = await beginWatched(visit, caller, asked.value);
  if (!watched.ok) return failed(watched.failure);
  const session = { ...asked.value.session, ...watched.value?.limits };
  const { signal } = request;
  const callersKey = isCallersKey(caller);
  const offered = { services, caller, model, endpoints, signal, notes: watch?.notes };
  const placed = await takenBy(offered, (endpoint) =>
    placeCall({ endpoint, model, callersKey }, { sdp: offer.value.sdp, session }),
  );
  if (!placed.ok) {
    await watched.value?.drop();
    return failed(placed.failure);
  }
  const { endpoint, value } = placed.value;
  const { callId, sdp } = value;
  const at = { callId, endpoint: endpoint.name, model };
  const attached = await watched.value?.attach(at);
  if (attached && !attached.ok) {
    // Nobody would watch over it, and the page has no answer yet: there is nothing in it so far.
    await untilHungUp({ endpoint, model, callersKey }, callId);
    return failed(attached.failure);
  }
  const location = `${CALLS_PATH}/${await nameCall(services.keyring, caller, at)}`;
  const headers = { "content-type": "application/sdp", location, [HEADER.usedEndpoint]: endpoint.name };
  return { status: 201, headers, body: sdp };
}

/** `POST /realtime/calls/{id}/hangup`. Another subject's call is no call. */
export async function endCall({ services, id }: Visit, caller: Caller): Promise<Answer> {
  const found = await findCall(services.keyring, caller, id);
  if (!found) return failed({ kind: "call_not_found" });
  const { endpoint: name, model, callId } = found;
  const endpoint = endpointOf(services, caller, found);
  if (!endpoint) return failed({ kind: "call_not_found" });
  const ended = await hangUp({ endpoint, model, callersKey: isCallersKey(caller) }, callId);
  return ended.ok ? { status: 200, headers: { [HEADER.usedEndpoint]: name }, body: null } : failed(ended.failure);
}

function endpointOf(
  { config }: Visit["services"],
  caller: Caller,
  { endpoint, model }: CallPlace,
): Endpoint | undefined {
  const route = selectRoute(config, caller, { model, headers: namingEndpoint(endpoint) });
  return route.ok && route.value.kind === "endpoints" ? route.value.endpoints[0] : undefined;
}

/** The model and the session of an offer, as far as its caller may have them, and who may take it. */
function askFor({ services, request }: Visit, caller: Caller, { session }: Offer): Result<AskedCall> {
  const inURL = new URL(request.url).searchParams.get("model") ?? undefined;
  const asked: Fields = session ?? { type: lockedType(caller) };
  const transcribes = asked.type === "transcription";
  const named = transcribes ? writerOf(asked) : asText(asked.model);
  if (inURL !== undefined && named !== undefined && inURL !== named) {
    const detail = "The URL and `session.model` name different models.";
    return fail({ kind: "bad_field", param: "model", detail });
  }
  const model = inURL ?? named ?? soleModel(caller) ?? defaultModel(transcribes ? "transcription" : "realtime");
  const route = selectRoute(services.config, caller, { model, headers: request.headers });
  if (!route.ok) return route;
  const all = route.value.kind === "endpoints" ? route.value.endpoints : [];
  const [first, ...rest] = all.filter(({ provider }) => provider.realtime?.calls);
  if (!first) return fail({ kind: "bad_field", param: "model", detail: NO_CALLS });
  const settled = settledSession(rulesFor(caller, model), asked);
  if (!settled.ok) return settled;
  const whole = { ...settled.value, type: asked.type, ...(!transcribes && { model }) };
  return ok({ model, session: whole, endpoints: [first, ...rest] });
}

const NO_CALLS = "This model takes no calls over WebRTC here.";

function lockedType({ grant }: Caller): unknown {
  return grant.session?.type ?? "realtime";
}

/** The model that writes down what is said. */
function writerOf(session: Fields): string | undefined {
  return asText(asObject(asObject(asObject(session.audio)?.input)?.transcription)?.model);
}

function isCallersKey({ providerKey }: Caller): boolean {
  return providerKey !== undefined;
}
