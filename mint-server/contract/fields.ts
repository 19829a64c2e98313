import { utf8 } from "./bytes.ts";

const encoder = new TextEncoder();

/** So much memory is taken for a while without asking how little would do. */
const MAX_SPARE_BYTES = 1024 * 1024;

/** Texts as bytes in which no text can pass for parts of its neighbours: each after its length in bytes, 32 bits big-endian. */
export function joinFields(fields: readonly string[]): Uint8Array<ArrayBuffer> {
  // UTF-8 takes three bytes at most for what a string counts as one; a buffer for each text costs four times as much CPU.
  const mostBytes = fields.reduce((size, field) => size + 4 + 3 * field.length, 0);
  if (mostBytes > MAX_SPARE_BYTES) return concat(fields.map(utf8).flatMap((bytes) => [uint32(bytes.length), bytes]));
  const joined = new Uint8Array(mostBytes);
  const lengths = new DataView(joined.buffer);
  let at = 0;
  for (const field of fields) {
    const { written } = encoder.encodeInto(field, joined.subarray(at + 4));
    lengths.setUint32(at, written);
    at += 4 + written;
  }
  return joined.subarray(0, at);
}

/** A number in four bytes, big-endian. */
export function uint32(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** All parts in one. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
