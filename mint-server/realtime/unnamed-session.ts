import type { Answer } from "../answer.ts";
import type { Caller } from "../credentials/verify.ts";
import type { Visit } from "../routes.ts";
import { accepted, answerClose } from "./accept.ts";
import { type Asked, defaultModel, wantedOf } from "./asked-session.ts";
import { ENDING } from "./close-codes.ts";
import { fieldsOf, readEvent } from "./events.ts";
import { joinSession } from "./join-session.ts";
import type { Frame } from "./link.ts";
import { leave, openSession } from "./open-session.ts";
import { neverBegan } from "./session-end.ts";
import { refuseSocket, switching } from "./switching.ts";

/** How long a client that names no model may take to say one in its first event. Clients send it as soon as they are connected. */
const FIRST_EVENT_MS = 3000;
const MAX_WAITING_LENGTH = 16 * 1024 * 1024;

/** A client that names no model in its URL says it in its first event, or has the default. */
export function acceptUnnamed(visit: Visit, caller: Caller, asked: Asked): Answer {
  const { 0: client, 1: server } = new WebSocketPair();
  const socket = accepted(server);
  const over = visit.watch?.session();
  const waiting: Frame[] = [];
  const gone = new AbortController();
  let isDecided = false;
  const decide = async (): Promise<void> => {
    if (isDecided) return;
    isDecided = true;
    clearTimeout(timer);
    const model = modelIn(waiting[0]) ?? defaultModel(asked.sessionType);
    const { sessionType } = asked;
    const wanted = wantedOf({ ...visit, now: Date.now() }, caller, { sessionType, model, signal: gone.signal });
    const opened = await openSession(wanted);
    socket.removeEventListener("message", hold);
    if (gone.signal.aborted) {
      if (opened.ok) leave(opened.value);
      over?.(neverBegan());
    } else if (!opened.ok) {
      refuseSocket(socket, opened.failure);
      over?.(neverBegan(opened.failure));
    } else joinSession(wanted, asked, { opened: opened.value, client: socket, waiting, over });
  };
  let waitingLength = 0;
  const hold = ({ data }: MessageEvent): void => {
    waiting.push(data);
    waitingLength += typeof data === "string" ? data.length : data.byteLength;
    if (waitingLength > MAX_WAITING_LENGTH) socket.close(ENDING.rate.code, ENDING.rate.reason);
    else void decide();
  };
  socket.addEventListener("message", hold);
  socket.addEventListener("close", () => {
    gone.abort();
    clearTimeout(timer);
    if (!isDecided) over?.(neverBegan());
    isDecided = true;
  });
  answerClose(socket);
  const timer = setTimeout(() => void decide(), FIRST_EVENT_MS);
  return switching(client, asked.handshake);
}

function modelIn(frame: Frame | undefined): string | undefined {
  const event = typeof frame === "string" ? readEvent(frame) : undefined;
  const { model } = fieldsOf(event?.type === "session.update" ? event.session : undefined);
  return typeof model === "string" && model !== "" ? model : undefined;
}
