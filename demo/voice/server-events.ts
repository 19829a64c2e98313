import { decodePcm } from "./pcm.ts";
import type { Player } from "./player.ts";
import { addNote, ECHO, type TalkMode, upsertEntry, voice } from "./state.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface ListenerParts {
  readonly player: Player;
  readonly send: (event: object) => void;
  /** Makes the voice fall silent, as the person speaks. */
  readonly interrupt: () => void;
}

/** The session of a voice, as OpenAI writes it (GA). */
export function sessionFor(mode: TalkMode) {
  const turn_detection = mode === "push-to-talk" ? null : { type: "server_vad" };
  return { type: "realtime", output_modalities: ["audio"], audio: { input: { turn_detection } } } as const;
}

/** Writing down what the person says is asked for apart: not every voice can do it, and all can do without. */
function transcriptionFor(model: string) {
  const transcription = { model: model === ECHO ? ECHO : "gpt-4o-mini-transcribe" };
  return { type: "realtime", audio: { input: { transcription } } } as const;
}

/** Events that are asked for in vain without harm. */
const OPTIONAL: ReadonlySet<unknown> = new Set(["not_needed"]);

/** Takes a session's events: shows what is said, and plays it. */
export function createListener({ player, send, interrupt }: ListenerParts): (event: Fields) => void {
  // What comes of an item after it was interrupted is not to be heard.
  const silenced = new Set<unknown>();
  let speakingItem: unknown;

  const takers: Readonly<Record<string, (event: Fields) => void>> = {
    "session.created"() {
      const { model, mode } = voice.get();
      send({ type: "session.update", session: sessionFor(mode) });
      send({ type: "session.update", event_id: "not_needed", session: transcriptionFor(model) });
    },
    "mintgate.reconnected"() {
      voice.patch({ responding: false, heard: false });
      addNote("The connection was lost and made again. The voice does not remember what was said before.");
    },
    "input_audio_buffer.speech_started"({ item_id }) {
      if (player.isPlaying()) silenced.add(speakingItem);
      interrupt();
      voice.patch({ heard: true });
      upsertEntry(String(item_id), "you", () => ({}));
    },
    "input_audio_buffer.speech_stopped": () => voice.patch({ heard: false }),
    "input_audio_buffer.committed"({ item_id }) {
      voice.patch({ heard: false });
      upsertEntry(String(item_id), "you", ({ text }) => ({ state: "whole", text: text || "…" }));
    },
    "conversation.item.added": ({ item }) => showWritten(fieldsOf(item)),
    "conversation.item.input_audio_transcription.delta"({ item_id, delta }) {
      upsertEntry(String(item_id), "you", ({ text }) => ({ text: (text === "…" ? "" : text) + String(delta) }));
    },
    "conversation.item.input_audio_transcription.completed"({ item_id, transcript }) {
      upsertEntry(String(item_id), "you", () => ({ state: "whole", text: String(transcript).trim() || "…" }));
    },
    "response.created": () => voice.patch({ responding: true }),
    "response.output_audio_transcript.delta": ({ item_id, delta }) => append(item_id, delta),
    "response.output_text.delta": ({ item_id, delta }) => append(item_id, delta),
    "response.output_audio.delta"({ item_id, delta }) {
      speakingItem = item_id;
      if (!silenced.has(item_id)) player.play(String(item_id), decodePcm(String(delta)));
    },
    "response.output_audio.done": () => player.whole(),
    "response.output_item.done"({ item }) {
      const { id, type } = fieldsOf(item);
      if (type === "message")
        upsertEntry(String(id), "voice", ({ state }) => ({ state: state === "cut" ? "cut" : "whole" }));
    },
    "response.done": ({ response }) => {
      voice.patch({ responding: false });
      const { status } = fieldsOf(response);
      if (status === "failed") addNote("The voice failed to answer. Say it again.");
    },
    error({ error }) {
      const { message, event_id } = fieldsOf(error);
      if (!OPTIONAL.has(event_id)) addNote(`The server says: ${String(message)}`);
    },
  };
  return (event) => {
    const { type } = event;
    if (typeof type === "string" && Object.hasOwn(takers, type)) takers[type]?.(event);
  };
}

function append(itemId: unknown, delta: unknown): void {
  upsertEntry(String(itemId), "voice", ({ text }) => ({ text: text + String(delta) }));
}

/** What the person wrote. */
function showWritten({ id, role, content }: Fields): void {
  const parts: unknown[] = Array.isArray(content) ? content : [];
  const text = parts.map((part) => fieldsOf(part).text).find((each) => typeof each === "string");
  if (role === "user" && typeof text === "string") upsertEntry(String(id), "you", () => ({ text, state: "whole" }));
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
