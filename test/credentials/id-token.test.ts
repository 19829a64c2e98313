import { exportJWK, generateKeyPair, importJWK, type JWTPayload, SignJWT } from "jose";
import { afterEach, beforeAll, beforeEach, expect, type MockInstance, test, vi } from "vitest";
import { createIdTokenVerifier } from "../../mint-server/credentials/id-token.ts";

const SECONDS = Date.UTC(2026, 10, 22, 12) / 1000;
const NOW = SECONDS * 1000;
const ISSUER = "https://login.example";
const KEYS = `${ISSUER}/keys`;
const ALGORITHMS = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519".split(" ");
const SECRET = new Uint8Array(32);
const claims = { iss: ISSUER, aud: "app", sub: "ada", iat: SECONDS, exp: SECONDS + 300 };
const refused = (reason: string) => ({ ok: false, failure: { kind: "no_session", reason } });

type Key = Parameters<SignJWT["sign"]>[0];
const signers = new Map<string, Key>([["HS256", SECRET]]);
const good = { issuer: ISSUER, jwks_uri: KEYS };
const documents: Record<string, unknown> = { [`${ISSUER}/.well-known/openid-configuration`]: good };
let fetched: MockInstance<typeof fetch>;

beforeAll(async () => {
  // One for all of RSA's algorithms: it takes long to make.
  const rsa = await generateKeyPair("RS256", { extractable: true });
  const [ofIssuer, ofAll] = [await exportJWK(rsa.privateKey), await exportJWK(rsa.publicKey)];
  const keys: object[] = [{ kty: "oct", k: Buffer.from(SECRET).toString("base64url"), alg: "HS256", kid: "HS256" }];
  for (const alg of ALGORITHMS) {
    const isRsa = /^[RP]S/.test(alg);
    const pair = isRsa ? undefined : await generateKeyPair(alg);
    signers.set(alg, pair?.privateKey ?? (await importJWK(ofIssuer, alg)));
    keys.push({ ...(pair ? await exportJWK(pair.publicKey) : ofAll), alg, kid: alg });
  }
  documents[KEYS] = { keys };
});
beforeEach(() => {
  fetched = vi.spyOn(globalThis, "fetch").mockImplementation(async (url) => {
    const document = documents[String(url)];
    return Response.json(document ?? {}, { status: document ? 200 : 404 });
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const verifier = (more: object = {}) => createIdTokenVerifier({ issuer: ISSUER, audience: "app", ...more });
const verify = (token: string, atSeconds = SECONDS) => verifier({ jwksURL: KEYS })(token, atSeconds * 1000);
const sign = (more: JWTPayload = {}, alg = "ES256", key = signers.get(alg)) =>
  new SignJWT({ ...claims, ...more }).setProtectedHeader({ alg, kid: alg }).sign(key as Key);

test("an ID token is good for less than half a minute more than it says", async () => {
  const token = await sign();
  expect(await verify(token, SECONDS + 329)).toMatchObject({ ok: true, value: { subject: "ada" } });
  expect(await verify(token, SECONDS + 330)).toEqual(refused("invalid_token"));
});

test.each(["sub", "iat", "exp"])("an ID token says nothing without %s", async (name) => {
  expect(await verify(await sign({ [name]: undefined } as JWTPayload))).toEqual(refused("invalid_token"));
});

test("an ID token tells a sign-in by its id, else by its time, else by the token's own name, else by all of it", async () => {
  const sessionOf = async (more: JWTPayload = {}) => {
    const answer = await verify(await sign(more));
    return answer.ok ? answer.value.session : undefined;
  };
  const [sid, auth_time, jti] = ["sign-in", 1, "token"];
  for (const mark of [{ sid }, { auth_time }, { jti }]) {
    expect(await sessionOf({ ...mark, more: 1 })).toBe(await sessionOf({ ...mark, more: 2 }));
    expect(await sessionOf(mark)).not.toBe(await sessionOf({ ...mark, sub: "bob" }));
  }
  expect(await sessionOf({ sid, auth_time, jti })).toBe(await sessionOf({ sid }));
  expect(await sessionOf({ auth_time, jti })).toBe(await sessionOf({ auth_time }));
  const sessions = await Promise.all([{ sid }, { auth_time }, { jti }, { more: 1 }, { more: 2 }].map(sessionOf));
  expect(new Set(sessions).size).toBe(5);
  for (const session of sessions) expect(session).toMatch(/^[\w-]{43}$/);
});

test("an ID token is looked at up to 8192 characters", async () => {
  const padded = (length: number) => sign({ padding: "x".repeat(length) });
  const { length } = await padded(0);
  const tokens = await Promise.all([0, 1, 2, 3].map((more) => padded(Math.floor(((8192 - length) * 3) / 4) + more)));
  const fitting = tokens.filter((token) => token.length <= 8192);
  expect(Math.max(...fitting.map((token) => token.length))).toBeGreaterThanOrEqual(8191);
  for (const token of fitting) expect(await verify(token)).toMatchObject({ ok: true });
  const tooLong = tokens.filter((token) => token.length > 8192);
  expect(tooLong.length).toBeGreaterThan(0);
  for (const token of tooLong) expect(await verify(token)).toEqual(refused("invalid_token"));
});

test.each(ALGORITHMS)("an ID token may be signed by %s", async (alg) => {
  expect(await verify(await sign({}, alg))).toMatchObject({ ok: true, value: { subject: "ada" } });
});

test("an ID token may be signed by no secret, nor by a key that the issuer does not have", async () => {
  expect(await verify(await sign({}, "HS256"))).toEqual(refused("invalid_token"));
  const { privateKey } = await generateKeyPair("ES256");
  expect(await verify(await sign({}, "ES256", privateKey))).toEqual(refused("invalid_token"));
  const unknown = new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "nobody's" });
  expect(await verify(await unknown.sign(privateKey))).toEqual(refused("invalid_token"));
});

test("an ID token cannot be checked while the issuer cannot be reached, and can again after that", async () => {
  const check = verifier();
  const token = await sign();
  const bad: [unknown, number?][] = [
    [good, 500],
    [null],
    ["text"],
    [{ ...good, issuer: "https://evil.test" }],
    [{ ...good, jwks_uri: 1 }],
  ];
  for (const [document, status = 200] of bad) {
    fetched.mockResolvedValueOnce(Response.json(document, { status }));
    expect(await check(token, NOW)).toEqual(refused("issuer_unreachable"));
  }
  fetched.mockRejectedValueOnce(new TypeError("fetch failed"));
  expect(await check(token, NOW)).toEqual(refused("issuer_unreachable"));
  expect(await check(token, NOW)).toMatchObject({ ok: true });
  fetched.mockClear();
  expect(await check(token, NOW)).toMatchObject({ ok: true });
  expect(fetched).not.toHaveBeenCalled();
  expect(await verifier({ jwksURL: `${ISSUER}/nothing` })(token, NOW)).toEqual(refused("issuer_unreachable"));
});

test("an ID token is checked by the keys that the issuer names, whether or not its own name ends in a slash", async () => {
  for (const issuer of [ISSUER, `${ISSUER}/`]) {
    documents[`${ISSUER}/.well-known/openid-configuration`] = { ...good, issuer };
    const check = createIdTokenVerifier({ issuer, audience: "app" });
    expect(await check(await sign({ iss: issuer }), NOW)).toMatchObject({ ok: true });
    expect(await check(await sign({ iss: "https://evil.test" }), NOW)).toEqual(refused("invalid_token"));
    expect(await check(await sign({ iss: issuer, aud: "other" }), NOW)).toEqual(refused("invalid_token"));
  }
});
