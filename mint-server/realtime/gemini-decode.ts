import { asObjects, asText } from "../wire/read.ts";
import type { Exchange } from "./dialect.ts";
import { type Fields, fieldsOf, type RealtimeEvent } from "./events.ts";
import { turnIsOver, userTurn } from "./gemini-encode.ts";
import { event, type GeminiState, join, NOTHING, SILENCE, toClient } from "./gemini-state.ts";
import { geminiUsage } from "./gemini-usage.ts";

/** What a message of Gemini's is to the client. What it says beyond that, such as how a session could be resumed, is left out. */
export function decodeServerMessage(state: GeminiState, message: Fields): Exchange {
  const usage = geminiUsage(message.usageMetadata);
  if (usage) state.usage = usage;
  return join(
    message.setupComplete === undefined ? NOTHING : begin(state),
    decodeContent(state, fieldsOf(message.serverContent)),
    callFunctions(state, asObjects(fieldsOf(message.toolCall).functionCalls)),
    forgetCalls(state, fieldsOf(message.toolCallCancellation).ids),
  );
}

function begin(state: GeminiState): Exchange {
  state.isReady = true;
  const upstream = state.waiting;
  state.waiting = [];
  return { upstream, client: [] };
}

function decodeContent(state: GeminiState, content: Fields): Exchange {
  const heard = decodeTranscription(state, fieldsOf(content.inputTranscription));
  const said = decodeSaid(state, content);
  if (content.interrupted === true) return join(heard, said, interrupt(state));
  if (content.turnComplete === true) return join(heard, said, complete(state));
  return join(heard, said);
}

function decodeSaid(state: GeminiState, { modelTurn, outputTranscription }: Fields): Exchange {
  if (state.isMuted) return NOTHING;
  const events: RealtimeEvent[] = [];
  const { speaks } = state.current;
  for (const part of asObjects(fieldsOf(modelTurn).parts)) {
    const { inlineData, text, thought } = part;
    const { data, mimeType } = fieldsOf(inlineData);
    if (typeof data === "string" && asText(mimeType)?.startsWith("audio/pcm")) events.push(...state.response.say(data));
    else if (typeof text === "string" && thought !== true && !speaks) events.push(...state.response.write(text));
  }
  const spoken = asText(fieldsOf(outputTranscription).text);
  if (spoken !== undefined && spoken !== "" && speaks) events.push(...state.response.write(spoken));
  if (events.length === 0) return NOTHING;
  return join(answered(state), toClient(...events));
}

/** The model answers, so the user's turn was over: where Gemini hears turns, it says so in no other way. */
function answered(state: GeminiState): Exchange {
  if (!state.current.hearsTurns || state.voice.itemId !== undefined || !state.voice.isHeard) return NOTHING;
  const turn = userTurn(state);
  const itemId = state.voice.itemId;
  const stopped = event("input_audio_buffer.speech_stopped", {
    audio_end_ms: Math.round(state.heardMs),
    item_id: itemId,
  });
  return join(toClient(stopped), turn);
}

/** What the user said may be told before the model answers, while it does, or after. */
function decodeTranscription(state: GeminiState, { text, finished }: Fields): Exchange {
  if (!state.current.transcribesInput || (typeof text !== "string" && finished !== true)) return NOTHING;
  const turn = userTurn(state);
  const { itemId, transcript } = state.voice;
  if (itemId === undefined) return NOTHING;
  const delta = asText(text) ?? "";
  state.voice = { ...state.voice, transcript: transcript + delta };
  const at = { item_id: itemId, content_index: 0 };
  return join(
    turn,
    toClient(...(delta === "" ? [] : [event("conversation.item.input_audio_transcription.delta", { ...at, delta })])),
  );
}

/** The whole of what the user said, with the end of the turn that answers it. */
function transcribed(state: GeminiState): Exchange {
  const { itemId, transcript } = state.voice;
  if (itemId === undefined || transcript === "") return NOTHING;
  const whole = { item_id: itemId, content_index: 0, transcript };
  return toClient(event("conversation.item.input_audio_transcription.completed", whole));
}

/** The user speaks again. OpenAI's clients stop what they play at `speech_started`. */
function interrupt(state: GeminiState): Exchange {
  // The client cancelled before: it has heard of the end.
  if (state.isMuted) return NOTHING;
  const { hearsTurns } = state.current;
  state.owesEnd = true;
  const heard = { audio_start_ms: Math.round(state.heardMs), item_id: state.voice.itemId ?? null };
  const started = hearsTurns ? [event("input_audio_buffer.speech_started", heard)] : [];
  const ended = state.response.end({ status: "cancelled", reason: "turn_detected", usage: takeUsage(state) });
  const told = join(transcribed(state), toClient(...started, ...ended));
  // What interrupts is the beginning of the next turn.
  const { isOpen } = state.voice;
  state.voice = { ...SILENCE, isHeard: hearsTurns || isOpen, isOpen };
  return told;
}

function complete(state: GeminiState): Exchange {
  const wasOver = state.isMuted || state.owesEnd;
  state.isMuted = false;
  state.owesEnd = false;
  // The client may have asked for the next response by now.
  if (wasOver && !state.response.hasOutput()) return NOTHING;
  const ended = state.response.end({ status: "completed", usage: takeUsage(state) });
  const told = join(transcribed(state), toClient(...ended));
  // While the model spoke, the user may have begun the next turn by hand.
  if (!state.voice.isOpen) turnIsOver(state);
  return told;
}

function takeUsage(state: GeminiState): Fields | undefined {
  const { usage } = state;
  state.usage = undefined;
  return usage;
}

/** OpenAI ends a response with the calls that it makes. */
function callFunctions(state: GeminiState, calls: readonly Fields[]): Exchange {
  if (calls.length === 0) return NOTHING;
  const turn = answered(state);
  const events = calls.flatMap(({ id, name, args }) => {
    const call = {
      id: asText(id) ?? `call_${crypto.randomUUID()}`,
      name: asText(name) ?? "",
      arguments: JSON.stringify(args ?? {}),
    };
    state.calls.set(call.id, call.name);
    return state.response.call(call);
  });
  const ended = state.response.end({ status: "completed", usage: takeUsage(state) });
  const told = join(turn, transcribed(state), toClient(...events, ...ended));
  turnIsOver(state);
  return told;
}

/** Results of these are not wanted any more: whoever sends one hears that no such call waits. */
function forgetCalls(state: GeminiState, ids: unknown): Exchange {
  for (const id of Array.isArray(ids) ? ids : []) {
    if (typeof id === "string") state.calls.delete(id);
    state.results = state.results.filter((result) => result.id !== id);
  }
  return NOTHING;
}
