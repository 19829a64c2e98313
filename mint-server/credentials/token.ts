import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import { fromBase64url, sha256Base64url } from "../contract/bytes.ts";
import { CREDENTIAL_TYP, type CredentialClaims } from "../contract/credential.ts";
import { type CredentialFault, fail, ok, type Result } from "../failures.ts";
import { parseClaims } from "./claims.ts";
import type { Keyring } from "./keys.ts";
import { openKey } from "./seal.ts";

/** A temporary credential whose signature and claims were checked. Whether it may be used now is another question. */
export interface Token {
  readonly claims: CredentialClaims;
  /** Its hash, as a proof names it (RFC 9449 §4.2). */
  readonly ath: string;
  /** The provider key that was sealed into it. */
  readonly providerKey?: string;
}

/** What a token is checked against. */
export interface TokenContext {
  readonly keyring: Keyring;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly publicURLs: readonly string[];
}

const MAX_CREDENTIAL_LENGTH = 4096;
const CLOCK_SKEW_SECONDS = 60;

/** Checks a temporary credential by itself: signature, issuer, audience, times and shape (RFC 7519, RFC 8725). */
export async function verifyToken(token: string, context: TokenContext): Promise<Result<Token>> {
  if (token.length > MAX_CREDENTIAL_LENGTH) return refused("too_large");
  // jose decodes leniently; a second spelling of one signature must not pass.
  if (!fromBase64url(token.slice(token.lastIndexOf(".") + 1))) return refused("malformed");
  const checked = await checkSignature(token, context);
  if (!checked.ok) return checked;
  const claims = parseClaims(checked.value);
  if (!claims || claims.iat > context.now / 1000 + CLOCK_SKEW_SECONDS) return refused("claims");
  const ath = await sha256Base64url(token);
  if (claims.sealed_key === undefined) return ok({ claims, ath });
  const providerKey = await openKey(context.keyring, claims.sealed_key, claims.jti);
  return providerKey === undefined ? refused("claims") : ok({ claims, ath, providerKey });
}

async function checkSignature(token: string, { keyring, now, publicURLs }: TokenContext): Promise<Result<JWTPayload>> {
  const keyByKid: JWTVerifyGetKey = ({ kid }) => {
    const key = keyring.publicKeys.get(kid ?? "");
    if (!key) throw new errors.JWKSNoMatchingKey();
    return key;
  };
  try {
    const { payload } = await jwtVerify(token, keyByKid, {
      algorithms: ["EdDSA"],
      typ: CREDENTIAL_TYP,
      issuer: [...publicURLs],
      audience: [...publicURLs],
      requiredClaims: ["sub", "iat", "exp", "jti", "grant"],
      currentDate: new Date(now),
    });
    return ok(payload);
  } catch (error) {
    if (error instanceof errors.JWTExpired) return refused("expired");
    return refused(error instanceof errors.JWTClaimValidationFailed ? "claims" : "signature");
  }
}

function refused(reason: CredentialFault) {
  return fail({ kind: "invalid_credential", reason });
}
