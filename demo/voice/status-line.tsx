import type { JSX } from "preact";
import { useStore } from "../state/store.ts";
import { ECHO, type VoiceState, voice } from "./state.ts";

/** What goes on, in words; screen readers are told. */
export function StatusLine(): JSX.Element {
  const text = useStore(voice, describe);
  return (
    <p class="voice-status" role="status">
      {text}
    </p>
  );
}

function describe({
  phase,
  mode,
  model,
  muted,
  held,
  heard,
  speaking,
  responding,
  withMicrophone,
}: VoiceState): string {
  const name = model === ECHO ? "The echo" : "The voice";
  if (phase === "idle") return "";
  if (phase === "connecting") return "Connecting…";
  if (held || (heard && !muted)) return "You are speaking.";
  if (speaking) return `${name} is speaking. ${mode === "push-to-talk" ? "Hold the button" : "Talk"} to interrupt.`;
  if (responding) return `${name} is about to answer.`;
  if (!withMicrophone) return "Write something.";
  if (mode === "push-to-talk") return "Hold the button, or the space bar, and talk.";
  return muted ? "You are muted." : "Listening. Say something, then pause.";
}
