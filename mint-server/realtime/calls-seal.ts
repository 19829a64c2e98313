import { fromBase64url, toBase64url, utf8 } from "../contract/bytes.ts";
import { derive, type Keyring } from "../credentials/keys.ts";

const IV_BYTES = 12;

/** Seals a text for one place (AES-256-GCM): it opens with the same label and the same place alone. base64url. */
export async function sealText(keyring: Keyring, text: string, place: Place): Promise<string> {
  const secret = keyring.sealKeys.get(keyring.current.kid);
  if (!secret) throw new TypeError("the keyring has no key to seal with");
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const sealed = await crypto.subtle.encrypt(parameters(iv, place), await keyFor(secret, place), utf8(text));
  const whole = new Uint8Array(IV_BYTES + sealed.byteLength);
  whole.set(iv);
  whole.set(new Uint8Array(sealed), IV_BYTES);
  return toBase64url(whole);
}

/** The text, or `undefined` if it was not sealed here, under a live secret, for this place. */
export async function openText(keyring: Keyring, sealed: string, place: Place): Promise<string | undefined> {
  const whole = fromBase64url(sealed);
  if (!whole || whole.length <= IV_BYTES) return undefined;
  for (const secret of keyring.sealKeys.values()) {
    try {
      const key = await keyFor(secret, place);
      const opened = await crypto.subtle.decrypt(
        parameters(whole.slice(0, IV_BYTES), place),
        key,
        whole.slice(IV_BYTES),
      );
      return new TextDecoder().decode(opened);
    } catch {
      // Another secret's, or nobody's.
    }
  }
  return undefined;
}

/** What a sealed text is, and whose: neither another kind nor another's opens it. */
export interface Place {
  readonly label: "call id" | "watched call";
  readonly parts: readonly string[];
}

function parameters(iv: Uint8Array<ArrayBuffer>, { parts }: Place) {
  return { name: "AES-GCM", iv, additionalData: utf8(JSON.stringify(parts)) };
}

async function keyFor(secret: Uint8Array<ArrayBuffer>, { label }: Place): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", await derive(secret, label), "AES-GCM", false, ["encrypt", "decrypt"]);
}
