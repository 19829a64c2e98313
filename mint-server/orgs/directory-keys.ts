import { fromBase64url, toBase64url, utf8 } from "../contract/bytes.ts";
import { derive } from "../credentials/keys.ts";

/** What one secret of `MINT_SECRET` gives for the directory, each key under a label of its own. */
interface SecretKeys {
  /** Names the secret. */
  readonly kid: string;
  readonly seal: CryptoKey;
  readonly sign: CryptoKey;
}

/** Seals and signs what the directory stores: under the newest secret; opens what any live one has sealed. */
export interface DirectoryKeys {
  /** Of the newest secret. */
  readonly kid: string;
  /** Whether the secret of this name is still in the list. */
  isLive(kid: string): boolean;
  /** @param label what the text is for: it opens with the very same label alone */
  seal(text: string, label: string): Promise<string>;
  /** `undefined` if it was sealed under another label or secret, or was changed. */
  open(sealed: string, label: string): Promise<string | undefined>;
  sign(text: string): Promise<string>;
  /** Whether a live secret of the name `kid` signed it. */
  isSigned(text: string, by: { readonly kid: string; readonly signature: string }): Promise<boolean>;
}

const IV_BYTES = 12;

/** @param secrets newest first */
export async function createDirectoryKeys(secrets: readonly Uint8Array<ArrayBuffer>[]): Promise<DirectoryKeys> {
  const all = await Promise.all(secrets.map(keysOf));
  const [newest] = all;
  if (!newest) throw new TypeError("the directory needs at least one secret");
  const byKid = new Map(all.map((keys) => [keys.kid, keys]));
  return {
    kid: newest.kid,
    isLive: (kid) => byKid.has(kid),
    async seal(text, label) {
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const sealed = await crypto.subtle.encrypt(parametersOf(iv, label), newest.seal, utf8(text));
      return [newest.kid, toBase64url(iv), toBase64url(new Uint8Array(sealed))].join(".");
    },
    async open(sealed, label) {
      const [kid = "", iv = "", text = ""] = sealed.split(".");
      const key = byKid.get(kid)?.seal;
      const [nonce, bytes] = [fromBase64url(iv), fromBase64url(text)];
      if (!key || nonce?.length !== IV_BYTES || !bytes) return undefined;
      try {
        return new TextDecoder().decode(await crypto.subtle.decrypt(parametersOf(nonce, label), key, bytes));
      } catch {
        return undefined;
      }
    },
    async sign(text) {
      return toBase64url(new Uint8Array(await crypto.subtle.sign("HMAC", newest.sign, utf8(text))));
    },
    async isSigned(text, { kid, signature }) {
      const key = byKid.get(kid)?.sign;
      const bytes = fromBase64url(signature);
      return key !== undefined && bytes !== undefined && crypto.subtle.verify("HMAC", key, bytes, utf8(text));
    },
  };
}

function parametersOf(iv: Uint8Array<ArrayBuffer>, label: string) {
  return { name: "AES-GCM", iv, additionalData: utf8(label) };
}

async function keysOf(secret: Uint8Array<ArrayBuffer>): Promise<SecretKeys> {
  const name = await derive(secret, "directory/name");
  const seal = await derive(secret, "directory/seal");
  const sign = await derive(secret, "directory/sign");
  return {
    kid: toBase64url(name.subarray(0, 9)),
    seal: await crypto.subtle.importKey("raw", seal, "AES-GCM", false, ["encrypt", "decrypt"]),
    sign: await hmacKey(sign, ["sign", "verify"]),
  };
}

/** A key of HMAC-SHA-256. */
export function hmacKey(bytes: Uint8Array<ArrayBuffer>, usages: ("sign" | "verify")[]): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, usages);
}
