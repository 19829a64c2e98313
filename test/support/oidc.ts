import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";

type Algorithm = "RS256" | "ES256";

export interface SignOptions {
  /** RS256 unless given. */
  readonly algorithm?: Algorithm;
  /** The audience claim; `app` unless given. */
  readonly audience?: string;
  /** Seconds until `exp`; negative for a token that has expired. 300 unless given. */
  readonly expiresInSeconds?: number;
  /** Another issuer than the one that signs. */
  readonly issuer?: string;
}

export interface OidcIssuer {
  /** The issuer's identifier: what configuration names, and where the discovery document stands. */
  readonly issuer: string;
  readonly jwksURL: string;
  /** How often each path was asked for. */
  readonly hits: ReadonlyMap<string, number>;
  /** An ID token for `sub`, with these claims besides. */
  sign(claims: JWTPayload, options?: SignOptions): Promise<string>;
  /** The same claims with `alg: none`. */
  unsigned(claims: JWTPayload): string;
  /** The same claims under HS256, keyed with the text of the RSA public key: the classic confusion of algorithms. */
  signWithPublicKey(claims: JWTPayload): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts an OpenID provider on this machine: discovery document, JWKS (one RSA and one P-256 key), and ID tokens.
 *
 * @example
 * const oidc = await startOidc();
 * const idToken = await oidc.sign({ sub: "ada" }, { audience: "app" });
 */
export async function startOidc(): Promise<OidcIssuer> {
  const keys = { RS256: await generateKeyPair("RS256"), ES256: await generateKeyPair("ES256") };
  const jwks = {
    keys: await Promise.all(
      (["RS256", "ES256"] as const).map(async (alg) => ({
        ...(await exportJWK(keys[alg].publicKey)),
        kid: alg.toLowerCase(),
        alg,
        use: "sig",
      })),
    ),
  };
  const hits = new Map<string, number>();
  const documents: Record<string, unknown> = { "/jwks.json": jwks };
  const server = createServer((message, response) => {
    const path = message.url ?? "";
    hits.set(path, (hits.get(path) ?? 0) + 1);
    const document = Object.hasOwn(documents, path) ? documents[path] : undefined;
    response.writeHead(document ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(document ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const jwksURL = `${issuer}/jwks.json`;
  documents["/.well-known/openid-configuration"] = discovery(issuer, jwksURL);

  return {
    issuer,
    jwksURL,
    hits,
    sign(claims, options = {}) {
      const algorithm = options.algorithm ?? "RS256";
      return new SignJWT(withDefaults(claims, { issuer, ...options }))
        .setProtectedHeader({ alg: algorithm, kid: algorithm.toLowerCase(), typ: "JWT" })
        .sign(keys[algorithm].privateKey);
    },
    unsigned: (claims) => new UnsecuredJWT(withDefaults(claims, { issuer })).encode(),
    async signWithPublicKey(claims) {
      const secret = new TextEncoder().encode(await exportSPKI(keys.RS256.publicKey));
      return new SignJWT(withDefaults(claims, { issuer }))
        .setProtectedHeader({ alg: "HS256", kid: "rs256" })
        .sign(secret);
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function withDefaults(
  claims: JWTPayload,
  { issuer, audience = "app", expiresInSeconds = 300 }: SignOptions,
): JWTPayload {
  const now = Math.floor(Date.now() / 1000);
  return { ...(issuer && { iss: issuer }), aud: audience, iat: now, exp: now + expiresInSeconds, ...claims };
}

function discovery(issuer: string, jwksURL: string) {
  return {
    issuer,
    jwks_uri: jwksURL,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256", "ES256"],
  };
}
