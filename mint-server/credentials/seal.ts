import { CompactEncrypt, compactDecrypt } from "jose";
import { utf8 } from "../contract/bytes.ts";
import type { Keyring } from "./keys.ts";

/** Seals a provider's key into the credential `jti` (JWE, RFC 7516: direct AES-256-GCM). Only the mint-server can open it. */
export async function sealKey(keyring: Keyring, apiKey: string, jti: string): Promise<string> {
  const { kid } = keyring.current;
  const key = keyring.sealKeys.get(kid);
  if (!key) throw new TypeError("the keyring has no key to seal with");
  return new CompactEncrypt(utf8(apiKey)).setProtectedHeader({ alg: "dir", enc: "A256GCM", kid, jti }).encrypt(key);
}

/** The provider key sealed in a credential, or undefined if it was not sealed here for this `jti`. */
export async function openKey(keyring: Keyring, sealed: string, jti: string): Promise<string | undefined> {
  try {
    const { plaintext, protectedHeader } = await compactDecrypt(
      sealed,
      ({ kid }) => {
        const key = keyring.sealKeys.get(kid ?? "");
        if (!key) throw new TypeError("unknown key");
        return key;
      },
      { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] },
    );
    return protectedHeader.jti === jti ? new TextDecoder().decode(plaintext) : undefined;
  } catch {
    return undefined;
  }
}
