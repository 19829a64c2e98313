import { utf8 } from "../contract/bytes.ts";
import { type Fields, fieldsOf } from "./events.ts";
import { KINDS, NO_TOKENS, type TokenCounts } from "./price.ts";

/** OpenAI counts one for 100 ms of a caller's voice. */
export const AUDIO_TOKENS_PER_SECOND = 10;
/** Of an image in its largest form: 2,500 patches of 32 × 32, times 2.46. */
export const IMAGE_TOKENS = 6_150;
/** Largest context of a realtime model that is known. */
export const LARGEST_CONTEXT = 128_000;

export const PCM_BYTES_PER_SECOND = 48_000;
const G711_BYTES_PER_SECOND = 8_000;

/** How many bytes a second of sound has, each way, after a session says its formats. */
export function readFormats(session: unknown, formats: { input: number; output: number }): void {
  const audio = fieldsOf(fieldsOf(session).audio);
  for (const side of ["input", "output"] as const) {
    const { type } = fieldsOf(fieldsOf(audio[side]).format);
    if (type === "audio/pcm") formats[side] = PCM_BYTES_PER_SECOND;
    else if (type !== undefined) formats[side] = G711_BYTES_PER_SECOND;
  }
}

export function base64Bytes(text: unknown): number {
  return typeof text === "string" ? (text.length * 3) / 4 : 0;
}

/** A token stands for one byte at least. */
export function textTokens(value: unknown): number {
  return value === undefined ? 0 : utf8(JSON.stringify(value)).length;
}

/** Most tokens of an item of a conversation. */
export function itemTokens(item: unknown, bytesPerSecond: number, tokensPerSecond: number): TokenCounts {
  const fields = fieldsOf(item);
  const parts = Array.isArray(fields.content) ? fields.content.map(fieldsOf) : [];
  const isHeavy = (part: Fields): boolean => part.type === "input_audio" || part.type === "input_image";
  const light = { ...fields, ...(parts.length > 0 && { content: parts.filter((part) => !isHeavy(part)) }) };
  const heard = parts.reduce((bytes, part) => bytes + base64Bytes(part.audio), 0);
  return {
    text: textTokens(light),
    audio: (heard / bytesPerSecond) * tokensPerSecond,
    image: parts.filter((part) => part.type === "input_image").length * IMAGE_TOKENS,
  };
}

export function plus(one: TokenCounts, other: TokenCounts): TokenCounts {
  return { text: one.text + other.text, audio: one.audio + other.audio, image: one.image + other.image };
}

export function minus(one: TokenCounts, other: TokenCounts): TokenCounts {
  return plus(one, { text: -other.text, audio: -other.audio, image: -other.image });
}

/** No more than the model reads at once, the dearest kinds kept; whole numbers. */
export function within(counts: TokenCounts, most: number): TokenCounts {
  const kept = { ...NO_TOKENS } as { -readonly [Kind in keyof TokenCounts]: number };
  let left = most;
  for (const kind of [...KINDS].sort((a, b) => Number(b === "audio") - Number(a === "audio"))) {
    kept[kind] = Math.min(left, Math.ceil(counts[kind]));
    left -= kept[kind];
  }
  return kept;
}
