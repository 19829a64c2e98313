import type { Fields } from "../../../../mint-server/realtime/events.ts";

export type Heard =
  | { readonly kind: "started"; readonly atMs: number }
  | { readonly kind: "stopped"; readonly atMs: number; readonly lengthMs: number };

/** Tells voice from silence in 24 kHz PCM: whatever is not all zeros is voice. */
export interface VoiceDetector {
  hear(pcm: Buffer, turnDetection: Fields): readonly Heard[];
  /** Empties the buffer; returns the milliseconds that it held. */
  clear(): number;
}

const BYTES_PER_MS = 48;

export function createVoiceDetector(): VoiceDetector {
  let totalMs = 0;
  let bufferedMs = 0;
  let silentMs = 0;
  let startedAt: number | undefined;
  return {
    hear(pcm, { silence_duration_ms: silence = 200 }) {
      const lengthMs = pcm.length / BYTES_PER_MS;
      totalMs += lengthMs;
      bufferedMs += lengthMs;
      const isVoice = pcm.some((byte) => byte !== 0);
      if (isVoice) {
        silentMs = 0;
        if (startedAt !== undefined) return [];
        startedAt = totalMs - lengthMs;
        return [{ kind: "started", atMs: Math.floor(startedAt) }];
      }
      silentMs += lengthMs;
      if (startedAt === undefined || silentMs < Number(silence)) return [];
      const heard: Heard = { kind: "stopped", atMs: Math.floor(totalMs), lengthMs: totalMs - startedAt };
      startedAt = undefined;
      bufferedMs = 0;
      return [heard];
    },
    clear() {
      const held = bufferedMs;
      bufferedMs = 0;
      startedAt = undefined;
      return held;
    },
  };
}
