import { compactVerify, createLocalJWKSet, errors, type JSONWebKeySet } from "jose";
import { CREDENTIAL_TYP, withoutPrefix } from "../../mint-server/contract/credential.ts";

/** Whether this page's server signed a credential; `unknown` where it could not be asked for its keys. */
export type Signature = "valid" | "invalid" | "unknown";

/** Says nothing of whether it was revoked or has expired. */
export async function checkSignature(credential: string): Promise<Signature> {
  try {
    const answer = await fetch("/.well-known/jwks.json", { cache: "no-store" });
    if (!answer.ok) return "unknown";
    const keys = createLocalJWKSet((await answer.json()) as JSONWebKeySet);
    const { protectedHeader } = await compactVerify(withoutPrefix(credential), keys);
    return protectedHeader.typ === CREDENTIAL_TYP ? "valid" : "invalid";
  } catch (error) {
    return error instanceof errors.JOSEError ? "invalid" : "unknown";
  }
}
