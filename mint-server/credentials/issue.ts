import { SignJWT } from "jose";
import { CREDENTIAL_TYP, type CredentialClaims, type Grant, type IssuedCredential } from "../contract/credential.ts";
import { fail, ok, type Result } from "../failures.ts";
import type { Keyring } from "./keys.ts";
import { sealKey } from "./seal.ts";

/** What to issue. Times in seconds, `now` in milliseconds since the epoch. */
export interface Order {
  readonly issuer: string;
  readonly subject: string;
  readonly grant: Grant;
  readonly ttlSeconds: number;
  /** Thumbprint of the key to bind to; absent for a bearer credential. */
  readonly jkt?: string;
  /** The provider key that issues, to be sealed in; absent where an organisation's own endpoints serve. */
  readonly providerKey?: string;
  readonly now: number;
}

/** Longest credential issued: proxies and browsers carry headers of this size without trouble. */
const MAX_CREDENTIAL_BYTES = 2048;

/** Signs a temporary credential. It fails only if the grant asked for is too long to carry. */
export async function issueCredential(keyring: Keyring, order: Order): Promise<Result<IssuedCredential>> {
  const { issuer, subject, grant, ttlSeconds, jkt, providerKey, now } = order;
  const jti = crypto.randomUUID();
  const iat = Math.floor(now / 1000);
  const claims: CredentialClaims = {
    iss: issuer,
    aud: issuer,
    sub: subject,
    iat,
    exp: iat + ttlSeconds,
    jti,
    ...(jkt === undefined ? {} : { cnf: { jkt } }),
    grant,
    ...(providerKey === undefined ? {} : { sealed_key: await sealKey(keyring, providerKey, jti) }),
  };
  const key = await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: "EdDSA", typ: CREDENTIAL_TYP, kid: keyring.current.kid })
    .sign(keyring.current.privateKey);
  if (key.length >= MAX_CREDENTIAL_BYTES) {
    const detail = `The credential would not be under ${MAX_CREDENTIAL_BYTES} bytes. List fewer models, endpoints or origins.`;
    return fail({ kind: "bad_field", param: "models", detail });
  }
  return ok({ key, expires_at: claims.exp, token_type: jkt === undefined ? "Bearer" : "DPoP", subject });
}
