import { toBase64url, utf8 } from "../mint-server/contract/bytes.ts";
import {
  jwkThumbprint,
  PROOF_TYP,
  type ProofClaims,
  type ProofHeader,
  type ProofJwk,
  proofTarget,
} from "../mint-server/contract/dpop.ts";

/** A key pair that proofs are signed with. The private half cannot leave the browser. */
export interface ProofKey {
  readonly privateKey: CryptoKey;
  /** The proof's header, encoded: the same for every proof of one key. */
  readonly headerSegment: string;
  /** The `cnf.jkt` of credentials bound to it. */
  readonly thumbprint: string;
}

/** What a proof binds itself to (RFC 9449 §4.2). */
export interface ProofSubject {
  readonly method: string;
  readonly url: string;
  /** SHA-256 of the credential; absent while minting. */
  readonly ath: string | undefined;
  readonly nonce: string | undefined;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;

/** Makes a pair whose private key signs, but cannot be exported, not even by our own code. */
export async function generateKeyPair(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
}

/** Prepares a key pair for {@link signProof}. Rejects for a pair that is not of P-256. */
export async function toProofKey({ privateKey, publicKey }: CryptoKeyPair): Promise<ProofKey> {
  const { x, y } = await crypto.subtle.exportKey("jwk", publicKey);
  if (x === undefined || y === undefined) throw new TypeError("The proof key is not an elliptic-curve key.");
  const jwk: ProofJwk = { kty: "EC", crv: "P-256", x, y };
  const header: ProofHeader = { typ: PROOF_TYP, alg: "ES256", jwk };
  return { privateKey, headerSegment: encode(header), thumbprint: await jwkThumbprint(jwk) };
}

/** Signs a proof for one request. WebCrypto's signature already has the form of RFC 7518 §3.4. */
export async function signProof(key: ProofKey, { method, url, ath, nonce }: ProofSubject): Promise<string> {
  const claims: ProofClaims = {
    jti: crypto.randomUUID(),
    htm: method,
    htu: proofTarget(url),
    iat: Math.floor(Date.now() / 1000),
    ...(ath !== undefined && { ath }),
    ...(nonce !== undefined && { nonce }),
  };
  const signed = `${key.headerSegment}.${encode(claims)}`;
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key.privateKey, utf8(signed));
  return `${signed}.${toBase64url(new Uint8Array(signature))}`;
}

/** Proofs signed before they are needed. */
export interface ReadyProofs {
  /** A proof for one request: the one that is ready if it fits, else one signed now. No proof is given out twice. */
  take(key: ProofKey, subject: ProofSubject): Promise<string>;
  /** Signs one for the next request of the same kind, unless it is there. */
  prepare(key: ProofKey, subject: ProofSubject): void;
}

/**
 * Signing is a way to another thread and back, which a request should not wait for. What a proof says is known before, but
 * for the nonce, and that changes only with the server's clock; a proof that is too old for the server is like any other
 * with an old nonce.
 */
export function createReadyProofs(): ReadyProofs {
  let ready: { readonly key: ProofKey; readonly name: string; readonly proof: Promise<string> } | undefined;
  const fits = (key: ProofKey, subject: ProofSubject) => ready?.key === key && ready.name === nameOf(subject);
  return {
    async take(key, subject) {
      const proof = fits(key, subject) ? ready?.proof : undefined;
      if (proof) ready = undefined;
      return proof ?? signProof(key, subject);
    },
    prepare(key, subject) {
      if (fits(key, subject)) return;
      const proof = signProof(key, subject);
      // Whoever takes it sees its failure.
      proof.catch(() => undefined);
      ready = { key, name: nameOf(subject), proof };
    },
  };
}

function nameOf({ method, url, ath, nonce }: ProofSubject): string {
  return JSON.stringify([method, proofTarget(url), ath, nonce]);
}

function encode(value: ProofHeader | ProofClaims): string {
  return toBase64url(utf8(JSON.stringify(value)));
}
