import { ok, type Result } from "../failures.ts";
import type { Endpoint } from "../providers/provider.ts";
import type { Services } from "../server.ts";
import { accepted } from "./accept.ts";
import { followCall } from "./call-end.ts";
import type { CallPlace } from "./calls-id.ts";
import { openSideband, untilHungUp } from "./calls-upstream.ts";
import { ENDING, type Ending, endingOf } from "./close-codes.ts";
import { fieldsOf, type RealtimeEvent, readServerEvent } from "./events.ts";
import { createMeter } from "./meter.ts";
import { usageOf } from "./response-usage.ts";
import { startClock } from "./session-clock.ts";
import { usedBy } from "./session-end.ts";
import { endpointIn, type ReadyCall } from "./sideband.ts";
import type { CallStep } from "./sideband-watch.ts";

/** A call that is watched over. */
export interface RunningCall {
  /** Stops watching, without ending the call: this server ends. */
  leave(): void;
}

export interface RunOptions {
  readonly services: Services;
  readonly call: ReadyCall;
  readonly place: CallPlace;
  /** The call is over, and why if we ended it; once. */
  readonly onOver: (ending?: Ending) => void;
}

/** Seconds of the caller's voice whose writing down is paid for at once. */
const TRANSCRIBED_SECONDS = 30;
/** Waits before the connection is tried again, in milliseconds. A call without one is ended. */
const REOPEN_MS = [250, 1000, 2000];

/** Opens the connection beside a call, and keeps it until the call is over. */
export async function runCall({ services, call, place, onOver }: RunOptions): Promise<Result<RunningCall>> {
  const found = endpointIn(call.endpoints, place);
  if (!found.ok) return found;
  const endpoint = found.value;
  const request = { endpoint, model: place.model, callersKey: call.caller.providerKey !== undefined };
  const opened = await openSideband(request, place.callId);
  if (!opened.ok) return opened;
  const run = createRun({ call, onEnd: (ending) => end(ending) });
  const { order, caller } = call;
  const ended = followCall({ services, order, caller, endpoint, used: () => run.used(endpoint) });
  let isOver = false;

  const over = (ending?: Ending): void => {
    if (isOver) return;
    isOver = true;
    clock.stop();
    clearInterval(transcription);
    call.payments?.stop();
    run.close();
    ended(ending);
    onOver(ending);
  };
  const end = (ending: Ending): void => {
    if (isOver) return;
    run.send({ type: "response.cancel" });
    over(ending);
    void untilHungUp(request, place.callId);
  };
  const join = (socket: WebSocket): void => {
    run.take(accepted(socket));
    socket.addEventListener("message", ({ data }) => run.hear(data, () => clock.touch()));
    socket.addEventListener("close", () => isOver || void reopen());
    socket.addEventListener("error", () => isOver || void reopen());
  };
  let isReopening = false;
  const reopen = async (): Promise<void> => {
    if (isReopening) return;
    isReopening = true;
    for (const ms of REOPEN_MS) {
      await new Promise((resolve) => setTimeout(resolve, ms));
      if (isOver) return;
      const again = await openSideband(request, place.callId);
      isReopening = false;
      if (again.ok) return join(again.value);
      // The provider knows of no such call any more.
      if (again.failure.kind === "upstream_error" && again.failure.status === 404) return over();
      isReopening = true;
    }
    end(ENDING.lost);
  };

  const clock = startClock({
    client: services.ledgerOf(call.order.ledger),
    caller: call.caller,
    credential: call.order.credential,
    time: call.time,
    onEnd: end,
  });
  const transcription = setInterval(() => run.payTranscription(), TRANSCRIBED_SECONDS * 1000);
  join(opened.value);
  return ok({ leave: () => over() });
}

interface RunParts {
  readonly call: ReadyCall;
  readonly onEnd: (ending: Ending) => void;
}

/** What is heard of a call, and what is done about it, in its order. */
function createRun({ call: { order, watch, payments, meter, budget }, onEnd }: RunParts) {
  // Of the provider's own counts; what is said in between goes past this server.
  const counted = createMeter();
  let socket: WebSocket | undefined;
  let transcribing: string | undefined;
  let turn: Promise<void> = Promise.resolve();

  const send = (event: RealtimeEvent): void => {
    try {
      socket?.send(JSON.stringify(event));
    } catch {
      // It has closed; its event is on the way.
    }
  };
  const take = (steps: readonly CallStep[]): void => {
    for (const step of steps) {
      if (step.kind === "send") send(step.event);
      else onEnd(step.ending);
    }
  };
  const payTranscription = async (): Promise<void> => {
    if (transcribing === undefined || !budget?.isCounted) return;
    const paid = await budget.payTranscription({ model: transcribing, seconds: TRANSCRIBED_SECONDS, now: Date.now() });
    if (!paid.ok) onEnd(endingOf(paid.failure));
  };
  const prepare = async ({ isIdle }: { readonly isIdle: boolean }): Promise<void> => {
    const granted = await payments?.prepare(Date.now());
    if (granted?.ok) take(watch.limitOutput(granted.value));
    // What is under way is paid for, and may come to its end.
    else if (granted && isIdle) onEnd(endingOf(granted.failure));
  };
  const pay = async (event: RealtimeEvent): Promise<void> => {
    const response = fieldsOf(event.response);
    const id = String(response.id);
    if (event.type === "response.created") {
      const paid = await payments?.begun(id, Date.now());
      if (paid && !paid.ok) return onEnd(endingOf(paid.failure));
      // Another may begin beside it.
      await prepare({ isIdle: false });
    }
    if (event.type !== "response.done") return;
    const usage = usageOf(response.usage);
    payments?.finished(usage ? { id, usage } : { id }, Date.now());
    await prepare({ isIdle: true });
  };
  const read = (event: RealtimeEvent): void => {
    meter.heard(event);
    if (event.type === "response.done") counted.received(event);
    if (event.type === "session.created" || event.type === "session.updated") noteTranscription(event);
    take(watch.read(event));
    if (payments) turn = turn.then(() => pay(event)).catch(() => onEnd(ENDING.tryAgain));
  };
  const noteTranscription = ({ session }: RealtimeEvent): void => {
    const { model } = fieldsOf(fieldsOf(fieldsOf(fieldsOf(session).audio).input).transcription);
    const before = transcribing;
    transcribing = typeof model === "string" ? model : undefined;
    if (before === undefined) void payTranscription();
  };

  return {
    send,
    payTranscription: () => void payTranscription(),
    used(endpoint: Endpoint) {
      const { usage, micros } = usedBy(counted, endpoint, order.model);
      const { responses } = counted.totals;
      return { responses, ...(responses > 0 && { usage, ...(micros !== undefined && { micros }) }) };
    },
    take(opened: WebSocket) {
      socket = opened;
    },
    hear(data: string | ArrayBuffer, onActivity: () => void) {
      const event = typeof data === "string" ? readServerEvent(data) : undefined;
      if (!event) return;
      if (event.type.startsWith("response.") || event.type.startsWith("input_audio_buffer.")) onActivity();
      read(event);
    },
    close() {
      try {
        socket?.close(1000, "");
      } catch {
        // It is closed already.
      }
    },
  };
}
