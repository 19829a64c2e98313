import { writeFile } from "node:fs/promises";

/** Samples in a second, as realtime sessions take it. */
const RATE = 24_000;

/** Something to be heard by a microphone, in order. */
export interface SpeechPart {
  readonly seconds: number;
  /** Absent: silence. Another number, another voice. */
  readonly voice?: number;
}

/**
 * Sound that is like speech, made up: a buzz of 90 to 180 Hz that rises and falls, through three resonances that move from vowel
 * to vowel, in syllables. Noise suppression takes it for a voice, which it does not do with tones.
 */
export function speech(parts: readonly SpeechPart[]): Int16Array<ArrayBuffer> {
  const samples = parts.flatMap(({ seconds, voice }) => {
    const length = Math.round(seconds * RATE);
    return voice === undefined ? Array.from({ length }, () => 0) : spoken(length, voice);
  });
  return Int16Array.from(samples);
}

/** The first resonances of vowels, in Hz: a, i, u, e, o. */
const VOWELS = [
  [730, 1090, 2440],
  [270, 2290, 3010],
  [300, 870, 2240],
  [530, 1840, 2480],
  [570, 840, 2410],
] as const;

function spoken(length: number, voice: number): number[] {
  const random = randomFrom(voice);
  const resonances = [0, 1, 2].map(() => createResonance());
  const samples: number[] = [];
  let phase = 0;
  while (samples.length < length) {
    const syllable = Math.min(Math.round((0.14 + 0.12 * random()) * RATE), length - samples.length);
    const vowel = VOWELS[Math.floor(random() * VOWELS.length)] ?? VOWELS[0];
    const pitch = 90 + 60 * random();
    for (let n = 0; n < syllable; n++) {
      const at = n / syllable;
      phase += (pitch * (1 + 0.2 * Math.sin(at * Math.PI))) / RATE;
      const pulse = phase % 1 < 0.1 ? 1 : -0.11;
      const excited = pulse + 0.05 * (random() - 0.5);
      const sum = resonances.reduce((all, ring, index) => all + ring(excited, vowel[index] ?? 500) / (index + 1), 0);
      samples.push(Math.max(-32_000, Math.min(32_000, Math.round(sum * 5000 * Math.sin(at * Math.PI) ** 0.7))));
    }
  }
  return samples;
}

/** A filter of second order that rings at a frequency. */
function createResonance(): (input: number, hertz: number) => number {
  const decay = Math.exp((-Math.PI * 90) / RATE);
  let [one, two] = [0, 0];
  return (input, hertz) => {
    const output =
      (1 - decay) * 12 * input + 2 * decay * Math.cos((2 * Math.PI * hertz) / RATE) * one - decay ** 2 * two;
    two = one;
    one = output;
    return output;
  };
}

/** The same numbers each time (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Writes mono PCM of 16 bits as a WAV file. */
export async function writeWav(path: string, samples: Int16Array<ArrayBuffer>): Promise<void> {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(samples.byteLength, 40);
  await writeFile(path, Buffer.concat([header, Buffer.from(samples.buffer)]));
}

/** How alike two sounds are by their loudness in time, where the first fits into the other best: at most 1. */
export function likeness(part: Int16Array, whole: Int16Array): number {
  const wanted = envelope(part);
  let best = -1;
  // Frames need not begin where they did.
  for (let from = 0; from < FRAME; from += FRAME / 8) {
    const there = envelope(whole.subarray(from));
    for (let lag = 0; lag + wanted.length <= there.length; lag++) {
      best = Math.max(best, correlation(wanted, there.slice(lag, lag + wanted.length)));
    }
  }
  return best;
}

/** 20 ms. */
const FRAME = RATE / 50;

/** Loudness (root mean square) of each frame. */
function envelope(samples: Int16Array): number[] {
  return Array.from({ length: Math.floor(samples.length / FRAME) }, (_, index) => {
    let sum = 0;
    for (const sample of samples.subarray(index * FRAME, (index + 1) * FRAME)) sum += sample * sample;
    return Math.sqrt(sum / FRAME);
  });
}

/** Pearson's. */
function correlation(one: readonly number[], other: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [a, b] = [mean(one), mean(other)];
  let [product, first, second] = [0, 0, 0];
  for (const [index, value] of one.entries()) {
    const [x, y] = [value - a, (other[index] ?? 0) - b];
    product += x * y;
    first += x * x;
    second += y * y;
  }
  return first > 0 && second > 0 ? product / Math.sqrt(first * second) : 0;
}
