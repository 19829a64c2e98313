import { randomUUID } from "node:crypto";
import { sha256Base64url, toBase64url, utf8 } from "../mint-server/contract/bytes.ts";
import {
  jwkThumbprint,
  PROOF_TYP,
  type ProofClaims,
  type ProofHeader,
  type ProofJwk,
  proofTarget,
} from "../mint-server/contract/dpop.ts";

const ES256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A key that signs proofs of possession (RFC 9449). */
export interface ProofKey {
  /** Thumbprint of the public key, for a credential's `cnf.jkt`. */
  readonly jkt: string;
  /** Makes `count` proofs, each for one `POST` to `url` with the credential. */
  sign(
    call: { readonly url: string; readonly credential?: string; readonly nonce?: string },
    count: number,
  ): Promise<string[]>;
}

export async function makeProofKey(): Promise<ProofKey> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(ES256, false, ["sign", "verify"]);
  const { x, y } = await crypto.subtle.exportKey("jwk", publicKey);
  if (x === undefined || y === undefined) throw new Error("a P-256 key has two coordinates");
  const jwk: ProofJwk = { kty: "EC", crv: "P-256", x, y };
  const header: ProofHeader = { typ: PROOF_TYP, alg: "ES256", jwk };
  const head = segment(header);
  return {
    jkt: await jwkThumbprint(jwk),
    async sign({ url, credential, nonce }, count) {
      const claims = {
        htm: "POST",
        htu: proofTarget(url),
        iat: Math.floor(Date.now() / 1000),
        ...(credential === undefined ? {} : { ath: await sha256Base64url(credential) }),
        ...(nonce === undefined ? {} : { nonce }),
      };
      const proofs: string[] = [];
      for (let at = 0; at < count; at++) {
        const unsigned = `${head}.${segment({ jti: randomUUID(), ...claims } satisfies ProofClaims)}`;
        const signature = await crypto.subtle.sign(ES256, privateKey, utf8(unsigned));
        proofs.push(`${unsigned}.${toBase64url(new Uint8Array(signature))}`);
      }
      return proofs;
    },
  };
}

function segment(value: ProofHeader | ProofClaims): string {
  return toBase64url(utf8(JSON.stringify(value)));
}
