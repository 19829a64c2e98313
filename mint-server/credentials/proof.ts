import { fromBase64url, utf8 } from "../contract/bytes.ts";
import { jwkThumbprint, PROOF_TYP, type ProofClaims, type ProofJwk } from "../contract/dpop.ts";
import { fail, ok, type ProofFault, type Result } from "../failures.ts";
import type { NonceBook } from "./nonces.ts";

/** What a proof must fit (RFC 9449 §4.3). */
export interface ProofTarget {
  readonly method: string;
  /** Path of the request, without query. */
  readonly path: string;
  /** Origins under which this server is reached: `htu` is one of them and the path, never what `Host` says. */
  readonly publicURLs: readonly string[];
  /** Hash of the credential that the proof comes with; absent where there is none yet, at the session door. */
  readonly ath?: string;
  /** Thumbprint of the key that the credential is bound to; absent at the session door. */
  readonly jkt?: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

interface ProofKey {
  readonly key: CryptoKey;
  readonly jkt: string;
}

export interface UsedProof {
  /** Thumbprint of its key. */
  readonly jkt: string;
  /** Its key and its name: no other proof has both. */
  readonly id: string;
}

export interface ProofVerifier {
  /** Checks a proof and uses it up, as far as this instance knows. */
  verify(proof: string | null, target: ProofTarget): Promise<Result<UsedProof>>;
  /** The nonce for new proofs. */
  nonce(now: number): Promise<string> | string;
}

const MAX_PROOF_LENGTH = 2048;
const MAX_REMEMBERED_KEYS = 4096;
/** Without a nonce, at the session door only, the device's clock may differ by this much. */
const MAX_CLOCK_SKEW_SECONDS = 60;

/**
 * Checks in the order of cost: size, header, claims, then the signature, then replay. The header segment is the same in
 * all proofs of one key, so it is the cache's key for the imported key and its thumbprint.
 */
export function createProofVerifier(nonces: NonceBook): ProofVerifier {
  const keys = new Map<string, ProofKey>();

  const keyOf = async (segment: string): Promise<ProofKey | undefined> => {
    const known = keys.get(segment);
    if (known) return known;
    const jwk = proofJwk(segment);
    if (!jwk) return undefined;
    const imported = await importProofKey(jwk);
    if (!imported) return undefined;
    if (keys.size >= MAX_REMEMBERED_KEYS) keys.clear();
    keys.set(segment, imported);
    return imported;
  };

  return {
    nonce: (now) => nonces.current(now),
    async verify(proof, target) {
      if (proof === null) return refused("missing");
      const segments = proof.length <= MAX_PROOF_LENGTH ? proof.split(".") : [];
      const [header, payload, signature] = segments;
      if (segments.length !== 3 || !header || !payload || !signature) return refused("malformed");
      const claims = parseClaims(payload);
      if (!claims) return refused("malformed");
      const fault = checkClaims(claims, target);
      if (fault) return refused(fault);
      const nonce = nonces.current(target.now);
      const currentNonce = typeof nonce === "string" ? nonce : await nonce;
      if (!isFresh(claims, target, nonces)) return fail({ kind: "use_dpop_nonce", nonce: currentNonce });
      const key = await keyOf(header);
      if (!key) return refused("header");
      if (target.jkt !== undefined && key.jkt !== target.jkt) return refused("key");
      if (!(await verifySignature(key.key, header, payload, signature))) return refused("signature");
      const id = `${key.jkt}.${claims.jti}`;
      return nonces.use(id) ? ok({ jkt: key.jkt, id }) : refused("replayed");
    },
  };
}

function refused(reason: ProofFault) {
  return fail({ kind: "invalid_proof", reason });
}

function checkClaims(claims: ProofClaims, target: ProofTarget): ProofFault | undefined {
  if (claims.htm !== target.method) return "method";
  if (!isTarget(claims.htu, target)) return "url";
  if (claims.ath !== target.ath) return "credential";
  return undefined;
}

function isTarget(htu: string, { path, publicURLs }: ProofTarget): boolean {
  return htu.endsWith(path) && publicURLs.includes(htu.slice(0, -path.length));
}

function isFresh(claims: ProofClaims, target: ProofTarget, nonces: NonceBook): boolean {
  if (claims.nonce !== undefined) return nonces.accepts(claims.nonce);
  // The door gives nothing to whoever repeats a proof: the credential is bound to the key that made it.
  return target.ath === undefined && Math.abs(claims.iat - target.now / 1000) <= MAX_CLOCK_SKEW_SECONDS;
}

function parseClaims(segment: string): ProofClaims | undefined {
  const claims = parseSegment(segment);
  if (!claims) return undefined;
  const { jti, htm, htu, iat, ath, nonce } = claims;
  if (typeof jti !== "string" || jti.length < 8 || jti.length > 64) return undefined;
  if (typeof htm !== "string" || typeof htu !== "string" || typeof iat !== "number") return undefined;
  if (ath !== undefined && typeof ath !== "string") return undefined;
  if (nonce !== undefined && typeof nonce !== "string") return undefined;
  return { jti, htm, htu, iat, ...(ath === undefined ? {} : { ath }), ...(nonce === undefined ? {} : { nonce }) };
}

const HEADER_MEMBERS: ReadonlySet<string> = new Set(["typ", "alg", "jwk"]);
/** What may stand in a public key beside the key itself. */
const JWK_EXTRAS: ReadonlySet<string> = new Set(["alg", "use", "key_ops", "ext", "kid"]);

/** The public key of a proof's header; undefined for anything but the one kind that is taken, a private key above all. */
function proofJwk(segment: string): ProofJwk | undefined {
  const header = parseSegment(segment);
  if (!header || header.typ !== PROOF_TYP || header.alg !== "ES256") return undefined;
  if (!Object.keys(header).every((name) => HEADER_MEMBERS.has(name))) return undefined;
  if (typeof header.jwk !== "object" || header.jwk === null) return undefined;
  const { kty, crv, x, y, ...rest } = header.jwk as Record<string, unknown>;
  if (!Object.keys(rest).every((name) => JWK_EXTRAS.has(name))) return undefined;
  if (kty !== "EC" || crv !== "P-256" || typeof x !== "string" || typeof y !== "string") return undefined;
  return { kty, crv, x, y };
}

async function importProofKey(jwk: ProofJwk): Promise<ProofKey | undefined> {
  try {
    const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    return { key, jkt: await jwkThumbprint(jwk) };
  } catch {
    // A point that is not on the curve, or coordinates of another length.
    return undefined;
  }
}

async function verifySignature(key: CryptoKey, header: string, payload: string, signature: string): Promise<boolean> {
  const bytes = fromBase64url(signature);
  if (bytes?.length !== 64) return false;
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, bytes, utf8(`${header}.${payload}`));
}

const decoder = new TextDecoder();

function parseSegment(segment: string): Record<string, unknown> | undefined {
  const bytes = fromBase64url(segment);
  if (!bytes) return undefined;
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
