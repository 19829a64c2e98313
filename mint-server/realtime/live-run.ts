import { ok, type Result } from "../failures.ts";
import type { Services } from "../server.ts";
import { accepted } from "./accept.ts";
import { followCall } from "./call-end.ts";
import type { CallPlace } from "./calls-id.ts";
import { ENDING, type Ending, endingOf } from "./close-codes.ts";
import { fieldsOf, type RealtimeEvent, readServerEvent } from "./events.ts";
import { livePriceOf } from "./live-price.ts";
import { attachLive, isGone, untilClosed } from "./live-upstream.ts";
import { PAID_SECONDS, type ReadyLive } from "./live-watched.ts";
import { startClock } from "./session-clock.ts";
import { endpointIn } from "./sideband.ts";
import type { RunningCall } from "./sideband-run.ts";

export interface LiveRunOptions {
  readonly services: Services;
  readonly live: ReadyLive;
  readonly place: CallPlace;
  /** The session is over, and why if we ended it; once. */
  readonly onOver: (ending?: Ending) => void;
}

/** Waits before a connection is tried again, in milliseconds. A session without one is ended. */
const AGAIN_MS = [250, 750];
/** What shows that somebody speaks. The voice itself comes all the time, silence and all. */
const IN_USE =
  /^session\.(input_transcript|output_transcript|delegation|commentary|thinking|instructions)\b|^response\./;
const BREACHED: Ending = { code: 1008, reason: "insufficient_scope" };

/** Opens the connection beside a Live session, and keeps it until the session is over. */
export async function runLive({ services, live, place, onOver }: LiveRunOptions): Promise<Result<RunningCall>> {
  const { order, caller, time } = live;
  const found = endpointIn(live.endpoints, place);
  if (!found.ok) return found;
  const endpoint = found.value;
  const request = { endpoint, model: place.model, callersKey: caller.providerKey !== undefined };
  const opened = await attach(() => attachLive(request, place.callId));
  if (!opened.ok) return opened;
  let socket: WebSocket | undefined;
  let isOver = false;
  let toldSeconds: number | undefined;
  const used = (seconds: number) => {
    const perHour = livePriceOf(order.model)?.perHour;
    return perHour === undefined ? {} : { micros: Math.ceil(((toldSeconds ?? seconds) * perHour * 1e6) / 3600) };
  };
  const ended = followCall({ services, order, caller, endpoint, used });

  const over = (ending?: Ending): void => {
    if (isOver) return;
    isOver = true;
    clock.stop();
    clearInterval(paying);
    ended(ending);
    onOver(ending);
  };
  const end = (ending: Ending): void => {
    if (isOver) return;
    over(ending);
    void untilClosed(request, place.callId, socket);
  };
  const hear = (event: RealtimeEvent): void => {
    const { seconds } = fieldsOf(event.usage);
    if (typeof seconds === "number") toldSeconds = seconds;
    if (event.type === "session.closed") over();
    else if (isForbidden(live, event)) end(BREACHED);
    else if (IN_USE.test(event.type)) clock.touch();
  };
  const join = (fresh: WebSocket): void => {
    const joined = accepted(fresh);
    socket = joined;
    let isGoneAlready = false;
    const gone = (): void => {
      if (!isOver && !isGoneAlready) void reopen();
      isGoneAlready = true;
    };
    joined.addEventListener("message", ({ data }) => {
      const event = typeof data === "string" && !isOver ? readServerEvent(data) : undefined;
      if (event) hear(event);
    });
    joined.addEventListener("close", gone);
    joined.addEventListener("error", gone);
  };
  const reopen = async (): Promise<void> => {
    const again = await attach(() => attachLive(request, place.callId), AGAIN_MS[0]);
    if (isOver) return;
    if (again.ok) join(again.value);
    else if (isGone(again)) over();
    else end(ENDING.lost);
  };
  const pay = async (): Promise<void> => {
    const paid = await live.pay(Date.now()).catch(() => undefined);
    if (!paid) end(ENDING.tryAgain);
    else if (!paid.ok) end(endingOf(paid.failure));
  };

  const client = services.ledgerOf(order.ledger);
  const clock = startClock({ client, caller, credential: order.credential, time, onEnd: end });
  const paying = setInterval(() => void pay(), PAID_SECONDS * 1000);
  join(opened.value);
  return ok({ leave: () => over() });
}

/** Tries, and tries again: a session that was made a moment ago may not be there to be joined yet. */
async function attach(open: () => Promise<Result<WebSocket>>, firstWaitMs = 0): Promise<Result<WebSocket>> {
  if (firstWaitMs > 0) await pause(firstWaitMs);
  let last = await open();
  for (const ms of AGAIN_MS) {
    if (last.ok) return last;
    await pause(ms);
    last = await open();
  }
  return last;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What a provider that holds the page to its session would not have let happen. */
function isForbidden({ order }: ReadyLive, { type }: RealtimeEvent): boolean {
  const allowed = order.session.client as { readonly data_channel?: { readonly allowed_client_events?: unknown } };
  const events = allowed?.data_channel?.allowed_client_events;
  const may = (event: string): boolean => Array.isArray(events) && events.includes(event);
  switch (type) {
    case "session.updated":
      return true;
    case "session.instructions.appended":
      return !may("session.instructions.append");
    case "response.event":
      return !may("response.create");
    default:
      return false;
  }
}
