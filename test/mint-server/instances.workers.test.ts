import { env } from "cloudflare:test";
import { waitUntil } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { LedgerNamespace } from "../../mint-server/credentials/ledger.ts";
import { createMintServer, issueCredential, type MintServer } from "../../mint-server/embed.ts";

// Instances that share the Worker's own Durable Object, and no memory.

const { LEDGER } = env as unknown as { LEDGER: LedgerNamespace };
const CONFIG = {
  secrets: ["9Q1vN3kq6mB8xTt5yJcR2eLhUaGpSdFi4oQwX7zKs0M"],
  publicURLs: ["https://mint.example"],
  orgs: { default: {} },
};
const MODELS = "https://mint.example/v1/proxy/models";

const encode = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
const utf8 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(new TextEncoder().encode(text));
const hash = async (text: string): Promise<string> =>
  encode(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text))));

const ask = (server: MintServer, credential: string, dpop: string): Promise<Response> =>
  server.fetch(new Request(MODELS, { headers: { authorization: `DPoP ${credential}`, dpop } }));

test("of 100 parallel uses of one proof at ten instances exactly one succeeds, by the Durable Object's word", async () => {
  const pair = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  const { crv, kty, x, y } = (await crypto.subtle.exportKey("jwk", pair.publicKey)) as JsonWebKey;
  const { key } = await issueCredential(CONFIG, { subject: "a", jkt: await hash(JSON.stringify({ crv, kty, x, y })) });
  const proof = async (nonce?: string): Promise<string> => {
    const header = { typ: "dpop+jwt", alg: "ES256", jwk: { crv, kty, x, y } };
    const ath = await hash(key);
    const claims = { jti: crypto.randomUUID(), htm: "GET", htu: MODELS, iat: 0, ath, ...(nonce && { nonce }) };
    const input = [header, claims].map((part) => encode(utf8(JSON.stringify(part)))).join(".");
    const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, utf8(input));
    return `${input}.${encode(new Uint8Array(signature))}`;
  };
  const instances = Array.from({ length: 10 }, () => createMintServer(CONFIG, { ledgers: LEDGER, waitUntil }));
  const [first] = instances as [MintServer];
  const nonce = (await ask(first, key, await proof())).headers.get("dpop-nonce") ?? "";
  const one = await proof(nonce);
  const uses = Array.from({ length: 10 }, () => instances.map((instance) => ask(instance, key, one))).flat();
  const statuses = (await Promise.all(uses)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  expect(statuses.filter((status) => status === 401)).toHaveLength(99);
});
