import { type Answer, failed } from "../answer.ts";
import { allowedOrigin } from "../cors.ts";
import type { Caller } from "../credentials/verify.ts";
import type { Failure } from "../failures.ts";
import type { Visit } from "../routes.ts";
import { accepted } from "./accept.ts";
import { type Asked, defaultModel, soleModel, wantedOf } from "./asked-session.ts";
import { type Handshake, readHandshake } from "./handshake.ts";
import { joinSession } from "./join-session.ts";
import { openSession } from "./open-session.ts";
import { refuseSocket, switching } from "./switching.ts";
import { acceptUnnamed } from "./unnamed-session.ts";

/** `GET /realtime`: opens the session at a provider, and then answers the handshake. */
export async function connectRealtime(visit: Visit, caller: Caller): Promise<Answer> {
  const { request, watch } = visit;
  const handshake = readHandshake(request.headers);
  const refusal = await refusalOf(visit, caller, handshake);
  if (refusal) return refuseRealtime(visit, refusal);
  const query = new URL(request.url).searchParams;
  const asked: Asked = {
    handshake,
    sessionType: query.get("intent") === "transcription" ? "transcription" : "realtime",
    warns: query.get("mintgate_events") === "1",
  };
  const { sessionType } = asked;
  const model = query.get("model") || (soleModel(caller) ?? transcriptionModel(caller, asked));
  if (model === undefined) return acceptUnnamed(visit, caller, asked);
  const wanted = wantedOf(visit, caller, { sessionType, model, signal: request.signal });
  const opened = await openSession(wanted);
  if (!opened.ok) return refuseRealtime(visit, opened.failure);
  const { 0: client, 1: server } = new WebSocketPair();
  joinSession(wanted, asked, { opened: opened.value, client: accepted(server), over: watch?.session() });
  return switching(client, handshake, opened.value.endpoint.name);
}

/** A failure for a client that could read it, else as one event on a socket that closes. */
export function refuseRealtime(visit: Pick<Visit, "request">, failure: Failure): Answer {
  const handshake = readHandshake(visit.request.headers);
  if (!handshake.isUpgrade || !handshake.bySubprotocol || typeof WebSocketPair === "undefined") return failed(failure);
  const { 0: client, 1: server } = new WebSocketPair();
  refuseSocket(accepted(server), failure);
  return switching(client, handshake);
}

/** Why a session is not begun, whatever it asks for. */
export async function refusalOf(
  { services, request }: Visit,
  { by, org }: Caller,
  { isUpgrade }: Handshake,
): Promise<Failure | undefined> {
  if (!isUpgrade) return { kind: "upgrade_required" };
  if (typeof WebSocketPair === "undefined") return { kind: "no_sockets" };
  const query = new URL(request.url).searchParams;
  if (query.has("call_id")) {
    const detail = "A call is joined by nobody but this server.";
    return { kind: "bad_field", param: "call_id", detail };
  }
  const origin = request.headers.get("origin");
  // Of a credential that is known already. Nothing like CORS keeps a page from opening a socket with a key.
  if (by === "credential" || origin === null) return undefined;
  const isAllowed = org ? org.origins.has(origin) : (await allowedOrigin(request.headers, services)) !== undefined;
  return isAllowed ? undefined : { kind: "origin_not_allowed" };
}

/** A session that only transcribes has its model inside: nobody has to wait for it whose models are not limited. */
function transcriptionModel({ grant }: Caller, { sessionType }: Asked): string | undefined {
  return sessionType === "transcription" && grant.models === undefined ? defaultModel(sessionType) : undefined;
}
