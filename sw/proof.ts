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

function encode(value: ProofHeader | ProofClaims): string {
  return toBase64url(utf8(JSON.stringify(value)));
}
