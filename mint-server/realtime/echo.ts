import { createEar, RATE } from "./echo-ear.ts";
import { createEchoMemory } from "./echo-memory.ts";
import { createPlayback } from "./echo-playback.ts";
import { createEchoSession, type EchoTurns, isPcm } from "./echo-session.ts";
import { errorEvent, fieldsOf, invalidEvent, newEventId, type RealtimeEvent } from "./events.ts";
import { fromBase64 } from "./gemini-resample.ts";
import type { JsVoice } from "./js-voice.ts";

/** The shortest sound that OpenAI's API takes as a turn. */
const SHORTEST = RATE / 10;
const SHORTEST_MESSAGE = "The buffer holds less than 100 ms of sound.";

/**
 * The built-in voice: no model. It listens as one does, tells when a turn is over by its loudness, and plays back what it heard.
 * It makes the whole path of a voice session run with no key and no provider.
 */
export const echo: JsVoice = ({ model, send }) => {
  const session = createEchoSession(model);
  const ear = createEar();
  const memory = createEchoMemory();
  const tell = (type: string, fields: Readonly<Record<string, unknown>> = {}): void =>
    send({ type, event_id: newEventId(), ...fields });
  const refuse = (cause: RealtimeEvent, message: string, code = "invalid_value", param: string | null = null): void =>
    send(errorEvent(invalidEvent(message, param, code), cause.event_id));
  const playback = createPlayback({ session, memory, send });
  let turnId = memory.newId();

  const commit = (): void => {
    const item_id = turnId;
    turnId = memory.newId();
    const { item, previous } = memory.keepVoice(item_id);
    tell("input_audio_buffer.committed", { item_id, previous_item_id: previous });
    tell("conversation.item.added", { item, previous_item_id: previous });
    tell("conversation.item.done", { item, previous_item_id: previous });
    if (!session.transcribes) return;
    const transcript = `(${memory.secondsOf(item_id)} s of sound, not written down)`;
    const usage = { type: "duration", seconds: 0 };
    const at = { item_id, content_index: 0, transcript, usage };
    tell("conversation.item.input_audio_transcription.completed", at);
  };

  const hear = (samples: Int16Array, turns: EchoTurns): void => {
    for (const { kind, atMs } of ear.hear(samples, turns)) {
      if (kind === "started") {
        if (turns.interrupts) playback.cancel("turn_detected");
        const start = Math.max(0, atMs - turns.prefixMs);
        tell("input_audio_buffer.speech_started", { audio_start_ms: start, item_id: turnId });
      } else {
        tell("input_audio_buffer.speech_stopped", { audio_end_ms: atMs, item_id: turnId });
        commit();
        if (turns.answers) playback.begin();
      }
    }
    // Before a turn, only what belongs to its beginning is kept.
    if (!ear.isOpen()) memory.keepLast((turns.prefixMs / 1000) * RATE);
  };

  const takers: Readonly<Record<string, (event: RealtimeEvent) => void>> = {
    "session.update"(event) {
      const update = fieldsOf(event.session);
      if (!isPcm(update)) return refuse(event, "An echo takes `audio/pcm` alone.", "invalid_value", "session.audio");
      session.update(update);
      tell("session.updated", { session: session.fields() });
    },
    "input_audio_buffer.append"(event) {
      const bytes = typeof event.audio === "string" ? fromBase64(event.audio) : undefined;
      if (!bytes) return refuse(event, "`audio` must be base64.", "invalid_value", "audio");
      const samples = new Int16Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 2));
      memory.hear(samples);
      const { turns } = session;
      if (turns) hear(samples, turns);
    },
    "input_audio_buffer.commit"(event) {
      if (memory.heard() < SHORTEST) return refuse(event, SHORTEST_MESSAGE, "input_audio_buffer_commit_empty");
      ear.reset();
      commit();
    },
    "input_audio_buffer.clear"() {
      ear.reset();
      memory.keepLast(0);
      tell("input_audio_buffer.cleared");
    },
    "conversation.item.create"(event) {
      const { item, previous } = memory.keepItem(fieldsOf(event.item));
      tell("conversation.item.added", { item, previous_item_id: previous });
      tell("conversation.item.done", { item, previous_item_id: previous });
    },
    "conversation.item.truncate"({ item_id, content_index, audio_end_ms }) {
      tell("conversation.item.truncated", { item_id, content_index, audio_end_ms });
    },
    "conversation.item.delete"(event) {
      if (memory.forget(String(event.item_id))) tell("conversation.item.deleted", { item_id: event.item_id });
      else refuse(event, "There is no such item.", "item_not_found", "item_id");
    },
    "conversation.item.retrieve"(event) {
      const item = memory.find(String(event.item_id));
      if (item) tell("conversation.item.retrieved", { item });
      else refuse(event, "There is no such item.", "item_not_found", "item_id");
    },
    "response.create"(event) {
      if (!playback.begin(fieldsOf(event.response)))
        refuse(event, "A response is under way.", "conversation_already_has_active_response");
    },
    "response.cancel"(event) {
      if (!playback.cancel("client_cancelled"))
        refuse(event, "No response is under way.", "response_cancel_not_active");
    },
  };

  tell("session.created", { session: session.fields() });
  return {
    take(event) {
      const taker = Object.hasOwn(takers, event.type) ? takers[event.type] : undefined;
      if (taker) taker(event);
      else refuse(event, `An echo takes no ${JSON.stringify(event.type.slice(0, 100))}.`, "unknown_event", "type");
    },
    stop: () => playback.stop(),
  };
};
