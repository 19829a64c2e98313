import { ok, type Result } from "../failures.ts";
import { ENDING, type Ending } from "./close-codes.ts";
import { fieldsOf, newEventId, type RealtimeEvent } from "./events.ts";
import type { Mark, RealtimeMeter } from "./meter.ts";
import type { FinishedResponse } from "./response-usage.ts";
import type { Hold, SessionBudget } from "./session-budget.ts";

/** Pays for what costs something before it goes to the provider, and settles what it did cost. */
export interface SessionPayments {
  /** The event as it may be sent, once it is paid for; `undefined` where nothing is to be paid. */
  beforeSending(event: RealtimeEvent): Promise<Result<RealtimeEvent>> | undefined;
  /** An event that is on its way. */
  sent(event: RealtimeEvent): void;
  /** Settles; returns an ending for a response that nobody paid for. */
  received(event: RealtimeEvent, finished: FinishedResponse | undefined): Ending | undefined;
}

/** A response that was paid for. */
interface Paid {
  readonly hold: Hold;
  readonly createId: string;
  /** Absent for one that leaves the conversation out, and tells nothing of what it holds. */
  mark?: Mark;
  readonly isInBand: boolean;
}

/** Seconds of transcription that are paid for at once. */
const TRANSCRIBED_SECONDS = 30;

export function createSessionPayments(budget: SessionBudget, meter: RealtimeMeter): SessionPayments {
  const waiting: Paid[] = [];
  const running = new Map<unknown, Paid>();
  let transcribingModel: string | undefined;
  let paidSeconds = 0;

  const payResponse = async (event: RealtimeEvent): Promise<Result<RealtimeEvent>> => {
    const response = fieldsOf(event.response);
    const { max_output_tokens: stated } = response;
    const outputTokens = typeof stated === "number" ? stated : undefined;
    const held = await budget.reserve({ input: meter.inputBound(event), outputTokens, now: Date.now() });
    if (!held.ok) return held;
    const createId = event.event_id ?? newEventId();
    const isInBand = response.conversation !== "none" && response.input === undefined;
    waiting.push({ hold: held.value, createId, isInBand });
    const bounded = { ...response, max_output_tokens: held.value.outputTokens };
    return ok({ ...event, event_id: createId, response: bounded });
  };

  const payVoice = async (event: RealtimeEvent, model: string): Promise<Result<RealtimeEvent>> => {
    const heard = meter.totals.audioInSeconds;
    const seconds = Math.max(TRANSCRIBED_SECONDS, meter.voiceSeconds(event));
    const paid = await budget.payTranscription({ model, seconds, now: Date.now() });
    if (!paid.ok) return paid;
    paidSeconds = Math.max(paidSeconds, heard) + seconds;
    return ok(event);
  };

  return {
    beforeSending(event) {
      if (event.type === "response.create") return payResponse(event);
      if (event.type !== "input_audio_buffer.append" || transcribingModel === undefined) return undefined;
      const heard = meter.totals.audioInSeconds + meter.voiceSeconds(event);
      return heard > paidSeconds ? payVoice(event, transcribingModel) : undefined;
    },
    sent(event) {
      if (event.type === "session.update") transcribingModel = transcribing(event, transcribingModel);
      if (event.type !== "response.create") return;
      const paid = waiting.find(({ createId, mark }) => createId === event.event_id && !mark);
      if (paid) paid.mark = meter.mark();
    },
    received(event, finished) {
      if (event.type === "response.created") {
        const paid = waiting.shift();
        if (!paid) return ENDING.spent;
        running.set(fieldsOf(event.response).id, paid);
      }
      if (event.type === "error") release(waiting, fieldsOf(event.error).event_id);
      const paid = finished && running.get(finished.id);
      if (!finished || !paid) return undefined;
      running.delete(finished.id);
      if (!finished.usage) return undefined;
      paid.hold.settle(finished.usage);
      if (paid.isInBand && paid.mark && finished.usage.input.text + finished.usage.input.audio > 0)
        meter.rebase(paid.mark, finished.usage);
      return undefined;
    },
  };
}

/** A `response.create` that the provider refused costs nothing. */
function release(waiting: Paid[], eventId: unknown): void {
  const index = waiting.findIndex(({ createId }) => createId === eventId);
  if (index >= 0) waiting.splice(index, 1)[0]?.hold.release();
}

function transcribing({ session }: RealtimeEvent, before: string | undefined): string | undefined {
  const { transcription } = fieldsOf(fieldsOf(fieldsOf(session).audio).input);
  if (transcription === undefined) return before;
  const { model } = fieldsOf(transcription);
  return typeof model === "string" ? model : undefined;
}
