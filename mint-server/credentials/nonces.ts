import { toBase64url, utf8 } from "../contract/bytes.ts";

/** How long one nonce is current. A proof may name the current one or the one before. */
const WINDOW_MS = 30_000;

/** Most proofs remembered in one window: far above what one isolate can verify, and a bound on its memory. */
const MAX_PROOFS_PER_WINDOW = 200_000;

/** Server nonces (RFC 9449 §8) and the proofs that used them. */
export interface NonceBook {
  /** The nonce for new proofs. */
  current(now: number): Promise<string> | string;
  /** True if `nonce` is current or the one before. Call `current` first. */
  accepts(nonce: string): boolean;
  /** Remembers a proof; false if it was used before. */
  use(proofId: string): boolean;
}

interface Window {
  readonly index: number;
  readonly nonce: string;
  readonly used: Set<string>;
}

/**
 * A nonce is the HMAC of a window of the server's clock, so every instance knows it without asking. Two windows of proofs
 * are all that could be used again, so that is all that is remembered, in this instance.
 *
 * @param start a name for this start of a server that has one instance alone. It goes into every nonce, so that after a
 * restart, when nobody knows which proofs were used, none of those from before will do.
 */
export function createNonceBook(key: CryptoKey, start?: string): NonceBook {
  const prefix = start === undefined ? "" : `${start}.`;
  let current: Window | undefined;
  let previous: Omit<Window, "index"> | undefined;

  const nonceOf = async (index: number) => {
    const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8(`${prefix}${index}`)));
    return toBase64url(mac.subarray(0, 16));
  };

  const turn = async (index: number) => {
    const [nonce, before] = await Promise.all([nonceOf(index), nonceOf(index - 1)]);
    if (current && current.index >= index) return current.nonce;
    previous = current?.index === index - 1 ? current : { nonce: before, used: new Set() };
    current = { index, nonce, used: new Set() };
    return nonce;
  };

  return {
    current(now) {
      const index = Math.floor(now / WINDOW_MS);
      return current && current.index >= index ? current.nonce : turn(index);
    },
    accepts(nonce) {
      return nonce === current?.nonce || nonce === previous?.nonce;
    },
    use(proofId) {
      if (!current || current.used.has(proofId) || previous?.used.has(proofId)) return false;
      if (current.used.size >= MAX_PROOFS_PER_WINDOW) return false;
      current.used.add(proofId);
      return true;
    },
  };
}
