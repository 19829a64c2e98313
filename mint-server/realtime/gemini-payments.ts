import { ok, type Result } from "../failures.ts";
import type { Ending } from "./close-codes.ts";
import { type Fields, fieldsOf, newEventId, type RealtimeEvent } from "./events.ts";
import { geminiUsage } from "./gemini-usage.ts";
import type { RealtimeMeter } from "./meter.ts";
import type { SessionPayments } from "./session-payments.ts";

/**
 * Pays for the turns of a session in Gemini's own protocol. The model answers whatever it hears without being asked to, so
 * each turn is set aside before the user's can be over: the first before the session begins, the next when one ends.
 */
export interface GeminiPayments {
  /** Sets the next turn aside. The most output tokens that it may take. */
  prepare(): Promise<Result<number | undefined>>;
  /** A message of the client's that goes on. */
  sent(message: Fields): void;
  /** A message of the model's. Says how the session ends if nobody paid for it, and whether a turn has ended. */
  received(message: Fields): { readonly ending?: Ending | undefined; readonly isOver: boolean };
}

export function createGeminiPayments(payments: SessionPayments | undefined, meter: RealtimeMeter): GeminiPayments {
  let cap: number | undefined;
  let turn: string | undefined;
  let usage: Fields | undefined;

  const meterSent = (event: RealtimeEvent): void => {
    meter.sent(event);
    payments?.sent(event);
  };
  const begin = (): Ending | undefined => {
    if (turn !== undefined) return undefined;
    turn = newEventId();
    return payments?.received({ type: "response.created", response: { id: turn } }, undefined);
  };
  const end = (): void => {
    if (turn === undefined) return;
    const done = { type: "response.done", response: { id: turn, usage } };
    payments?.received(done, meter.received(done));
    turn = undefined;
    usage = undefined;
  };

  return {
    async prepare() {
      // The setup holds for all turns, so what the first was granted the others must have, too.
      const response = cap === undefined ? {} : { response: { max_output_tokens: cap } };
      const paid = await payments?.beforeSending({ type: "response.create", event_id: newEventId(), ...response });
      if (!paid) return ok(undefined);
      if (!paid.ok) return paid;
      payments?.sent(paid.value);
      const { max_output_tokens: granted } = fieldsOf(paid.value.response);
      if (typeof granted === "number") cap = granted;
      return ok(cap);
    },
    sent(message) {
      const { audio, mediaChunks } = fieldsOf(message.realtimeInput);
      const sounds = [audio, ...(Array.isArray(mediaChunks) ? mediaChunks : [])].map(fieldsOf);
      for (const { data } of sounds) {
        if (typeof data !== "string") continue;
        const heard = { type: "input_audio_buffer.append", audio: data };
        meterSent(heard);
        // Its bytes are of 16 kHz where the meter takes them for 24: twice is more than enough.
        meterSent(heard);
      }
      const { audio: _, mediaChunks: __, ...rest } = fieldsOf(message.realtimeInput);
      const item = { ...message, ...(message.realtimeInput !== undefined && { realtimeInput: rest }) };
      if (Object.keys(rest).length > 0 || message.realtimeInput === undefined)
        meterSent({ type: "conversation.item.create", item });
    },
    received(message) {
      usage = geminiUsage(message.usageMetadata) ?? usage;
      const content = fieldsOf(message.serverContent);
      const isModels = content.modelTurn !== undefined || content.outputTranscription !== undefined;
      const ending = isModels || message.toolCall !== undefined ? begin() : undefined;
      // After a call it goes on by itself, once it has the result.
      const isOver = content.turnComplete === true || content.interrupted === true || message.toolCall !== undefined;
      const hadTurn = turn !== undefined;
      if (isOver) end();
      return { ending, isOver: isOver && hadTurn };
    },
  };
}
