import { fromBase64url, toBase64url, utf8 } from "../contract/bytes.ts";
import { fail, ok, type Result } from "../failures.ts";
import { askDirectory, type ReachDirectory } from "./ask-directory.ts";
import { type DirectoryKeys, hmacKey } from "./directory-keys.ts";

/**
 * Hashes project keys (HMAC-SHA-256) under the pepper: random bytes that are stored sealed. Under a key of `MINT_SECRET` itself
 * no hash could be carried over to the next secret, as nobody knows the keys; the pepper is sealed anew, and the hashes stay.
 */
export interface KeyHasher {
  /** `undefined` where no key was ever hashed. */
  find(apiKey: string): Promise<Result<string | undefined>>;
  /** For a key that is to be stored. */
  hash(apiKey: string): Promise<Result<string>>;
  /** Seals the pepper under the newest secret, where it is not. One that cannot be opened is replaced if `discard`. */
  reseal(discard: boolean): Promise<Result<"resealed" | "unchanged" | "discarded">>;
}

const LABEL = JSON.stringify(["pepper"]);
const PEPPER_BYTES = 32;

export function createKeyHasher(reach: ReachDirectory, vault: DirectoryKeys): KeyHasher {
  let known: CryptoKey | undefined;

  const open = async (sealed: string): Promise<Result<CryptoKey>> => {
    const bytes = fromBase64url((await vault.open(sealed, LABEL)) ?? "");
    if (bytes?.length !== PEPPER_BYTES) {
      const isLive = vault.isLive(sealed.split(".")[0] ?? "");
      return fail({ kind: "org_unreadable", reason: isLive ? "changed" : "secret_removed" });
    }
    known = await hmacKey(bytes, ["sign"]);
    return ok(known);
  };

  const newPepper = () => vault.seal(toBase64url(crypto.getRandomValues(new Uint8Array(PEPPER_BYTES))), LABEL);

  const replace = async (sealed: string, expected: string | undefined): Promise<Result<CryptoKey>> => {
    const written = await askDirectory(reach, (directory) => directory.writePepper(sealed, expected));
    return written.ok ? open(written.value) : written;
  };

  const hashUnder = async (key: CryptoKey, apiKey: string) =>
    ok(toBase64url(new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8(apiKey)))));

  return {
    async find(apiKey) {
      if (known) return hashUnder(known, apiKey);
      const sealed = await askDirectory(reach, (directory) => directory.readPepper());
      if (!sealed.ok) return sealed;
      if (sealed.value === undefined) return ok(undefined);
      const key = await open(sealed.value);
      return key.ok ? hashUnder(key.value, apiKey) : key;
    },
    async hash(apiKey) {
      const sealed = await askDirectory(reach, (directory) => directory.readPepper());
      if (!sealed.ok) return sealed;
      const key = sealed.value === undefined ? await replace(await newPepper(), undefined) : await open(sealed.value);
      return key.ok ? hashUnder(key.value, apiKey) : key;
    },
    async reseal(discard) {
      const sealed = await askDirectory(reach, (directory) => directory.readPepper());
      if (!sealed.ok) return sealed;
      if (sealed.value === undefined) return ok("unchanged");
      const text = await vault.open(sealed.value, LABEL);
      if (text === undefined && !discard)
        return open(sealed.value).then((opened) => (opened.ok ? ok("unchanged") : opened));
      if (text !== undefined && sealed.value.startsWith(`${vault.kid}.`)) return ok("unchanged");
      const renewed = text === undefined ? await newPepper() : await vault.seal(text, LABEL);
      const replaced = await replace(renewed, sealed.value);
      return replaced.ok ? ok(text === undefined ? "discarded" : "resealed") : replaced;
    },
  };
}
