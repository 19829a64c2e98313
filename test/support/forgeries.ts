import { createHmac, randomUUID } from "node:crypto";
import {
  base64url,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from "jose";
import { fromBase64url } from "../../mint-server/contract/bytes.ts";
import { deriveKeyring, type Keyring } from "../../mint-server/credentials/keys.ts";

export interface Forger {
  readonly keyring: Keyring;
  /** A token that the server's own key signed, with members of header and claims replaced; `undefined` removes one. */
  sign(claims?: object, header?: object): Promise<string>;
}

/** Signs whatever is asked for with the very key of the server whose root secret is known. */
export async function createForger(secret: string, issuer: string): Promise<Forger> {
  const keyring = await deriveKeyring([fromBase64url(secret) ?? new Uint8Array(0)]);
  return {
    keyring,
    sign(claims = {}, header = {}) {
      const now = Math.floor(Date.now() / 1000);
      const grant = { org: "default" };
      const payload = {
        iss: issuer,
        aud: issuer,
        sub: "forged",
        iat: now,
        exp: now + 600,
        jti: randomUUID(),
        grant,
        ...claims,
      };
      const protectedHeader = { alg: "EdDSA", typ: "mintgate+jwt", kid: keyring.current.kid, ...header };
      return new SignJWT(payload as unknown as JWTPayload)
        .setProtectedHeader(JSON.parse(JSON.stringify(protectedHeader)) as JWTHeaderParameters)
        .sign(keyring.current.privateKey, { crit: { b64: false } } as never);
    },
  };
}

/** A forged token, and what is wrong with it. */
export type Forgery = readonly [title: string, token: string];

const encode = (value: unknown) => base64url.encode(typeof value === "string" ? value : JSON.stringify(value));

/** Damage to a good token's text: every one must be refused. */
export function damaged(token: string): Forgery[] {
  const segments = token.split(".") as [string, string, string];
  const [header, payload, signature] = segments;
  const flips = segments.flatMap((segment, index) =>
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((step): Forgery => {
      const at = Math.floor((step / 9) * (segment.length - 1));
      const flipped = segment.slice(0, at) + (segment[at] === "A" ? "B" : "A") + segment.slice(at + 1);
      return [`segment ${index} flipped at ${at}`, segments.with(index, flipped).join(".")];
    }),
  );
  const cuts = [1, 2, 10, 43, signature.length].map(
    (count): Forgery => [`${count} characters short`, token.slice(0, -count)],
  );
  return [
    ...flips,
    ...cuts,
    ["without a signature", `${header}.${payload}`],
    ["of one segment", header],
    ["with a fourth segment", `${token}.${signature}`],
    ["with a trailing dot", `${token}.`],
    ["with a leading dot", `.${token}`],
    ["with an empty payload", `${header}..${signature}`],
    ["with an empty header", `.${payload}.${signature}`],
    ["with header and payload swapped", `${payload}.${header}.${signature}`],
    ["padded", `${token}=`],
    ["padded twice", `${token}==`],
    ["with a prefix too many", `ek_ek_${token}`],
    ["with a prefix in other letters", `EK_${token}`],
    ["in quotes", `"${token}"`],
    ["with a comma and more", `${token},${token}`],
    ["in upper case", token.toUpperCase()],
    ["in the standard alphabet", `${header}.${payload}.${signature.replaceAll("-", "+").replaceAll("_", "/")}+`],
    ["of five segments", `${token}.a.b`],
    ["oversized", `${header}.${payload}${"A".repeat(6000)}.${signature}`],
    ["of dots alone", ".."],
    ["of nothing but eyJ", "eyJ"],
    ["of a prefix alone", "ek_"],
  ];
}

/** Tokens that claim another algorithm, or bring a key of their own. */
export async function confusions(forger: Forger, token: string): Promise<Forgery[]> {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const { kid, publicJwk } = forger.keyring.current;
  const own = await generateKeyPair("EdDSA", { extractable: true });
  const ownJwk = await exportJWK(own.publicKey);
  const ownEc = await generateKeyPair("ES256");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as JWTPayload;
  const sign = (alg: string, key: CryptoKey, extra: object = {}) =>
    new SignJWT(claims).setProtectedHeader({ alg, typ: "mintgate+jwt", kid, ...extra }).sign(key);
  const hmac = (alg: string, key: string | Buffer) => {
    const input = `${encode({ alg, typ: "mintgate+jwt", kid })}.${payload}`;
    return `${input}.${createHmac(`sha${alg.slice(2)}`, key)
      .update(input)
      .digest("base64url")}`;
  };
  const publicKey = (await importJWK(publicJwk, "EdDSA", { extractable: true })) as CryptoKey;
  const spki = await exportSPKI(publicKey);
  const x = publicJwk.x ?? "";
  const nones = ["none", "None", "NONE", "nOnE", ""].flatMap((alg): Forgery[] => {
    const forged = encode({ alg, typ: "mintgate+jwt", kid });
    return [
      [`alg "${alg}" without a signature`, `${forged}.${payload}.`],
      [`alg "${alg}" with the old signature`, `${forged}.${payload}.${signature}`],
    ];
  });
  const hmacs = ["HS256", "HS384", "HS512"].flatMap((alg): Forgery[] => [
    [`${alg} keyed with the public key as PEM`, hmac(alg, spki)],
    [`${alg} keyed with the public key as JWK`, hmac(alg, JSON.stringify(publicJwk))],
    [`${alg} keyed with the public key's bytes`, hmac(alg, Buffer.from(x, "base64url"))],
    [`${alg} keyed with the public key's text`, hmac(alg, x)],
    [`${alg} keyed with nothing`, hmac(alg, "")],
    [`${alg} keyed with the kid`, hmac(alg, kid)],
  ]);
  return [
    ...nones,
    ...hmacs,
    ["alg ES256 under the same kid", await sign("ES256", ownEc.privateKey)],
    ["another key under the same kid", await sign("EdDSA", own.privateKey)],
    ["another key under its own kid", await sign("EdDSA", own.privateKey, { kid: "other" })],
    ["another key, brought as jwk", await sign("EdDSA", own.privateKey, { jwk: ownJwk })],
    ["another key, brought as jwk without a kid", await sign("EdDSA", own.privateKey, { jwk: ownJwk, kid: undefined })],
    ["another key, named by jku", await sign("EdDSA", own.privateKey, { jku: "http://127.0.0.1:9/jwks.json" })],
    ["another key, named by x5u", await sign("EdDSA", own.privateKey, { x5u: "http://127.0.0.1:9/cert" })],
    ["another key, brought as x5c", await sign("EdDSA", own.privateKey, { x5c: ["MIIB"] })],
    ["no alg at all", `${encode({ typ: "mintgate+jwt", kid })}.${payload}.${signature}`],
    ["an alg that is a list", `${encode({ alg: ["EdDSA"], typ: "mintgate+jwt", kid })}.${payload}.${signature}`],
    ["a header that is a list", `${encode([])}.${payload}.${signature}`],
    ["a header that is text", `${encode("x")}.${payload}.${signature}`],
    ["a payload that is text", `${header}.${encode("x")}.${signature}`],
  ];
}

/** Tokens under the server's own signature that say what they must not. */
export async function misstatements(forger: Forger, issuer: string): Promise<Forgery[]> {
  const now = Math.floor(Date.now() / 1000);
  const headers: [string, object][] = [
    ["no typ", { typ: undefined }],
    ["typ JWT", { typ: "JWT" }],
    ["typ at+jwt", { typ: "at+jwt" }],
    ["typ of a proof", { typ: "dpop+jwt" }],
    ["an unknown kid", { kid: "nobody" }],
    ["no kid", { kid: undefined }],
    ["a kid that is a path", { kid: "../../dev/null" }],
    ["a kid named __proto__", { kid: "__proto__" }],
    ["an empty kid", { kid: "" }],
  ];
  const claims: [string, object][] = [
    ["expired a second ago", { exp: now - 1 }],
    ["expired long ago", { exp: 1 }],
    ["no expiry", { exp: undefined }],
    ["an expiry as text", { exp: String(now + 600) }],
    ["an expiry of null", { exp: null }],
    ["not valid before tomorrow", { nbf: now + 86_400 }],
    ["issued tomorrow", { iat: now + 86_400, exp: now + 90_000 }],
    ["no time of issue", { iat: undefined }],
    ["no issuer", { iss: undefined }],
    ["another issuer", { iss: "https://evil.test" }],
    ["an issuer with a slash", { iss: `${issuer}/` }],
    ["no audience", { aud: undefined }],
    ["another audience", { aud: "https://evil.test" }],
    ["an audience that only begins so", { aud: `${issuer}.evil.test` }],
    ["no subject", { sub: undefined }],
    ["a subject that is a number", { sub: 7 }],
    ["no id", { jti: undefined }],
    ["no grant", { grant: undefined }],
    ["a grant that is text", { grant: "all" }],
    ["a grant without an organisation", { grant: {} }],
    ["a grant of an unknown organisation", { grant: { org: "nobody" } }],
    ["a grant of __proto__", { grant: { org: "__proto__" } }],
    ["models that are text", { grant: { org: "default", models: "*" } }],
    ["endpoints that are a number", { grant: { org: "default", endpoints: 1 } }],
    ["a feature that does not exist", { grant: { org: "default", features: ["all"] } }],
    ["a sealed key that is none", { sealed_key: "x" }],
    ["a sealed key of another algorithm", { sealed_key: `${encode({ alg: "none", enc: "none" })}....` }],
    ["a key that is bound to nothing", { cnf: {} }],
    ["a key bound as a list", { cnf: [] }],
  ];
  return Promise.all([
    ...headers.map(async ([title, header]): Promise<Forgery> => [title, await forger.sign({}, header)]),
    ...claims.map(async ([title, claim]): Promise<Forgery> => [title, await forger.sign(claim)]),
  ]);
}
