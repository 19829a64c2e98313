import { RATE } from "./echo-ear.ts";
import type { EchoMemory, Said } from "./echo-memory.ts";
import type { EchoSession } from "./echo-session.ts";
import type { Fields, RealtimeEvent } from "./events.ts";
import { toBase64 } from "./gemini-resample.ts";
import { createGeminiResponse } from "./gemini-response.ts";

/** An echo's answers. */
export interface Playback {
  /** Answers what was said last; false while it still does. */
  begin(parameters?: Fields): boolean;
  /** False if there was nothing to break off. */
  cancel(reason: "turn_detected" | "client_cancelled"): boolean;
  stop(): void;
}

export interface PlaybackParts {
  readonly session: EchoSession;
  readonly memory: EchoMemory;
  readonly send: (event: RealtimeEvent) => void;
}

const PIECE_MS = 100;
const PIECE = (RATE * PIECE_MS) / 1000;
/** Models speak faster than one can listen; so does this, and still there is something to interrupt. */
const SPEED = 2;
/** What goes out at once, so that a player has something to play. */
const AHEAD_PIECES = 3;

const NO_TOKENS = { text_tokens: 0, audio_tokens: 0, image_tokens: 0 };
const FREE = {
  total_tokens: 0,
  input_tokens: 0,
  output_tokens: 0,
  input_token_details: { ...NO_TOKENS, cached_tokens: 0, cached_tokens_details: NO_TOKENS },
  output_token_details: { text_tokens: 0, audio_tokens: 0 },
};

export function createPlayback({ session, memory, send }: PlaybackParts): Playback {
  let speaks = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const response = createGeminiResponse({
    conversationId: "conv_echo",
    speaks: () => speaks,
    session: () => session.fields(),
    follow: memory.follow,
  });
  const tell = (events: readonly RealtimeEvent[]): void => {
    for (const event of events) send(event);
  };
  const finish = (): void => {
    timer = undefined;
    tell(response.end({ status: "completed", usage: FREE }));
  };
  const play = (samples: Int16Array<ArrayBuffer>, at: number): void => {
    const end = Math.min(samples.length, at === 0 ? AHEAD_PIECES * PIECE : at + PIECE);
    for (let from = at; from < end; from += PIECE) {
      const piece = samples.slice(from, Math.min(from + PIECE, end));
      tell(response.say(toBase64(new Uint8Array(piece.buffer))));
    }
    if (end >= samples.length) finish();
    else timer = setTimeout(() => play(samples, end), PIECE_MS / SPEED);
  };

  return {
    begin({ output_modalities: modalities } = {}) {
      if (response.isActive()) return false;
      const said = memory.last();
      speaks = Array.isArray(modalities) ? modalities.includes("audio") : session.speaks;
      tell(response.begin());
      tell(response.write(wordsFor(said, speaks)));
      if (speaks && said.kind === "voice" && said.samples.length > 0) play(said.samples, 0);
      else finish();
      return true;
    },
    cancel(reason) {
      if (!response.isActive()) return false;
      clearTimeout(timer);
      tell(response.end({ status: "cancelled", reason, usage: FREE }));
      return true;
    },
    stop: () => clearTimeout(timer),
  };
}

/** It says what it is: nobody should take it for a model. */
function wordsFor(said: Said, speaks: boolean): string {
  switch (said.kind) {
    case "voice":
      return speaks
        ? `(echo) ${said.seconds} s of sound, played back.`
        : `(echo) ${said.seconds} s of sound were heard.`;
    case "text":
      return `(echo) You wrote: ${said.text}`;
    case "nothing":
      return "(echo) Nothing was said yet.";
  }
}
