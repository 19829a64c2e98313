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

/** A credential that exists, to be written down once more for realtime sessions alone. Times in seconds since the epoch. */
export interface NarrowerOrder {
  readonly issuer: string;
  readonly subject: string;
  /** Of the credential that exists: so its limits count on, and its revocation is this one's, too. */
  readonly jti: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** What is left of its grant, with what is locked in. */
  readonly grant: Grant & Required<Pick<Grant, "session" | "endpoints">>;
  /** The provider key that issued it, to be sealed in. */
  readonly providerKey?: string;
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
  const key = await sign(keyring, claims);
  if (key.length >= MAX_CREDENTIAL_BYTES) {
    const detail = `The credential would not be under ${MAX_CREDENTIAL_BYTES} bytes. List fewer models, endpoints or origins.`;
    return fail({ kind: "bad_field", param: "models", detail });
  }
  return ok({ key, expires_at: claims.exp, token_type: jkt === undefined ? "Bearer" : "DPoP", subject });
}

/**
 * Signs a second form of a credential, for a transport that cannot carry proofs: the same credential, unbound, and good for
 * less. It fails only if what it locks is too long to carry.
 */
export async function issueNarrower(keyring: Keyring, order: NarrowerOrder): Promise<Result<string>> {
  const { issuer, subject, jti, issuedAt: iat, expiresAt: exp, grant, providerKey } = order;
  const sealed = providerKey === undefined ? {} : { sealed_key: await sealKey(keyring, providerKey, jti) };
  const key = await sign(keyring, { iss: issuer, aud: issuer, sub: subject, iat, exp, jti, grant, ...sealed });
  if (key.length < MAX_CREDENTIAL_BYTES) return ok(key);
  const detail = `What \`session\` locks would make the credential ${MAX_CREDENTIAL_BYTES} bytes or more. Put it into a template of the organisation.`;
  return fail({ kind: "bad_field", param: "session", detail });
}

function sign(keyring: Keyring, claims: CredentialClaims): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: "EdDSA", typ: CREDENTIAL_TYP, kid: keyring.current.kid })
    .sign(keyring.current.privateKey);
}
