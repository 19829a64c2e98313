import { createEar, type Ear, RATE } from "./echo-ear.ts";
import { createEchoMemory, type EchoMemory } from "./echo-memory.ts";
import { createPlayback, type Playback } from "./echo-playback.ts";
import { createEchoSession, type EchoSession, type EchoTurns, isPcm } from "./echo-session.ts";
import { errorEvent, type Fields, fieldsOf, invalidEvent, newEventId, type RealtimeEvent } from "./events.ts";
import { fromBase64 } from "./gemini-resample.ts";
import type { JsVoice } from "./js-voice.ts";

/**
 * The built-in voice: no model. It listens as one does, tells when a turn is over by its loudness, and plays back what it heard.
 * It makes the whole path of a voice session run with no key and no provider.
 */
export const echo: JsVoice = ({ model, send }) => {
  const session = createEchoSession(model);
  const memory = createEchoMemory();
  const state: Echo = {
    session,
    memory,
    ear: createEar(),
    playback: createPlayback({ session, memory, send }),
    turnId: memory.newId(),
    tell: (type, fields = {}) => send({ type, event_id: newEventId(), ...fields }),
    refuse: ({ event_id }, message, code = "invalid_value", param = null) =>
      send(errorEvent(invalidEvent(message, param, code), event_id)),
  };
  state.tell("session.created", { session: session.fields() });
  return {
    take(event) {
      const taker = Object.hasOwn(TAKERS, event.type) ? TAKERS[event.type] : undefined;
      if (taker) taker(state, event);
      else
        state.refuse(event, `An echo takes no ${JSON.stringify(event.type.slice(0, 100))}.`, "unknown_event", "type");
    },
    stop: () => state.playback.stop(),
  };
};

interface Echo {
  readonly session: EchoSession;
  readonly memory: EchoMemory;
  readonly ear: Ear;
  readonly playback: Playback;
  /** Of the item that the sound in the buffer will be. */
  turnId: string;
  readonly tell: (type: string, fields?: Fields) => void;
  readonly refuse: (cause: RealtimeEvent, message: string, code?: string, param?: string | null) => void;
}

type Taker = (state: Echo, event: RealtimeEvent) => void;

const TAKERS: Readonly<Record<string, Taker>> = {
  "session.update": updateSession,
  "input_audio_buffer.append": append,
  "input_audio_buffer.commit": commitBuffer,
  "input_audio_buffer.clear"({ ear, memory, tell }) {
    ear.reset();
    memory.keepLast(0);
    tell("input_audio_buffer.cleared");
  },
  "conversation.item.create"({ memory, tell }, event) {
    const { item, previous } = memory.keepItem(fieldsOf(event.item));
    tell("conversation.item.added", { item, previous_item_id: previous });
    tell("conversation.item.done", { item, previous_item_id: previous });
  },
  "conversation.item.truncate"({ tell }, { item_id, content_index, audio_end_ms }) {
    tell("conversation.item.truncated", { item_id, content_index, audio_end_ms });
  },
  "conversation.item.delete"({ memory, tell, refuse }, event) {
    if (memory.forget(String(event.item_id))) tell("conversation.item.deleted", { item_id: event.item_id });
    else refuse(event, "There is no such item.", "item_not_found", "item_id");
  },
  "conversation.item.retrieve"({ memory, tell, refuse }, event) {
    const item = memory.find(String(event.item_id));
    if (item) tell("conversation.item.retrieved", { item });
    else refuse(event, "There is no such item.", "item_not_found", "item_id");
  },
  "response.create"({ playback, refuse }, event) {
    if (!playback.begin(fieldsOf(event.response)))
      refuse(event, "A response is under way.", "conversation_already_has_active_response");
  },
  "response.cancel"({ playback, refuse }, event) {
    if (!playback.cancel("client_cancelled")) refuse(event, "No response is under way.", "response_cancel_not_active");
  },
};

function updateSession({ session, tell, refuse }: Echo, event: RealtimeEvent): void {
  const update = fieldsOf(event.session);
  if (isPcm(update)) {
    session.update(update);
    tell("session.updated", { session: session.fields() });
  } else refuse(event, "An echo takes `audio/pcm` alone.", "invalid_value", "session.audio");
}

function append(state: Echo, event: RealtimeEvent): void {
  const bytes = typeof event.audio === "string" ? fromBase64(event.audio) : undefined;
  if (bytes) hear(state, new Int16Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 2)));
  else state.refuse(event, "`audio` must be base64.", "invalid_value", "audio");
}

function hear(state: Echo, samples: Int16Array<ArrayBuffer>): void {
  state.memory.hear(samples);
  const { turns } = state.session;
  if (turns) listen(state, samples, turns);
}

/** Tells where a turn begins and ends, and answers at its end. */
function listen(state: Echo, samples: Int16Array, turns: EchoTurns): void {
  const { ear, memory, playback, tell } = state;
  for (const { kind, atMs } of ear.hear(samples, turns)) {
    if (kind === "started") {
      if (turns.interrupts) playback.cancel("turn_detected");
      const audio_start_ms = Math.max(0, atMs - turns.prefixMs);
      tell("input_audio_buffer.speech_started", { audio_start_ms, item_id: state.turnId });
    } else {
      tell("input_audio_buffer.speech_stopped", { audio_end_ms: atMs, item_id: state.turnId });
      commit(state);
      if (turns.answers) playback.begin();
    }
  }
  // Before a turn, only what belongs to its beginning is kept.
  if (!ear.isOpen()) memory.keepLast((turns.prefixMs / 1000) * RATE);
}

/** The shortest sound that OpenAI's API takes as a turn. */
const SHORTEST = RATE / 10;

function commitBuffer(state: Echo, event: RealtimeEvent): void {
  const { memory, ear, refuse } = state;
  if (memory.heard() >= SHORTEST) {
    ear.reset();
    commit(state);
  } else refuse(event, "The buffer holds less than 100 ms of sound.", "input_audio_buffer_commit_empty");
}

function commit(state: Echo): void {
  const { memory, session, tell } = state;
  const item_id = state.turnId;
  state.turnId = memory.newId();
  const { item, previous, seconds } = memory.keepVoice(item_id);
  tell("input_audio_buffer.committed", { item_id, previous_item_id: previous });
  tell("conversation.item.added", { item, previous_item_id: previous });
  tell("conversation.item.done", { item, previous_item_id: previous });
  if (!session.transcribes) return;
  tell("conversation.item.input_audio_transcription.completed", {
    item_id,
    content_index: 0,
    transcript: `(${seconds} s of sound, not written down)`,
    usage: { type: "duration", seconds: 0 },
  });
}
