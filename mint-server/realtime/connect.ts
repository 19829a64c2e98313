import { type Answer, failed } from "../answer.ts";
import type { Visit } from "../app.ts";
import { allowedOrigin } from "../cors.ts";
import type { Caller } from "../credentials/verify.ts";
import { describe } from "../failure-answers.ts";
import type { Failure } from "../failures.ts";
import { accepted } from "./accept.ts";
import { ENDING, endingOf, withinReason } from "./close-codes.ts";
import { errorEvent, fieldsOf, readEvent } from "./events.ts";
import { type Handshake, readHandshake } from "./handshake.ts";
import { type Frame, joinSockets, type Link } from "./link.ts";
import { type Opened, openSession, type Wanted } from "./open-session.ts";
import { endWith, readSession } from "./session.ts";
import { startClock } from "./session-clock.ts";

/** Of a session whose model nobody names. */
const DEFAULT_MODEL = "gpt-realtime";
const DEFAULT_TRANSCRIPTION_MODEL = "gpt-4o-transcribe";
/** How long a client that names no model may take to say one in its first event. Clients send it as soon as they are connected. */
const FIRST_EVENT_MS = 3000;

/** `GET /realtime`: opens the session at a provider, and then answers the handshake. */
export async function connectRealtime(visit: Visit, caller: Caller): Promise<Answer> {
  const handshake = readHandshake(visit.request.headers);
  const refusal = await refusalOf(visit, caller, handshake);
  if (refusal) return refuseRealtime(visit, refusal);
  const query = new URL(visit.request.url).searchParams;
  const asked: Asked = {
    handshake,
    sessionType: query.get("intent") === "transcription" ? "transcription" : "realtime",
    warns: query.get("mintgate_events") === "1",
  };
  const model = query.get("model") || (soleModel(caller) ?? transcriptionModel(caller, asked));
  if (model === undefined) return acceptUnnamed(visit, caller, asked);
  const wanted = wantedOf(visit, caller, { ...asked, model });
  const opened = await openSession(wanted);
  if (!opened.ok) return refuseRealtime(visit, opened.failure);
  const { 0: client, 1: server } = new WebSocketPair();
  join(wanted, asked, { opened: opened.value, client: accepted(server) });
  return switching(client, handshake, opened.value.endpoint.name);
}

interface Asked {
  readonly handshake: Handshake;
  readonly sessionType: Wanted["sessionType"];
  /** Whether the client wants to be told of an end that is near. */
  readonly warns: boolean;
}

/** A failure for a client that could read it, else as one event on a socket that closes. */
export function refuseRealtime(visit: Pick<Visit, "request">, failure: Failure): Answer {
  const handshake = readHandshake(visit.request.headers);
  if (!handshake.isUpgrade || !handshake.bySubprotocol || typeof WebSocketPair === "undefined") return failed(failure);
  const { 0: client, 1: server } = new WebSocketPair();
  refuseSocket(accepted(server), failure);
  return switching(client, handshake);
}

function refuseSocket(socket: WebSocket, failure: Failure): void {
  socket.send(JSON.stringify(errorEvent(describe(failure).details)));
  const { code, reason } = endingOf(failure);
  socket.close(code, withinReason(reason));
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

/** The one model that a credential is good for. */
function soleModel({ grant: { models } }: Caller): string | undefined {
  const [model, ...others] = models ?? [];
  return others.length === 0 && model !== undefined && !model.endsWith("*") ? model : undefined;
}

/** A session that only transcribes has its model inside: nobody has to wait for it whose models are not limited. */
function transcriptionModel({ grant }: Caller, asked: Asked): string | undefined {
  return asked.sessionType === "transcription" && grant.models === undefined ? defaultModel(asked) : undefined;
}

function wantedOf(
  { services, request, now }: Visit,
  caller: Caller,
  { model, sessionType }: Pick<Asked, "sessionType"> & { readonly model: string },
): Wanted {
  return { services, caller, model, sessionType, headers: request.headers, now };
}

/** A client that names no model in its URL says it in its first event, or has the default. */
function acceptUnnamed(visit: Visit, caller: Caller, asked: Asked): Answer {
  const { 0: client, 1: server } = new WebSocketPair();
  const socket = accepted(server);
  const waiting: Frame[] = [];
  let isDecided = false;
  const decide = async (): Promise<void> => {
    if (isDecided) return;
    isDecided = true;
    clearTimeout(timer);
    const model = modelIn(waiting[0]) ?? defaultModel(asked);
    const wanted = wantedOf({ ...visit, now: Date.now() }, caller, { ...asked, model });
    const opened = await openSession(wanted);
    socket.removeEventListener("message", hold);
    if (!opened.ok) refuseSocket(socket, opened.failure);
    else if (isGone) leave(opened.value);
    else join(wanted, asked, { opened: opened.value, client: socket, waiting });
  };
  let isGone = false;
  let waitingLength = 0;
  const hold = ({ data }: MessageEvent): void => {
    waiting.push(data);
    waitingLength += typeof data === "string" ? data.length : data.byteLength;
    if (waitingLength > MAX_WAITING_LENGTH) socket.close(ENDING.rate.code, ENDING.rate.reason);
    else void decide();
  };
  socket.addEventListener("message", hold);
  socket.addEventListener("close", () => {
    isGone = true;
    clearTimeout(timer);
  });
  const timer = setTimeout(() => void decide(), FIRST_EVENT_MS);
  return switching(client, asked.handshake);
}

const MAX_WAITING_LENGTH = 16 * 1024 * 1024;

function leave({ upstream, time }: Opened): void {
  time?.stop(Date.now());
  accepted(upstream).close(1000, "");
}

function modelIn(frame: Frame | undefined): string | undefined {
  const event = typeof frame === "string" ? readEvent(frame) : undefined;
  const { model } = fieldsOf(event?.type === "session.update" ? event.session : undefined);
  return typeof model === "string" && model !== "" ? model : undefined;
}

function defaultModel({ sessionType }: Asked): string {
  return sessionType === "transcription" ? DEFAULT_TRANSCRIPTION_MODEL : DEFAULT_MODEL;
}

interface Joining {
  readonly opened: Opened;
  readonly client: WebSocket;
  readonly waiting?: readonly Frame[];
}

function join(wanted: Wanted, asked: Asked, { opened, client, waiting = [] }: Joining): void {
  const { services, caller, model, sessionType } = wanted;
  const { endpoint, upstream, dialect, meter, leash, time, payments, left } = opened;
  const { isBeta } = asked.handshake;
  const isRead = leash !== undefined || isBeta || dialect !== undefined;
  const startedAt = Date.now();
  let clock: ReturnType<typeof startClock> | undefined;
  const reader = readSession({
    sessionType,
    isBeta,
    dialect,
    leash,
    meter,
    payments,
    onActivity: () => clock?.touch(),
  });
  const link: Link = joinSockets({
    client,
    upstream,
    ...(isRead && { reader }),
    waiting,
    cancel: CANCEL,
    onEnd(ending) {
      clock?.stop();
      services.onSession?.({
        org: caller.grant.org,
        subject: caller.subject,
        model,
        endpoint: endpoint.name,
        startedAt,
        endedAt: Date.now(),
        ending,
        ...(isRead && { totals: { ...meter.totals } }),
      });
    },
  });
  const { credential } = caller;
  if (!credential || !time) return;
  clock = startClock({
    client: services.ledgerOf(caller.ledger),
    caller,
    credential,
    time,
    onEnd: (ending) => endWith(link, ending),
    ...(asked.warns && {
      onWarning: ({ code, secondsLeft }) =>
        link.toClient(JSON.stringify({ type: "mintgate.warning", code, seconds_left: secondsLeft })),
      left,
      onBudget: ({ secondsLeft, usdLeft, tokensLeft }) =>
        link.toClient(
          JSON.stringify({
            type: "mintgate.budget",
            seconds_left: secondsLeft,
            usd_left: usdLeft,
            tokens_left: tokensLeft,
          }),
        ),
    }),
  });
}

const CANCEL = JSON.stringify({ type: "response.cancel" });

function switching(webSocket: WebSocket, { offersRealtime }: Handshake, endpoint?: string): Answer {
  return {
    status: 101,
    headers: {
      ...(offersRealtime && { "sec-websocket-protocol": "realtime" }),
      ...(endpoint !== undefined && { "x-bt-used-endpoint": endpoint }),
    },
    body: null,
    webSocket,
  };
}
