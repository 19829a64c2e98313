import { compactVerify, createLocalJWKSet, errors, type JSONWebKeySet } from "jose";
import { compileConfig } from "../../config.ts";
import { fromBase64url } from "../../contract/bytes.ts";
import { deriveKeyring } from "../../credentials/keys.ts";
import { secretAtHand } from "./at-hand.ts";
import { getJson, serverURL } from "./http.ts";
import { CommandError, type Terminal } from "./terminal.ts";

/** What is known of a credential's signature. */
export type SignatureCheck =
  | { readonly status: "valid"; readonly checkedBy: string }
  | { readonly status: "invalid"; readonly checkedBy: string; readonly reason: string }
  | { readonly status: "unchecked" };

/** Public keys, and whose they are. */
export interface Keys {
  readonly jwks: { readonly keys: readonly object[] };
  readonly name: string;
}

/**
 * The public keys of the secret at hand, or those that a server shows; undefined where there are neither.
 *
 * @throws {CommandError} if the server shows none.
 */
export async function publicKeys(server: string | undefined, terminal: Terminal): Promise<Keys | undefined> {
  if (server !== undefined) {
    const baseURL = serverURL(server);
    const { keys } = await getJson(`${baseURL}/.well-known/jwks.json`);
    if (!Array.isArray(keys)) throw new CommandError(`${baseURL} shows no public keys`);
    return { jwks: { keys }, name: baseURL };
  }
  const list = secretAtHand(terminal)?.value.split(",") ?? [];
  const given = list.map((secret) => secret.trim()).filter((secret) => secret !== "");
  if (given.length === 0) return undefined;
  // For the checks of the secrets alone: a signature is the same under any address.
  const { secrets } = compileConfig({ secrets: given, publicURLs: ["http://localhost"], orgs: {} });
  return { jwks: (await deriveKeyring(secrets)).jwks, name: "the secret at hand" };
}

/** Checks a credential's signature; its times are another question. */
export async function checkSignature(credential: string, keys: Keys | undefined): Promise<SignatureCheck> {
  if (!keys) return { status: "unchecked" };
  const { jwks, name: checkedBy } = keys;
  const invalid = (reason: string) => ({ status: "invalid", checkedBy, reason }) as const;
  // As on the mint-server: jose decodes leniently, and a second spelling of one signature does not pass there.
  if (!fromBase64url(credential.slice(credential.lastIndexOf(".") + 1))) return invalid("it is damaged");
  try {
    await compactVerify(credential, createLocalJWKSet(jwks as JSONWebKeySet), { algorithms: ["EdDSA"] });
    return { status: "valid", checkedBy };
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return invalid("another key made it");
    return invalid(
      error instanceof errors.JWKSInvalid ? "the server's keys are damaged" : "it does not fit what is signed",
    );
  }
}
