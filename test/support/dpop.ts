import { createHash, randomUUID } from "node:crypto";
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from "jose";

export interface ProofOptions {
  /** The credential that the proof belongs to: its hash becomes `ath`. */
  readonly credential?: string;
  readonly nonce?: string | undefined;
  /** Replaces claims; `undefined` removes one. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Replaces members of the header. */
  readonly header?: Readonly<Record<string, unknown>>;
}

export interface DpopClient {
  /** Thumbprint of its key: the `jkt` that a credential is bound to. */
  readonly jkt: string;
  readonly publicJwk: Readonly<Record<string, string>>;
  readonly privateJwk: Readonly<Record<string, string>>;
  /** A signed proof (RFC 9449 §4.2) for one request. */
  proof(method: string, url: string, options?: ProofOptions): Promise<string>;
  /** The nonce that the server sent last; used for the next {@link fetch}. */
  nonce: string | undefined;
  /** Asks with a credential and a fresh proof, and once more where the server wants its nonce in it. */
  fetch(url: string, options: DpopFetchOptions): Promise<Response>;
}

export interface DpopFetchOptions extends RequestInit {
  /** None at the session door, where the proof stands alone. */
  readonly credential?: string;
}

/**
 * A holder of a P-256 key, as the browser's worker is one.
 *
 * @example
 * const client = await createDpopClient();
 * const answer = await client.fetch(`${server.url}/v1/models`, { credential });
 */
export async function createDpopClient(): Promise<DpopClient> {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const publicJwk = (await exportJWK(publicKey)) as Record<string, string>;
  const client: DpopClient = {
    jkt: await calculateJwkThumbprint(publicJwk),
    publicJwk,
    privateJwk: (await exportJWK(privateKey)) as Record<string, string>,
    nonce: undefined,
    proof(method, url, { credential, nonce, claims, header } = {}) {
      const payload: Record<string, unknown> = {
        jti: randomUUID(),
        htm: method,
        htu: url.replace(/[?#].*/, ""),
        iat: Math.floor(Date.now() / 1000),
        ath: credential === undefined ? undefined : createHash("sha256").update(credential).digest("base64url"),
        nonce,
        ...claims,
      };
      const protectedHeader = { typ: "dpop+jwt", alg: "ES256", jwk: publicJwk, ...header };
      return new SignJWT(payload as JWTPayload)
        .setProtectedHeader(protectedHeader as unknown as JWTHeaderParameters)
        .sign(privateKey);
    },
    async fetch(url, options) {
      const first = await attempt(client, url, options);
      if (first.status !== 401 && first.status !== 400) return first;
      const challenged = (first.headers.get("www-authenticate") ?? "").includes("use_dpop_nonce");
      if (!challenged && !(await first.clone().text()).includes("use_dpop_nonce")) return first;
      await first.body?.cancel();
      return attempt(client, url, options);
    },
  };
  return client;
}

async function attempt(client: DpopClient, url: string, { credential, ...init }: DpopFetchOptions): Promise<Response> {
  const headers = new Headers(init.headers);
  const bound = credential === undefined ? {} : { credential };
  headers.set("dpop", await client.proof(init.method ?? "GET", url, { ...bound, nonce: client.nonce }));
  if (credential !== undefined) headers.set("authorization", `DPoP ${credential}`);
  const answer = await fetch(url, { ...init, headers });
  client.nonce = answer.headers.get("dpop-nonce") ?? client.nonce;
  return answer;
}
