import { decodeProtectedHeader, importJWK, type JWK, jwtVerify } from "jose";
import { sha256Base64url, toBase64url, utf8 } from "../../mint-server/contract/bytes.ts";
import { jwkThumbprint, type ProofJwk } from "../../mint-server/contract/dpop.ts";

/** One request as the mint-server saw it. Its proof was verified. */
export interface Seen {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string;
  readonly init: RequestInit;
  readonly proof: Readonly<Record<string, unknown>>;
  /** The credential that came with it; none at the session door. */
  readonly credential: string | undefined;
  readonly jkt: string;
}

export interface FakeMintServer {
  /** To be used in place of the browser's `fetch`. */
  readonly fetch: typeof fetch;
  readonly seen: readonly Seen[];
  mints(): readonly Seen[];
  calls(): readonly Seen[];
  /** The keys of the answers that were stopped, in their order. */
  stops(): readonly string[];
  /** From now on, only proofs with this nonce are taken. */
  nonce: string | undefined;
  ttlSeconds: number;
  /** Whose credentials are issued. */
  subject: string;
  /** Credentials that are answered with 401 `invalid_token`. */
  readonly revoked: Set<string>;
  /** Answers the session door in place of a credential. */
  door: ((seen: Seen) => Response | Promise<Response>) | undefined;
  /** Answers a call that passed. */
  answer: (seen: Seen) => Response | Promise<Response>;
  /** Throws as `fetch` does without a network. */
  unreachable: boolean;
}

/**
 * A mint-server as seen through `fetch`: verifies each proof with jose, holds callers to its nonce, issues credentials
 * bound to the proof's key.
 */
export function createFakeMintServer(): FakeMintServer {
  const seen: Seen[] = [];
  let issued = 0;
  const isMint = ({ url }: Seen) => url.endsWith("/v1/proxy/credentials/session");
  const isStop = ({ url }: Seen) => url.endsWith("/v1/proxy/answers/cancel");
  const server: FakeMintServer = {
    seen,
    mints: () => seen.filter(isMint),
    calls: () => seen.filter((one) => !isMint(one) && !isStop(one)),
    stops: () =>
      seen.filter(isStop).map(({ body }) => (JSON.parse(body) as { idempotency_key: string }).idempotency_key),
    nonce: undefined,
    ttlSeconds: 600,
    subject: "s",
    revoked: new Set(),
    door: undefined,
    answer: () => Response.json({ ok: true }),
    unreachable: false,
    async fetch(input, init = {}) {
      init.signal?.throwIfAborted();
      if (server.unreachable) throw new TypeError("Failed to fetch");
      const one = await verify(String(input), init);
      init.signal?.throwIfAborted();
      seen.push(one);
      if (server.nonce !== undefined && one.proof.nonce !== server.nonce)
        return refused("use_dpop_nonce", server.nonce);
      if (isMint(one)) return server.door ? server.door(one) : issue(one.jkt, server, ++issued);
      if (one.credential === undefined || server.revoked.has(one.credential))
        return refused("invalid_token", server.nonce);
      return isStop(one) ? Response.json({ cancelled: true }) : server.answer(one);
    },
  };
  return server;
}

async function verify(url: string, init: RequestInit): Promise<Seen> {
  const method = init.method ?? "GET";
  const headers = new Headers(init.headers);
  const text = headers.get("dpop") ?? "";
  const { jwk } = decodeProtectedHeader(text);
  const key = await importJWK(jwk as JWK, "ES256");
  const { payload: proof } = await jwtVerify(text, key, { typ: "dpop+jwt", algorithms: ["ES256"] });
  const credential = /^DPoP (.+)$/.exec(headers.get("authorization") ?? "")?.[1];
  const expected = {
    htm: method,
    htu: url.replace(/\?.*/, ""),
    ath: credential && (await sha256Base64url(credential)),
  };
  for (const [claim, value] of Object.entries(expected)) {
    if (proof[claim] !== value) throw new Error(`the proof's ${claim} is ${proof[claim]}, not ${value}`);
  }
  const body = init.body === undefined || init.body === null ? "" : await new Response(init.body).text();
  return { url, method, headers, body, init, proof, credential, jkt: await jwkThumbprint(jwk as unknown as ProofJwk) };
}

function issue(jkt: string, { ttlSeconds, subject, nonce }: FakeMintServer, number: number): Response {
  const iat = 1_000;
  const claims = {
    sub: subject,
    jti: String(number),
    iat,
    exp: iat + ttlSeconds,
    cnf: { jkt },
    grant: { org: "default" },
  };
  const key = ["{}", JSON.stringify(claims), ""].map((part) => toBase64url(utf8(part))).join(".");
  const answer = { key, expires_at: claims.exp, token_type: "DPoP", subject };
  return Response.json(answer, nonce === undefined ? {} : { headers: { "dpop-nonce": nonce } });
}

function refused(error: string, nonce: string | undefined): Response {
  return Response.json(
    { error: { message: error, type: "invalid_request_error", param: null, code: error } },
    { status: 401, headers: { "www-authenticate": `DPoP error="${error}"`, ...(nonce && { "dpop-nonce": nonce }) } },
  );
}
