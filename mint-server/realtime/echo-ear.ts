/** Samples in a second of 24 kHz PCM, and in the 20 ms that are judged at once. */
export const RATE = 24_000;
const FRAME = 480;
const FRAME_MS = 20;
/** A click is no voice. */
const VOICED_FRAMES = 3;
/** Noise of the room: what a quiet microphone gives, and the most that is believed. */
const QUIET = 100;
const LOUDEST_NOISE = 1000;
/** A voice is so many times as loud as the room. */
const OVER_NOISE = 3;

/** When a turn begins and ends. */
export type Heard =
  | { readonly kind: "started"; readonly atMs: number }
  | { readonly kind: "stopped"; readonly atMs: number };

export interface EarOptions {
  /** 0 to 1, as in OpenAI's `server_vad`: how loud a voice has to be at least. */
  readonly threshold: number;
  /** So much silence ends a turn. */
  readonly silenceMs: number;
}

/** Tells voice from silence by its energy, against the noise of the room. Knows no clock: time is what was heard. */
export interface Ear {
  hear(samples: Int16Array, options: EarOptions): readonly Heard[];
  /** Whether a turn is under way. */
  isOpen(): boolean;
  /** Forgets the turn. */
  reset(): void;
}

export function createEar(): Ear {
  let noise = QUIET;
  let heardMs = 0;
  let voiced = 0;
  let silentMs = 0;
  let isOpen = false;
  const frame = new Int16Array(FRAME);
  let filled = 0;

  const judge = ({ threshold, silenceMs }: EarOptions): Heard | undefined => {
    heardMs += FRAME_MS;
    const level = loudness(frame);
    noise = Math.min(LOUDEST_NOISE, level < noise ? level + (noise - level) * 0.9 : noise * 1.005 + 0.1);
    const isVoice = level > Math.max(800 * threshold, noise * OVER_NOISE);
    voiced = isVoice ? voiced + 1 : 0;
    silentMs = isVoice ? 0 : silentMs + FRAME_MS;
    if (!isOpen && voiced >= VOICED_FRAMES) {
      isOpen = true;
      return { kind: "started", atMs: heardMs - VOICED_FRAMES * FRAME_MS };
    }
    if (!isOpen || silentMs < silenceMs) return undefined;
    isOpen = false;
    return { kind: "stopped", atMs: heardMs };
  };

  return {
    hear(samples, options) {
      const heard: Heard[] = [];
      for (let at = 0; at < samples.length; ) {
        const part = samples.subarray(at, at + FRAME - filled);
        frame.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled < FRAME) break;
        filled = 0;
        const found = judge(options);
        if (found) heard.push(found);
      }
      return heard;
    },
    isOpen: () => isOpen,
    reset() {
      isOpen = false;
      voiced = 0;
      silentMs = 0;
    },
  };
}

/** Root mean square. */
function loudness(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length);
}
