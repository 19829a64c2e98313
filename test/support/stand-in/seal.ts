import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** What an issued signature says of the text that came back with it. */
export type Genuineness = "genuine" | "changed" | "forged";

const SIZE = 32;
// Real ones are hundreds of bytes and more: who carries them in something small should find out here.
const FILLER_BLOCKS = 16;

/** An opaque value that proves that the stand-in said this: a signature, encrypted content, a thought signature. */
export function seal(kind: string, text: string): string {
  const hash = createHash("sha256").update(`${kind}\n${text}`).digest();
  const filler = Array.from({ length: FILLER_BLOCKS }, (_, at) => createHash("sha256").update(hash).update(`${at}`));
  return Buffer.concat([macOf(kind, hash), hash, ...filler.map((block) => block.digest())]).toString("base64");
}

/** Whether a sealed value is one of the stand-in's own, and of this text where a text is given. */
export function inspect(kind: string, sealed: unknown, text?: string): Genuineness {
  const bytes = Buffer.from(typeof sealed === "string" ? sealed : "", "base64");
  const hash = bytes.subarray(SIZE, 2 * SIZE);
  const mac = macOf(kind, hash);
  if (bytes.length !== SIZE * (2 + FILLER_BLOCKS) || !timingSafeEqual(mac, bytes.subarray(0, SIZE))) return "forged";
  return text === undefined || seal(kind, text) === sealed ? "genuine" : "changed";
}

function macOf(kind: string, hash: Buffer): Buffer {
  return createHmac("sha256", "signatures of the stand-in").update(kind).update(hash).digest();
}
