import { type Answer, failed } from "../answer.ts";
import { parseJson } from "../contract/json.ts";
import type { Caller } from "../credentials/verify.ts";
import { type Failure, fail, ok, type Result } from "../failures.ts";
import type { Visit } from "../routes.ts";
import { asObject, asText } from "../wire/read.ts";
import { accepted, answerClose } from "./accept.ts";
import { wantedOf } from "./asked-session.ts";
import { ENDING, endingOf, withinReason } from "./close-codes.ts";
import { refusalOf } from "./connect.ts";
import type { Fields } from "./events.ts";
import { credentialInURL } from "./gemini-headers.ts";
import { joinGemini } from "./gemini-join.ts";
import { readHandshake } from "./handshake.ts";
import type { Frame } from "./link.ts";
import { leave, openSession } from "./open-session.ts";
import { neverBegan } from "./session-end.ts";

/** The method's name as Google's SDK puts it into the path, of any version. */
const METHOD =
  /^google\.ai\.generativelanguage\.v1(alpha|beta)?\.GenerativeService\.BidiGenerateContent(Constrained)?$/;
/** How long a client may take to send its setup. */
const SETUP_MS = 10_000;
const MAX_WAITING_LENGTH = 16 * 1024 * 1024;

/** `GET /google/ws/…BidiGenerateContent`: Gemini Live as itself. Its model is named in the first message, so the client is let in first. */
export async function connectGemini(visit: Visit, caller: Caller): Promise<Answer> {
  if (!METHOD.test(visit.name)) return failed({ kind: "path_not_found" });
  const refusal = await refusalOf(visit, caller, readHandshake(visit.request.headers));
  if (refusal) return refuseGemini(visit, refusal);
  const { 0: client, 1: server } = new WebSocketPair();
  receive(visit, caller, accepted(server));
  return { status: 101, headers: {}, body: null, webSocket: client };
}

/** A client that put its credential into the URL cannot read an HTTP error. This protocol has no message for one, so the close says it. */
export function refuseGemini({ request }: Pick<Visit, "request">, failure: Failure): Answer {
  const { isUpgrade } = readHandshake(request.headers);
  const readsErrors = credentialInURL(request.url) === undefined;
  if (!isUpgrade || readsErrors || typeof WebSocketPair === "undefined") return failed(failure);
  const { 0: client, 1: server } = new WebSocketPair();
  refuse(accepted(server), failure);
  return { status: 101, headers: {}, body: null, webSocket: client };
}

function refuse(socket: WebSocket, failure: Failure): void {
  const { code, reason } = endingOf(failure);
  socket.close(code, withinReason(reason));
}

/** Waits for the client's setup, and opens the session that it asks for. What comes meanwhile waits, too. */
function receive(visit: Visit, caller: Caller, socket: WebSocket): void {
  const waiting: Frame[] = [];
  let waitingLength = 0;
  const gone = new AbortController();
  const over = visit.watch?.session();
  let isDecided = false;
  const timer = setTimeout(() => refuse(socket, NO_SETUP), SETUP_MS);
  const decide = async (): Promise<void> => {
    isDecided = true;
    clearTimeout(timer);
    const opened = await open(visit, caller, { frame: waiting[0], signal: gone.signal });
    socket.removeEventListener("message", hold);
    if (gone.signal.aborted) {
      if (opened.ok) leave(opened.value.opened);
      return over?.(neverBegan());
    }
    if (!opened.ok) return refused(opened.failure);
    const joined = await joinGemini({ ...opened.value, client: socket, waiting, over });
    if (!joined.ok) refused(joined.failure);
  };
  const refused = (failure: Failure): void => {
    if (failure.kind === "bad_json") socket.close(ENDING.frame.code, ENDING.frame.reason);
    else refuse(socket, failure);
    over?.(neverBegan(failure));
  };
  const hold = ({ data }: MessageEvent): void => {
    waiting.push(data);
    waitingLength += typeof data === "string" ? data.length : data.byteLength;
    if (waitingLength > MAX_WAITING_LENGTH) socket.close(ENDING.rate.code, ENDING.rate.reason);
    else if (!isDecided) void decide();
  };
  socket.addEventListener("message", hold);
  socket.addEventListener("close", () => {
    gone.abort();
    clearTimeout(timer);
    if (!isDecided) over?.(neverBegan());
    isDecided = true;
  });
  answerClose(socket);
}

const NO_SETUP: Failure = { kind: "bad_json", problem: { kind: "not_an_object" } };

interface First {
  readonly frame: Frame | undefined;
  /** Aborts when the client has left. */
  readonly signal: AbortSignal;
}

async function open(visit: Visit, caller: Caller, { frame, signal }: First) {
  const setup = setupIn(frame);
  if (!setup.ok) return setup;
  const model = asText(setup.value.model)?.replace(/^models\//, "") ?? "";
  const wanted = wantedOf({ ...visit, now: Date.now() }, caller, { sessionType: "realtime", model, signal });
  const opened = await openSession(wanted);
  if (!opened.ok) return opened;
  if (opened.value.endpoint.provider.realtime?.dialect === "gemini")
    return ok({ wanted, opened: opened.value, setup: setup.value });
  leave(opened.value);
  return fail({ kind: "model_not_found", model, near: [] });
}

function setupIn(frame: Frame | undefined): Result<Fields> {
  const text = typeof frame === "string" ? frame : frame && new TextDecoder().decode(frame);
  const parsed = parseJson(text ?? "");
  const setup = parsed.ok ? asObject(asObject(parsed.value)?.setup) : undefined;
  return setup ? ok(setup) : fail(NO_SETUP);
}
