const encoder = new TextEncoder();

/** UTF-8 bytes of a string. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** A piece of a stream: its bytes, or of a stream that is text what they say, where that is known already. */
export type Chunk = Uint8Array | string;

/** Reads a stream's text, however it is split. `keepsMark`: a byte order mark at its beginning is part of it. */
export function createTextReader({ keepsMark = false } = {}): (chunk: Chunk) => string {
  let decoder: TextDecoder | undefined;
  let hasBegun = false;
  return (chunk) => {
    if (typeof chunk !== "string") {
      decoder ??= new TextDecoder("utf-8", { ignoreBOM: keepsMark });
      return decoder.decode(chunk, { stream: true });
    }
    if (hasBegun || keepsMark || chunk === "") return chunk;
    hasBegun = true;
    return chunk.replace(/^\uFEFF/, "");
  };
}

/** RFC 4648 §5 base64url, without padding. */
export function toBase64url(bytes: Uint8Array): string {
  let binary = "";
  // In slices: `String.fromCharCode` takes its input as arguments, and a stack holds only so many.
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/**
 * The bytes of a base64url string without padding, or `undefined` if it is not one. Spare bits of the last character must
 * be zero (RFC 4648 §3.5): otherwise several texts would stand for one signature.
 */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const spareBits = { 0: 0, 2: 0b1111, 3: 0b11 }[text.length % 4] ?? 0;
  if (spareBits && ALPHABET.indexOf(text.charAt(text.length - 1)) & spareBits) return undefined;
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** SHA-256 of a string's UTF-8 bytes, as base64url: the form of `ath` and of key thumbprints. */
export async function sha256Base64url(text: string): Promise<string> {
  return toBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text))));
}
