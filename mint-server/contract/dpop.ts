import { sha256Base64url } from "./bytes.ts";

/** `typ` of a proof's header (RFC 9449 §4.2). */
export const PROOF_TYP = "dpop+jwt";

/** The public key in a proof's header: P-256, the one curve that every browser signs with. */
export interface ProofJwk {
  readonly kty: "EC";
  readonly crv: "P-256";
  readonly x: string;
  readonly y: string;
}

export interface ProofHeader {
  readonly typ: typeof PROOF_TYP;
  readonly alg: "ES256";
  readonly jwk: ProofJwk;
}

/** A proof's claims (RFC 9449 §4.2). `ath` binds it to one credential, `nonce` to a short time of the server's clock. */
export interface ProofClaims {
  readonly jti: string;
  readonly htm: string;
  readonly htu: string;
  readonly iat: number;
  readonly ath?: string;
  readonly nonce?: string;
}

/** Thumbprint of a proof's key: the credential's `cnf.jkt` (RFC 7638 §3). */
export function jwkThumbprint({ crv, kty, x, y }: ProofJwk): Promise<string> {
  return sha256Base64url(JSON.stringify({ crv, kty, x, y }));
}

/** A request's URL as a proof names it: without query and fragment (RFC 9449 §4.2). */
export function proofTarget(url: string): string {
  const end = url.search(/[?#]/);
  return end < 0 ? url : url.slice(0, end);
}
