import { utf8 } from "./bytes.ts";
import { concat, joinFields, uint32 } from "./fields.ts";

/** An answer as it is stored. Times in milliseconds since the epoch. */
export interface CacheEntry {
  readonly createdMs: number;
  readonly expiresMs: number;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The model that answered. */
  readonly model: string;
  readonly form: "stream" | "whole";
  /** Canonical JSON of the `stream_options` that the stream was asked with, if it was with any. */
  readonly streamOptions?: string;
  readonly body: Uint8Array<ArrayBuffer>;
  /** When which bytes of the body came: pairs of a byte offset and the milliseconds since the body's first byte. */
  readonly pace?: readonly number[];
}

const decoder = new TextDecoder();

/** What an envelope is sealed with. */
export interface EnvelopeKey {
  /** For AES-256-GCM, with the usages `encrypt` and `decrypt`. */
  readonly key: CryptoKey;
  /** Id of the key, at most 255 bytes long: tells what was sealed before a rotation. */
  readonly kid: string;
  /** The name under which the envelope is stored: it opens under no other. */
  readonly name: string;
}

/** Where the parts of an envelope begin: `version, length of kid, kid, IV, created, expires, ciphertext with tag`. */
const VERSION = 1;
const KID_AT = 2;
const IV_BYTES = 12;
const TIMES_BYTES = 16;

/**
 * Seals an entry with AES-256-GCM under a new random IV (96 bits, NIST SP 800-38D §8.2.2). Only the key's id, the IV and
 * both times can be read without the key, and nothing can be changed.
 */
export function sealEntry(entry: CacheEntry, by: EnvelopeKey): Promise<Uint8Array<ArrayBuffer>> {
  return sealWith(entry, by, crypto.getRandomValues(new Uint8Array(IV_BYTES)));
}

/** {@link sealEntry} with a given IV: for test vectors. An IV that is used twice under one key gives both entries away. */
export async function sealWith(
  { createdMs, expiresMs, body, ...rest }: CacheEntry,
  by: EnvelopeKey,
  iv: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const head = headOf(by.kid, iv, [createdMs, expiresMs]);
  const metadata = utf8(JSON.stringify(rest));
  const plain = concat([uint32(metadata.length), metadata, body]);
  const sealed = await crypto.subtle.encrypt(cipher(head, iv, by.name), by.key, plain);
  return concat([head, new Uint8Array(sealed)]);
}

/**
 * The entry in an envelope, or `undefined` if it has expired, or is not what was sealed with this key under this name, as a
 * whole and unchanged. Never throws, whatever the bytes are.
 */
export async function openEntry(
  bytes: Uint8Array<ArrayBuffer>,
  by: EnvelopeKey & { readonly nowMs: number },
): Promise<CacheEntry | undefined> {
  try {
    const kid = utf8(by.kid);
    const ivAt = KID_AT + kid.length;
    const headBytes = ivAt + IV_BYTES + TIMES_BYTES;
    const head = bytes.slice(0, headBytes);
    const iv = head.subarray(ivAt, ivAt + IV_BYTES);
    const times = new DataView(head.buffer, ivAt + IV_BYTES);
    const [createdMs, expiresMs] = [times.getFloat64(0), times.getFloat64(8)];
    // What another version or key has sealed differs here already.
    const isOurs = head[0] === VERSION && head[1] === kid.length && kid.every((byte, at) => byte === head[KID_AT + at]);
    if (expiresMs <= by.nowMs || !isOurs) return undefined;
    const opened = await crypto.subtle.decrypt(cipher(head, iv, by.name), by.key, bytes.subarray(headBytes));
    const metadataEnd = 4 + new DataView(opened).getUint32(0);
    // Only `sealWith` can have written what was opened.
    const metadata = JSON.parse(decoder.decode(new Uint8Array(opened, 4, metadataEnd - 4))) as Omit<
      CacheEntry,
      "createdMs" | "expiresMs" | "body"
    >;
    return { ...metadata, createdMs, expiresMs, body: new Uint8Array(opened, metadataEnd) };
  } catch {
    return undefined;
  }
}

/** What of an envelope can be read without the key. */
function headOf(kid: string, iv: Uint8Array, times: readonly number[]): Uint8Array<ArrayBuffer> {
  const id = utf8(kid);
  if (id.length > 255) throw new RangeError("a key id has at most 255 bytes");
  const head = concat([Uint8Array.of(VERSION, id.length), id, iv, new Uint8Array(TIMES_BYTES)]);
  const view = new DataView(head.buffer, head.length - TIMES_BYTES);
  for (const [index, time] of times.entries()) view.setFloat64(index * 8, time);
  return head;
}

/** The head begins with its own length's measure, so no head and name read as another's. */
function cipher(head: Uint8Array<ArrayBuffer>, iv: Uint8Array<ArrayBuffer>, name: string): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: concat([head, joinFields([name])]) };
}
