import { createHash } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { jwkThumbprint, type ProofJwk, proofTarget } from "../../mint-server/contract/dpop.ts";
import type { NonceBook } from "../../mint-server/credentials/nonces.ts";
import { createProofVerifier, type ProofTarget } from "../../mint-server/credentials/proof.ts";
import { createDpopClient, type DpopClient, type ProofOptions } from "../support/dpop.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const PATH = "/v1/proxy/chat/completions";
const [MAIN, OTHER] = ["https://mint.example", "https://other.example"];
const CREDENTIAL = "a.credential.text";
const ATH = createHash("sha256").update(CREDENTIAL).digest("base64url");

let client: DpopClient;
let target: ProofTarget & { readonly ath: string };
beforeAll(async () => {
  client = await createDpopClient();
  target = { method: "POST", path: PATH, publicURLs: [MAIN, OTHER], ath: ATH, jkt: client.jkt, now: NOW };
});

function book(): NonceBook {
  const used = new Set<string>();
  return {
    current: async () => "nonce-of-now",
    accepts: (nonce) => nonce === "nonce-of-now",
    use: (id) => !used.has(id) && used.add(id) !== undefined,
  };
}

const proof = (options: ProofOptions = {}, url = MAIN + PATH): Promise<string> =>
  client.proof("POST", url, { credential: CREDENTIAL, nonce: "nonce-of-now", ...options });
const verify = async (text: string | null, aim: ProofTarget = target) => createProofVerifier(book()).verify(text, aim);
const refused = (reason: string) => ({ ok: false, failure: { kind: "invalid_proof", reason } });

test("names a sound proof by its key and its own name", async () => {
  const answer = await verify(await proof({ claims: { jti: "the-proof" } }));
  expect(answer).toEqual({ ok: true, value: { jkt: client.jkt, id: `${client.jkt}.the-proof` } });
});

test("takes each of the public URLs", async () => {
  expect(await verify(await proof({}, OTHER + PATH))).toMatchObject({ ok: true });
});

test.each([
  ["another method", { claims: { htm: "GET" } }, "method"],
  ["another path", { claims: { htu: `${MAIN}/v1/proxy/models` } }, "url"],
  ["another host", { claims: { htu: `https://evil.example${PATH}` } }, "url"],
  ["no host", { claims: { htu: PATH } }, "url"],
  ["another credential", { claims: { ath: "x" } }, "credential"],
  ["no credential", { claims: { ath: undefined } }, "credential"],
  ["a name of 7 characters", { claims: { jti: "1234567" } }, "malformed"],
  ["a name of 65 characters", { claims: { jti: "x".repeat(65) } }, "malformed"],
  ["a name that is a list", { claims: { jti: Array(10).fill("x") } }, "malformed"],
  ["a method that is none", { claims: { htm: 1 } }, "malformed"],
  ["a URL that is none", { claims: { htu: 1 } }, "malformed"],
  ["a time that is none", { claims: { iat: "1" } }, "malformed"],
  ["a hash that is none", { claims: { ath: 1 } }, "malformed"],
  ["a nonce that is none", { claims: { nonce: 1 } }, "malformed"],
  ["another type", { header: { typ: "JWT" } }, "header"],
  ["a member too many", { header: { kid: "x" } }, "header"],
  ["no key", { header: { jwk: undefined } }, "header"],
  ["a key that is null", { header: { jwk: null } }, "header"],
  ["a key that is text", { header: { jwk: "x" } }, "header"],
])("refuses %s", async (_, options: ProofOptions, reason) => {
  expect(await verify(await proof(options))).toEqual(refused(reason));
});

test("refuses a key of another kind, a private one and one that is no point", async () => {
  const { publicJwk: jwk, privateJwk } = client;
  const wrong: Record<string, unknown>[] = [
    privateJwk,
    { ...jwk, kty: "OKP" },
    { ...jwk, crv: "P-384" },
    { ...jwk, x: 1 },
    { ...jwk, y: 1 },
    { ...jwk, y: jwk.x },
    { ...jwk, x: "AA" },
    { ...jwk, x5c: [] },
  ];
  for (const each of wrong) expect(await verify(await proof({ header: { jwk: each } }))).toEqual(refused("header"));
});

test("takes what browsers and libraries add to a public key", async () => {
  const jwk = { ...client.publicJwk, alg: "ES256", use: "sig", key_ops: ["verify"], ext: true, kid: "x" };
  expect(await verify(await proof({ header: { jwk } }))).toMatchObject({ ok: true, value: { jkt: client.jkt } });
});

test("names of 8 and of 64 characters are taken", async () => {
  for (const length of [8, 64]) {
    expect(await verify(await proof({ claims: { jti: "x".repeat(length) } }))).toMatchObject({ ok: true });
  }
});

test("refuses what is no proof at all", async () => {
  const [header, payload, signature] = (await proof()).split(".");
  const list = Buffer.from("[]").toString("base64url");
  const wrong: (readonly [string | null, string])[] = [
    [null, "missing"],
    ["", "malformed"],
    [`${header}.${payload}`, "malformed"],
    [`${header}.${payload}.${signature}.${signature}`, "malformed"],
    [`.${payload}.${signature}`, "malformed"],
    [`${header}..${signature}`, "malformed"],
    [`${header}.${payload}.`, "malformed"],
    [`${header}.${payload}=.${signature}`, "malformed"],
    [`${header}.AAAA.${signature}`, "malformed"],
    [`${header}.${list}.${signature}`, "malformed"],
    [`${header}.${Buffer.from("null").toString("base64url")}.${signature}`, "malformed"],
    [`${list}.${payload}.${signature}`, "header"],
    [`AAAA.${payload}.${signature}`, "header"],
    [`${header}.${payload}.AAAA`, "signature"],
    [`${header}.${payload}.${"A".repeat(86)}`, "signature"],
    [`${header}.${payload}.${"A".repeat(84)}`, "signature"],
    [`${header}.${payload}.+${signature?.slice(1)}`, "signature"],
  ];
  for (const [text, reason] of wrong) expect([text, await verify(text)]).toEqual([text, refused(reason)]);
});

test("looks at 2048 characters and no more", async () => {
  const sizes = await Promise.all(
    [...Array(1200).keys()]
      .filter((n) => n > 1080 && n % 1 === 0)
      .slice(0, 60)
      .map((n) => proof({ claims: { padding: "x".repeat(n) } })),
  );
  const fits = sizes.filter(({ length }) => length <= 2048);
  const tooLong = sizes.filter(({ length }) => length > 2048);
  expect(fits.length).toBeGreaterThan(0);
  expect(Math.min(...tooLong.map(({ length }) => length))).toBeLessThan(2051);
  for (const text of fits) expect(await verify(text)).toMatchObject({ ok: true });
  for (const text of tooLong) expect(await verify(text)).toEqual(refused("malformed"));
});

test("refuses another's key and another's signature", async () => {
  const other = await createDpopClient();
  const options = { credential: CREDENTIAL, nonce: "nonce-of-now" };
  expect(await verify(await other.proof("POST", MAIN + PATH, options))).toEqual(refused("key"));
  const forged = await other.proof("POST", MAIN + PATH, { ...options, header: { jwk: client.publicJwk } });
  expect(await verify(forged)).toEqual(refused("signature"));
});

test("one verifier takes a proof once, and others by the same key", async () => {
  const verifier = createProofVerifier(book());
  const [first, second] = [await proof(), await proof()];
  expect(await verifier.verify(first, target)).toMatchObject({ ok: true });
  expect(await verifier.verify(first, target)).toEqual(refused("replayed"));
  expect(await verifier.verify(second, target)).toMatchObject({ ok: true });
});

test("what is refused is not used up", async () => {
  const verifier = createProofVerifier(book());
  const sound = await proof();
  const [header, payload] = sound.split(".");
  await verifier.verify(`${header}.${payload}.${"A".repeat(86)}`, target);
  expect(await verifier.verify(sound, target)).toMatchObject({ ok: true });
});

test("asks for the nonce of now where there is none, or an old one", async () => {
  const wanted = { ok: false, failure: { kind: "use_dpop_nonce", nonce: "nonce-of-now" } };
  expect(await verify(await proof({ nonce: undefined }))).toEqual(wanted);
  expect(await verify(await proof({ nonce: "old" }))).toEqual(wanted);
  expect(await createProofVerifier(book()).nonce(NOW)).toBe("nonce-of-now");
});

test("at the door a proof goes without a credential, and without a nonce for a minute by its own clock", async () => {
  const door: ProofTarget = { method: "POST", path: PATH, publicURLs: [MAIN], now: NOW };
  const at = (seconds: number) =>
    client.proof("POST", MAIN + PATH, { claims: { iat: NOW / 1000 + seconds }, nonce: undefined });
  for (const seconds of [-60, 0, 60]) expect(await verify(await at(seconds), door)).toMatchObject({ ok: true });
  for (const seconds of [-61, 61]) {
    expect(await verify(await at(seconds), door)).toMatchObject({ ok: false, failure: { kind: "use_dpop_nonce" } });
  }
  const old = await client.proof("POST", MAIN + PATH, { nonce: "nonce-of-now", claims: { iat: 0 } });
  expect(await verify(old, door)).toMatchObject({ ok: true, value: { jkt: client.jkt } });
  expect(await verify(await proof(), door)).toEqual(refused("credential"));
});

test("a thumbprint is that of RFC 7638, and a target has neither query nor fragment", async () => {
  expect(await jwkThumbprint(client.publicJwk as unknown as ProofJwk)).toBe(client.jkt);
  expect(proofTarget("https://a.example/b?c#d")).toBe("https://a.example/b");
  expect(proofTarget("https://a.example/b#d?c")).toBe("https://a.example/b");
  expect(proofTarget("https://a.example/b")).toBe("https://a.example/b");
  expect(proofTarget("?x")).toBe("");
});
