import { createHmac, randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createDpopClient, type DpopClient, type ProofOptions } from "../support/dpop.ts";
import { issueBound, type Rig, startRig } from "../support/rig.ts";
import { chat } from "../support/work.ts";

let rig: Rig;
let client: DpopClient;
let credential: string;
let url: string;

beforeAll(async () => {
  rig = await startRig();
  url = rig.url("chat/completions");
  ({ client, credential } = await issueBound(rig));
  await (await client.fetch(rig.url("models"), { credential })).arrayBuffer();
});
afterAll(() => rig.stop());
afterEach(() => {
  rig.standIn.requests.length = 0;
});

const send = (proof: string | undefined) =>
  rig.post("chat/completions", chat(), {
    authorization: `DPoP ${credential}`,
    headers: proof === undefined ? {} : { dpop: proof },
  });
const goodProof = (options: ProofOptions = {}) =>
  client.proof("POST", url, { credential, nonce: client.nonce, ...options });

async function notRefused(
  proofs: readonly (readonly [string, string | undefined])[],
  codes: readonly string[],
): Promise<unknown[]> {
  const wrong: unknown[] = [];
  for (const [title, proof] of proofs) {
    const answer = await send(proof);
    const { error } = (await answer.json()) as { error?: { code: string } };
    const challenge = answer.headers.get("www-authenticate") ?? "";
    if (answer.status !== 401 || !codes.includes(error?.code ?? "") || !challenge.startsWith("DPoP "))
      wrong.push([title, answer.status, error?.code, challenge]);
  }
  expect(rig.standIn.requests).toEqual([]);
  return wrong;
}

test("a proof without a flaw is accepted", async () => {
  expect((await send(await goodProof())).status).toBe(200);
});

test("a proof for anything else is refused", async () => {
  const { origin, port } = new URL(url);
  const claims: [string, Record<string, unknown>][] = [
    ["another method", { htm: "GET" }],
    ["a method in small letters", { htm: "post" }],
    ["no method", { htm: undefined }],
    ["another path", { htu: `${origin}/v1/proxy/models` }],
    ["the other prefix", { htu: `${origin}/v1/chat/completions` }],
    ["a longer path", { htu: `${url}/x` }],
    ["a path with a slash", { htu: `${url}/` }],
    ["another host", { htu: `http://evil.test:${port}/v1/proxy/chat/completions` }],
    ["another port", { htu: "http://127.0.0.1:1/v1/proxy/chat/completions" }],
    ["another scheme", { htu: url.replace("http:", "https:") }],
    ["a host that only begins so", { htu: `${origin}.evil.test/v1/proxy/chat/completions` }],
    ["a host before ours", { htu: `http://evil.test/${url}` }],
    ["a user in the URL", { htu: url.replace("//", "//x@") }],
    ["a path alone", { htu: "/v1/proxy/chat/completions" }],
    ["no URL", { htu: undefined }],
    ["a URL that is a list", { htu: [url] }],
    ["another credential", { ath: "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo" }],
    ["no credential", { ath: undefined }],
    ["an empty ath", { ath: "" }],
    ["no id", { jti: undefined }],
    ["an empty id", { jti: "" }],
    ["an id that is a number", { jti: 123456789 }],
    ["an endless id", { jti: "x".repeat(500) }],
    ["no time", { iat: undefined }],
    ["a time as text", { iat: "now" }],
  ];
  const proofs = await Promise.all(
    claims.map(async ([title, replaced]) => [title, await goodProof({ claims: replaced })] as const),
  );
  expect(await notRefused(proofs, ["invalid_dpop_proof"])).toEqual([]);
});

test("a proof by another key, or under another algorithm, is refused", async () => {
  const other = await createDpopClient();
  const headers: [string, Record<string, unknown>][] = [
    ["no typ", { typ: undefined }],
    ["typ JWT", { typ: "JWT" }],
    ["typ of a credential", { typ: "mintgate+jwt" }],
    ["no key", { jwk: undefined }],
    ["the key of another", { jwk: other.publicJwk }],
    ["its private key", { jwk: client.privateJwk }],
    ["a key that is text", { jwk: JSON.stringify(client.publicJwk) }],
    ["a key of another curve", { jwk: { ...client.publicJwk, crv: "P-384" } }],
    ["a key of another type", { jwk: { kty: "oct", k: "AAAA" } }],
    ["a key without y", { jwk: { ...client.publicJwk, y: undefined } }],
    ["a point off the curve", { jwk: { ...client.publicJwk, y: client.publicJwk.x } }],
    ["a kid instead of a key", { jwk: undefined, kid: client.jkt }],
    ["a key and a jku", { jku: "https://evil.test/jwks" }],
    ["a key and a certificate", { x5c: ["MIIB"] }],
  ];
  const good = (await goodProof()).split(".") as [string, string, string];
  const [header, payload, signature] = good;
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const withAlg = (alg: unknown, key: string) => {
    const input = `${encode({ typ: "dpop+jwt", alg, jwk: client.publicJwk })}.${payload}`;
    return `${input}.${createHmac("sha256", key).update(input).digest("base64url")}`;
  };
  const flips = [0, 1, 2].flatMap((index) =>
    [0, 0.3, 0.6, 0.9, 1].map((share): readonly [string, string] => {
      const segment = good[index] ?? "";
      const at = Math.floor(share * (segment.length - 1));
      return [
        `segment ${index} flipped at ${at}`,
        good.with(index, `${segment.slice(0, at)}${segment[at] === "Q" ? "g" : "Q"}${segment.slice(at + 1)}`).join("."),
      ];
    }),
  );
  const proofs = [
    ...(await Promise.all(
      headers.map(async ([title, replaced]) => [title, await goodProof({ header: replaced })] as const),
    )),
    ...flips,
    ["another's proof", await other.proof("POST", url, { credential, nonce: client.nonce })],
    ["alg none", `${encode({ typ: "dpop+jwt", alg: "none", jwk: client.publicJwk })}.${payload}.`],
    [
      "alg none with a signature",
      `${encode({ typ: "dpop+jwt", alg: "none", jwk: client.publicJwk })}.${payload}.${signature}`,
    ],
    ["alg HS256 keyed with the public key", withAlg("HS256", JSON.stringify(client.publicJwk))],
    ["alg HS256 keyed with x", withAlg("HS256", client.publicJwk.x ?? "")],
    ["alg EdDSA", `${encode({ typ: "dpop+jwt", alg: "EdDSA", jwk: client.publicJwk })}.${payload}.${signature}`],
    ["two segments", `${header}.${payload}`],
    ["four segments", `${good.join(".")}.${signature}`],
    ["a signature of zeros", `${header}.${payload}.${Buffer.alloc(64).toString("base64url")}`],
    ["an empty signature", `${header}.${payload}.`],
    ["a signature of 63 bytes", `${header}.${payload}.${Buffer.alloc(63, 7).toString("base64url")}`],
    ["oversized", await goodProof({ claims: { padding: "x".repeat(4000) } })],
    ["two proofs in one", `${good.join(".")}, ${good.join(".")}`],
    ["no JSON", "eyJ.eyJ.eyJ"],
    ["text", "proof"],
    ["nothing", undefined],
    ["the credential itself", credential],
  ] as const;
  expect(await notRefused(proofs, ["invalid_dpop_proof"])).toEqual([]);
});

test("a proof without the server's nonce is asked for again, with the nonce at hand", async () => {
  const proofs = [
    ["no nonce", await goodProof({ nonce: undefined })],
    ["an old nonce", await goodProof({ nonce: "AAAAAAAAAAAAAAAAAAAAAA" })],
    ["an empty nonce", await goodProof({ nonce: "" })],
  ] as const;
  expect(await notRefused(proofs, ["use_dpop_nonce"])).toEqual([]);
  const answer = await send(await goodProof({ nonce: undefined }));
  const nonce = answer.headers.get("dpop-nonce") ?? "";
  expect(answer.headers.get("www-authenticate")).toContain('error="use_dpop_nonce"');
  expect((await send(await goodProof({ nonce }))).status).toBe(200);
});

test("the device's clock does not matter", async () => {
  for (const iat of [0, Math.floor(Date.now() / 1000) + 86_400, Math.floor(Date.now() / 1000) - 86_400]) {
    expect((await send(await goodProof({ claims: { iat } }))).status).toBe(200);
  }
});

test("a proof is good for one use", async () => {
  const proof = await goodProof();
  expect((await send(proof)).status).toBe(200);
  const again = await send(proof);
  expect([again.status, (await again.json()).error.code]).toEqual([401, "invalid_dpop_proof"]);
  expect(rig.standIn.requests).toHaveLength(1);
});

test("of 100 uses of one proof at the same time exactly one succeeds", async () => {
  const proof = await goodProof({ claims: { jti: randomUUID() } });
  const statuses = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const answer = await send(proof);
      await answer.arrayBuffer();
      return answer.status;
    }),
  );
  expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  expect(statuses.filter((status) => status === 401)).toHaveLength(99);
  expect(rig.standIn.requests).toHaveLength(1);
});

test("a flaw in the proof is found before the body is read", async () => {
  const answer = await rig.post("chat/completions", "{", { authorization: `DPoP ${credential}` });
  expect((await answer.json()).error.code).toBe("invalid_dpop_proof");
});
