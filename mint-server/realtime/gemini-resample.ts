/** OpenAI's sound, and what Gemini takes: samples in a second. */
export const OPENAI_RATE = 24_000;
export const GEMINI_INPUT_RATE = 16_000;

// 24 kHz to 16 kHz: as if raised to 48 kHz, band-limited, and every third sample kept.
const UP = 2;
const DOWN = 3;
const TAPS = 128;
/** Sound above 8 kHz would come back as lower sound. The filter falls from 6.4 kHz to there, by 70 dB. */
const CUTOFF = 7_200 / (OPENAI_RATE * UP);
/** Kaiser window for 70 dB. */
const BETA = 6.76;

/** A stream's converter from 24 kHz to 16 kHz, mono PCM of 16 bits (little-endian). It keeps what the next piece needs. */
export type Resampler = (pcm: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;

export function createResampler(): Resampler {
  const phases = filterPhases();
  const length = TAPS / UP;
  let history = new Float64Array(length - 1);
  // Position of the next sample that is kept, at 48 kHz, from the beginning of the next piece.
  let at = 0;
  let odd: number | undefined;

  return (bytes) => {
    const whole = odd === undefined ? bytes : behind(odd, bytes);
    odd = whole.length % 2 === 1 ? whole.at(-1) : undefined;
    const input = samplesOf(whole);
    const samples = new Float64Array(history.length + input.length);
    samples.set(history);
    samples.set(input, history.length);
    const output: number[] = [];
    for (; Math.floor(at / UP) < input.length; at += DOWN) {
      output.push(filtered(samples, Math.floor(at / UP), phases[at % UP] ?? phases[0]));
    }
    at -= input.length * UP;
    history = samples.slice(samples.length - (length - 1));
    return bytesOf(output);
  };
}

/** The filter's taps as each kind of kept sample needs them: of a raised stream every other sample is zero. */
function filterPhases(): readonly [Float64Array, ...Float64Array[]] {
  const taps = Array.from({ length: TAPS }, (_, n) => {
    const x = n - (TAPS - 1) / 2;
    return UP * 2 * CUTOFF * sinc(2 * CUTOFF * x) * kaiser((2 * n) / (TAPS - 1) - 1);
  });
  const phase = (start: number) => Float64Array.from(taps.filter((_, n) => n % UP === start));
  return [phase(0), phase(1)];
}

function filtered(samples: Float64Array, index: number, taps: Float64Array): number {
  let sum = 0;
  const newest = index + taps.length - 1;
  for (let k = 0; k < taps.length; k++) sum += (taps[k] ?? 0) * (samples[newest - k] ?? 0);
  return sum;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** @param x from -1 to 1 */
function kaiser(x: number): number {
  return bessel(BETA * Math.sqrt(Math.max(0, 1 - x * x))) / bessel(BETA);
}

/** The modified Bessel function of order 0. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function behind(first: number, rest: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(rest.length + 1);
  whole[0] = first;
  whole.set(rest, 1);
  return whole;
}

function samplesOf(bytes: Uint8Array<ArrayBuffer>): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: Math.floor(bytes.length / 2) }, (_, n) => view.getInt16(n * 2, true));
}

function bytesOf(samples: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(samples.length * 2);
  const view = new DataView(bytes.buffer);
  for (const [n, sample] of samples.entries()) {
    view.setInt16(n * 2, Math.max(-32_768, Math.min(32_767, Math.round(sample))), true);
  }
  return bytes;
}

/** Bytes of a base64 text; `undefined` if it is none. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
    return bytes;
  } catch {
    return undefined;
  }
}

export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  // In slices: `String.fromCharCode` takes its input as arguments, and a stack holds only so many.
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}
