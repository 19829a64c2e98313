import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import { sha256Base64url } from "../contract/bytes.ts";
import { fail, ok, type Result } from "../failures.ts";

/** An OIDC issuer whose ID tokens open the session door. */
export interface IdTokenIssuer {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksURL?: string | undefined;
}

/** Someone whom the application knows. */
export interface Session {
  readonly subject: string;
  /** One sign-in of that subject: what a key is pinned to. Absent where sessions cannot be told apart. */
  readonly session?: string;
}

export type IdTokenVerifier = (token: string, now: number) => Promise<Result<Session>>;

/** Asymmetric algorithms only: with a public key at hand, a symmetric one would let anyone sign. */
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
const CLOCK_SKEW_SECONDS = 30;
const MAX_TOKEN_LENGTH = 8192;

/** Checks ID tokens of one issuer (OpenID Connect Core §3.1.3.7), whose keys are fetched once and kept. */
export function createIdTokenVerifier(issuer: IdTokenIssuer): IdTokenVerifier {
  let keys: JWTVerifyGetKey | undefined;
  return async (token, now) => {
    if (token.length > MAX_TOKEN_LENGTH) return fail({ kind: "no_session", reason: "invalid_token" });
    try {
      keys ??= createRemoteJWKSet(new URL(issuer.jwksURL ?? (await discoverJwksURL(issuer.issuer))));
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ALGORITHMS,
        issuer: issuer.issuer,
        audience: issuer.audience,
        requiredClaims: ["sub", "iat", "exp"],
        clockTolerance: CLOCK_SKEW_SECONDS,
        currentDate: new Date(now),
      });
      return ok(await sessionOf(payload, token));
    } catch (error) {
      return fail({ kind: "no_session", reason: isUnreachable(error) ? "issuer_unreachable" : "invalid_token" });
    }
  };
}

/** A sign-in is told from another by `sid`, else by when it happened; a refreshed token keeps both. */
async function sessionOf(payload: JWTPayload, token: string): Promise<Session> {
  const { iss, sub = "", sid, auth_time: authTime, jti } = payload;
  const mark = sid ?? authTime ?? jti ?? token;
  return { subject: sub, session: await sha256Base64url(JSON.stringify([iss, sub, mark])) };
}

class DiscoveryFailed extends Error {}

/** OpenID Connect Discovery §4. The document's own `issuer` must be the one configured. */
async function discoverJwksURL(issuer: string): Promise<string> {
  const response = await fetch(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, { redirect: "manual" });
  const document: unknown = response.ok ? await response.json() : undefined;
  if (typeof document !== "object" || document === null) throw new DiscoveryFailed();
  const { issuer: named, jwks_uri: jwksURL } = document as Record<string, unknown>;
  if (named !== issuer || typeof jwksURL !== "string") throw new DiscoveryFailed();
  return jwksURL;
}

function isUnreachable(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof DiscoveryFailed) return true;
  // jose throws its base class when the key set's answer is not a good one, and fetch's own error when there is none.
  return !(error instanceof errors.JOSEError) || error.code === "ERR_JOSE_GENERIC";
}
