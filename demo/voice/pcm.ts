/** Samples in a second of what is sent and heard: OpenAI's `audio/pcm`. */
export const RATE = 24_000;

/** Base64 of samples as 16 bits, little-endian; at most a second of them. */
export function encodePcm(samples: Int16Array<ArrayBuffer>): string {
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

/** The inverse of {@link encodePcm}. */
export function decodePcm(base64: string): Int16Array<ArrayBuffer> {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length - (binary.length % 2));
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  return new Int16Array(bytes.buffer);
}
