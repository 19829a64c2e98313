import type { Exchange } from "./dialect.ts";
import { fieldsOf, type RealtimeEvent } from "./events.ts";
import { fromBase64, GEMINI_INPUT_RATE, OPENAI_RATE, toBase64 } from "./gemini-resample.ts";
import { updateSession } from "./gemini-session.ts";
import {
  event,
  follow,
  type GeminiState,
  join,
  NOTHING,
  newItemId,
  refuse,
  SILENCE,
  send,
  toClient,
} from "./gemini-state.ts";
import { createItem } from "./gemini-turns.ts";

/** Of 24 kHz PCM, 16 bits a sample. */
const BYTES_PER_MS = (OPENAI_RATE * 2) / 1000;
const SOUND_TYPE = `audio/pcm;rate=${GEMINI_INPUT_RATE}`;

/** What a client's event is to Gemini. What has no equivalent is refused, and the session goes on. */
export function encodeClientEvent(state: GeminiState, cause: RealtimeEvent): Exchange {
  switch (cause.type) {
    case "session.update":
      return updateSession(state, cause);
    case "input_audio_buffer.append":
      return hear(state, cause);
    case "input_audio_buffer.commit":
      return commit(state, cause);
    case "input_audio_buffer.clear":
      return clear(state, cause);
    case "conversation.item.create":
      return createItem(state, cause);
    case "response.create":
      return createResponse(state, cause);
    case "response.cancel":
      return cancel(state, cause);
    default:
      return refuse(`Gemini Live has nothing like \`${cause.type.slice(0, 100)}\`.`, "type", cause);
  }
}

function hear(state: GeminiState, cause: RealtimeEvent): Exchange {
  const pcm = typeof cause.audio === "string" ? fromBase64(cause.audio) : undefined;
  if (!pcm) return refuse("`audio` must be base64.", "audio", cause);
  const told = tellTurns(state, false);
  const { voice, current } = state;
  const opens = !current.hearsTurns && !voice.isOpen;
  state.voice = { ...voice, isHeard: true, isOpen: !current.hearsTurns };
  state.heardMs += pcm.length / BYTES_PER_MS;
  const sound = state.resample(pcm);
  if (sound.length === 0) return told;
  const audio = { mimeType: SOUND_TYPE, data: toBase64(sound) };
  return join(
    told,
    opens ? send(state, { realtimeInput: { activityStart: {} } }) : NOTHING,
    send(state, { realtimeInput: { audio } }),
  );
}

/** Where Gemini does not hear by itself where a turn ends. The model is told when a response is asked for, as it answers at once. */
function commit(state: GeminiState, cause: RealtimeEvent): Exchange {
  if (state.current.hearsTurns)
    return refuse(
      "Gemini Live hears by itself where a turn ends. Set `turn_detection` to null to say so.",
      null,
      cause,
    );
  if (!state.voice.isHeard) return refuse("The input audio buffer is empty.", null, cause);
  return userTurn(state);
}

/** The item that stands for what the user said. */
export function userTurn(state: GeminiState): Exchange {
  if (!state.voice.isHeard || state.voice.itemId !== undefined) return NOTHING;
  const id = newItemId();
  state.voice = { ...state.voice, itemId: id };
  const previous_item_id = follow(state, id);
  const content = [{ type: "input_audio", transcript: null }];
  const item = { id, object: "realtime.item", type: "message", status: "completed", role: "user", content };
  return toClient(
    event("input_audio_buffer.committed", { previous_item_id, item_id: id }),
    event("conversation.item.added", { previous_item_id, item }),
    event("conversation.item.done", { previous_item_id, item }),
  );
}

function clear(state: GeminiState, cause: RealtimeEvent): Exchange {
  if (state.voice.isHeard) return refuse("Gemini Live has heard it already and cannot forget it.", null, cause);
  return toClient(event("input_audio_buffer.cleared", {}));
}

function createResponse(state: GeminiState, cause: RealtimeEvent): Exchange {
  const problem = responseProblem(state, cause);
  if (problem !== undefined) return refuse(`Gemini Live takes no \`${problem}\` for one response.`, problem, cause);
  if (state.response.isActive()) return refuse("A response is under way.", null, cause);
  const begun = () => toClient(...state.response.begin());
  if (state.results.length > 0) return join(tellTurns(state, false), tellResults(state), begun());
  if (!state.voice.isOpen) {
    // Where Gemini hears turns, this answers what was typed, and no voice.
    if (state.current.hearsTurns) turnIsOver(state);
    return join(tellTurns(state, true), begun());
  }
  const told = join(tellTurns(state, false), send(state, { realtimeInput: { activityEnd: {} } }), userTurn(state));
  state.voice = { ...state.voice, isOpen: false };
  return join(told, begun());
}

/** The first field of a `response.create` that Gemini could not follow. */
function responseProblem({ current }: GeminiState, cause: RealtimeEvent): string | undefined {
  for (const [name, value] of Object.entries(fieldsOf(cause.response))) {
    const cap = current.setup.generationConfig;
    const { maxOutputTokens } = fieldsOf(cap);
    const isKept =
      value === null ||
      (name === "conversation" && value === "auto") ||
      (name === "metadata" && Object.keys(fieldsOf(value)).length === 0) ||
      (name === "output_modalities" && JSON.stringify(value) === JSON.stringify(current.session.output_modalities)) ||
      (name === "max_output_tokens" &&
        typeof value === "number" &&
        typeof maxOutputTokens === "number" &&
        maxOutputTokens <= value);
    if (!isKept) return `response.${name}`;
  }
  return undefined;
}

/** What was typed since the model was last told. It answers where the turn is complete. */
function tellTurns(state: GeminiState, turnComplete: boolean): Exchange {
  const { turns } = state;
  if (turns.length === 0 && !turnComplete) return NOTHING;
  state.turns = [];
  return send(state, { clientContent: { ...(turns.length > 0 && { turns }), turnComplete } });
}

function tellResults(state: GeminiState): Exchange {
  const functionResponses = state.results;
  state.results = [];
  return send(state, { toolResponse: { functionResponses } });
}

/** Gemini has no event for it, but content of the client's interrupts whatever it says. */
function cancel(state: GeminiState, cause: RealtimeEvent): Exchange {
  if (!state.response.isActive()) return refuse("There is no response to cancel.", null, cause);
  state.isMuted = true;
  const ended = state.response.end({ status: "cancelled", reason: "client_cancelled", usage: state.usage });
  state.usage = undefined;
  return join(send(state, { clientContent: { turnComplete: false } }), toClient(...ended));
}

/** The user's turn is over: the next sound begins another. */
export function turnIsOver(state: GeminiState): void {
  state.voice = SILENCE;
}
