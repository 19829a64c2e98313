import { utf8 } from "../contract/bytes.ts";
import { fail, ok, type Result } from "../failures.ts";
import { holderOf, type Keyring } from "./keys.ts";

/** One who has shown the admin key. Only {@link createAdminGate} makes one. */
export interface Admin {
  /** A name of the key that shows nothing of it. */
  readonly actor: string;
}

/** Lets in whoever has the admin key. */
export type AdminGate = (headers: Headers) => Promise<Result<Admin>>;

const MAX_KEY_LENGTH = 1024;

/** @param adminKey without one the gate stays shut */
export async function createAdminGate(adminKey: string | undefined, keyring: Keyring): Promise<AdminGate> {
  if (adminKey === undefined) return async () => fail({ kind: "admin_closed" });
  const actor = await holderOf(keyring, adminKey);
  const parameters = { name: "HMAC", hash: "SHA-256" };
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const key = await crypto.subtle.importKey("raw", bytes, parameters, false, ["sign", "verify"]);
  const right = await crypto.subtle.sign("HMAC", key, utf8(adminKey));
  return async (headers) => {
    const [, given] = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "") ?? [];
    if (given === undefined) return fail({ kind: "missing_credential" });
    // Hashes are compared, in constant time: how long it takes tells nothing of the key.
    const isRight = given.length <= MAX_KEY_LENGTH && (await crypto.subtle.verify("HMAC", key, right, utf8(given)));
    return isRight ? ok({ actor }) : fail({ kind: "wrong_admin_key" });
  };
}
