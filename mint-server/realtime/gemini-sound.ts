import { type Fields, fieldsOf, isFields } from "./events.ts";

/** What was asked for and cannot be. */
export interface Refusal {
  readonly param: string;
  readonly why: string;
}

export type Refuse = (param: string, why: string) => void;

/** The one format of sound, both ways. */
export const PCM = { type: "audio/pcm", rate: 24_000 };

export interface Input {
  readonly transcribes: boolean;
  /** As OpenAI writes it; null where the client says where turns end. */
  readonly turns: Fields | null;
  readonly config: Fields;
}

/** What a session says of what is heard, and of where turns end. */
export function readInput(
  { format, noise_reduction: noise, transcription, turn_detection: turns }: Fields,
  refuse: Refuse,
): Input {
  checkFormat(format, "audio.input.format", refuse);
  if (noise !== undefined && noise !== null)
    refuse("audio.input.noise_reduction", "Gemini Live has no setting for it.");
  const transcribes = isFields(transcription);
  if (turns === null) return { transcribes, turns: null, config: BY_HAND };
  const asked = fieldsOf(turns);
  if (asked.create_response === false) {
    // Pretending would be answers that nobody asked for.
    const why =
      "Gemini Live answers every turn that it hears; send `response.create` after `input_audio_buffer.commit`.";
    refuse("audio.input.turn_detection.create_response", why);
    return { transcribes, turns: null, config: BY_HAND };
  }
  return { transcribes, ...readTurns(asked, refuse) };
}

const BY_HAND: Fields = { automaticActivityDetection: { disabled: true } };

function readTurns(asked: Fields, refuse: Refuse): Pick<Input, "turns" | "config"> {
  const at = "audio.input.turn_detection";
  const {
    threshold,
    prefix_padding_ms: padding,
    silence_duration_ms: silence,
    eagerness,
    idle_timeout_ms: idle,
  } = asked;
  if (typeof threshold === "number" && threshold !== 0.5) refuse(`${at}.threshold`, "Gemini Live has no such number.");
  if (idle !== undefined && idle !== null) refuse(`${at}.idle_timeout_ms`, "Gemini Live has nothing like it.");
  const detection = {
    ...(typeof padding === "number" && { prefixPaddingMs: padding }),
    ...(typeof silence === "number" && { silenceDurationMs: silence }),
    ...(eagerness === "low" && { endOfSpeechSensitivity: "END_SENSITIVITY_LOW" }),
    ...(eagerness === "high" && { endOfSpeechSensitivity: "END_SENSITIVITY_HIGH" }),
  };
  const interrupts = asked.interrupt_response !== false;
  const { threshold: _, idle_timeout_ms: __, ...kept } = asked;
  return {
    turns: { type: "server_vad", ...kept, create_response: true, interrupt_response: interrupts },
    config: {
      automaticActivityDetection: detection,
      ...(!interrupts && { activityHandling: "NO_INTERRUPTION" }),
    },
  };
}

export function checkFormat(format: unknown, param: string, refuse: Refuse): void {
  const { type = "audio/pcm", rate = 24_000 } = fieldsOf(format);
  if (type !== "audio/pcm" || rate !== 24_000)
    refuse(param, "Sound for Gemini Live is audio/pcm at 24000 samples a second.");
}
