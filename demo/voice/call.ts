import { realtimeSocket } from "../../sw/client.ts";
import { reportOffline } from "../state/connection.ts";
import { openGate } from "../state/gate.ts";
import { loudnessOf } from "./levels.tsx";
import { type Microphone, openMicrophone } from "./microphone.ts";
import { encodePcm, RATE } from "./pcm.ts";
import { createPlayer, type Player } from "./player.ts";
import { describeProblem, MICROPHONE_LOST, type VoiceProblem } from "./problems.ts";
import { createListener, sessionFor } from "./server-events.ts";
import { addNote, levels, upsertEntry, voice } from "./state.ts";

/** The conversation under way. */
interface Call {
  readonly send: (event: object) => void;
  readonly interrupt: () => void;
  end(problem?: VoiceProblem): void;
}

let call: Call | undefined;
let held = 0;

/** A finger that was lifted at once said nothing. */
const SHORTEST_HOLD_MS = 150;

/**
 * Starts a conversation. To be called where the person asked for it: browsers play no sound and open no microphone otherwise.
 *
 * @param withMicrophone false to write only
 */
export async function startCall(withMicrophone: boolean): Promise<void> {
  if (voice.get().phase !== "idle") return;
  const context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
  // Some browsers start it only while the click is being handled.
  void context.resume();
  const leaving = new AbortController();
  let microphone: Microphone | undefined;
  let socket: WebSocket | undefined;

  const end = (problem?: VoiceProblem): void => {
    if (leaving.signal.aborted) return;
    leaving.abort();
    call = undefined;
    microphone?.stop();
    void context.close();
    levels.you = 0;
    levels.voice = 0;
    const over = { held: false, heard: false, speaking: false, responding: false, muted: false } as const;
    voice.patch({ phase: "idle", problem, ...over });
  };
  const send = (event: object): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(event));
  };

  call = { send, interrupt: () => undefined, end };
  voice.patch({ phase: "connecting", problem: undefined, entries: [], budget: undefined, withMicrophone });
  try {
    const onLost = () => end(MICROPHONE_LOST);
    const player = await createPlayer(context, onPosition);
    if (withMicrophone)
      microphone = await openMicrophone({ context, onLost, onFrame: (samples) => hear(samples, send) });
    if (leaving.signal.aborted) return microphone?.stop();
    await openGate();
    const { signal } = leaving;
    socket = await realtimeSocket({ model: voice.get().model, signal, onBudget: showBudget });
    const interrupt = () => void cutOff(player, send);
    call = { send, interrupt, end };
    listen(socket, { player, send, interrupt, end });
    voice.patch({ phase: "live", startedAt: Date.now() });
  } catch (error) {
    // One who left while it connected needs no reason.
    if (leaving.signal.aborted) return;
    const problem = describeProblem(error);
    if ((error as { code?: unknown }).code === "offline") reportOffline();
    end(problem);
  }
}

export function endCall(): void {
  call?.end();
}

function showBudget(left: NonNullable<ReturnType<typeof voice.get>["budget"]>): void {
  const { endsBecause, ...numbers } = left;
  if (endsBecause === "idle_timeout") addNote("Say something: the conversation ends in half a minute otherwise.");
  else voice.patch({ budget: { ...voice.get().budget, ...numbers }, budgetAt: Date.now() });
}

function onPosition(level: number, isPlaying: boolean): void {
  levels.voice = level;
  if (isPlaying !== voice.get().speaking) voice.patch({ speaking: isPlaying });
}

/** Sends what the microphone hears, as far as the person wants it to be heard. */
function hear(samples: Int16Array<ArrayBuffer>, send: Call["send"]): void {
  const { mode, muted, held: isHeld, phase } = voice.get();
  if (phase !== "live") return;
  const isOn = mode === "push-to-talk" ? isHeld : !muted;
  levels.you = isOn ? loudnessOf(samples) : 0;
  if (isOn) send({ type: "input_audio_buffer.append", audio: encodePcm(samples) });
  // Whoever waits for silence must hear some.
  else if (mode === "hands-free") send({ type: "input_audio_buffer.append", audio: SILENCE });
}

const SILENCE = encodePcm(new Int16Array(RATE / 50));

/** Falls silent, and tells the server how much was heard: the model should not think that it said the rest. */
async function cutOff(player: Player, send: Call["send"]): Promise<void> {
  const cut = await player.interrupt();
  if (!cut) return;
  upsertEntry(cut.itemId, "voice", () => ({ state: "cut" }));
  send({
    type: "conversation.item.truncate",
    item_id: cut.itemId,
    content_index: 0,
    audio_end_ms: cut.playedMs,
  });
}

interface Listening {
  readonly player: Player;
  readonly send: Call["send"];
  readonly interrupt: () => void;
  readonly end: Call["end"];
}

function listen(socket: WebSocket, { player, send, interrupt, end }: Listening): void {
  let error: unknown;
  const onEvent = createListener({ player, send, interrupt });
  socket.onerror = (event) => {
    error = (event as Event & { readonly error?: unknown }).error;
  };
  socket.onclose = () => end(error === undefined ? undefined : describeProblem(error));
  socket.onmessage = ({ data }: MessageEvent<string>) => onEvent(JSON.parse(data));
}

/** Changes who ends a turn, also in mid-conversation. */
export function applyMode(): void {
  const { mode } = voice.get();
  release();
  const { turn_detection } = sessionFor(mode).audio.input;
  call?.send({ type: "session.update", session: { type: "realtime", audio: { input: { turn_detection } } } });
}

/** Push to talk: from now on. */
export function hold(): void {
  const { phase, mode, held: isHeld, responding } = voice.get();
  if (phase !== "live" || mode !== "push-to-talk" || isHeld) return;
  held = performance.now();
  call?.interrupt();
  if (responding) call?.send({ type: "response.cancel", event_id: "not_needed" });
  call?.send({ type: "input_audio_buffer.clear" });
  voice.patch({ held: true });
}

/** Push to talk: until now. */
export function release(): void {
  if (!voice.get().held) return;
  voice.patch({ held: false });
  levels.you = 0;
  if (performance.now() - held < SHORTEST_HOLD_MS) {
    call?.send({ type: "input_audio_buffer.clear" });
    addNote("Hold the button, or the space bar, for as long as you talk.");
    return;
  }
  call?.send({ type: "input_audio_buffer.commit" });
  call?.send({ type: "response.create" });
}

export function toggleMute(): void {
  voice.patch({ muted: !voice.get().muted });
}

/** Says something in writing. */
export function write(text: string): void {
  call?.interrupt();
  if (voice.get().responding) call?.send({ type: "response.cancel", event_id: "not_needed" });
  const item = { type: "message", role: "user", content: [{ type: "input_text", text }] };
  call?.send({ type: "conversation.item.create", item });
  call?.send({ type: "response.create" });
}
