import { createHash } from "node:crypto";
import { SignJWT } from "jose";
import { beforeAll, expect, test } from "vitest";
import { FEATURES, readCredential, withoutPrefix } from "../../mint-server/contract/credential.ts";
import { issueCredential, issueNarrower } from "../../mint-server/credentials/issue.ts";
import { deriveKeyring, type Keyring } from "../../mint-server/credentials/keys.ts";
import { verifyToken } from "../../mint-server/credentials/token.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const SECONDS = NOW / 1000;
const URLS = ["https://mint.example", "https://other.example"];

let keyring: Keyring;
let older: Keyring;
beforeAll(async () => {
  older = await deriveKeyring([new Uint8Array(32).fill(1)]);
  keyring = await deriveKeyring([new Uint8Array(32).fill(2), new Uint8Array(32).fill(1)]);
});

const CLAIMS = {
  iss: URLS[0],
  aud: URLS[0],
  sub: "alice",
  iat: SECONDS,
  exp: SECONDS + 600,
  jti: "credential-1",
  grant: { org: "default" },
};
const sign = (claims: object = {}, header: object = {}): Promise<string> =>
  new SignJWT(JSON.parse(JSON.stringify({ ...CLAIMS, ...claims })))
    .setProtectedHeader({ alg: "EdDSA", typ: "mintgate+jwt", kid: keyring.current.kid, ...header })
    .sign(keyring.current.privateKey);
const verify = (token: string, now = NOW) => verifyToken(token, { keyring, now, publicURLs: URLS });
const refused = (reason: string) => ({ ok: false, failure: { kind: "invalid_credential", reason } });

test("gives claims and hash of a sound credential, and no key where none was sealed in", async () => {
  const token = await sign();
  const ath = createHash("sha256").update(token).digest("base64url");
  expect(await verify(token)).toEqual({ ok: true, value: { claims: CLAIMS, ath } });
});

test("every public URL may be issuer and audience, and nothing else may", async () => {
  expect(await verify(await sign({ iss: URLS[1], aud: URLS[1] }))).toMatchObject({ ok: true });
  for (const claims of [{ iss: "https://evil.example" }, { aud: "https://evil.example" }, { aud: URLS }]) {
    expect(await verify(await sign(claims))).toEqual(refused("claims"));
  }
});

test("keeps every member of a full grant", async () => {
  const grant = {
    org: "acme",
    models: ["gpt-4o", "claude-*"],
    endpoints: ["chat/completions"],
    origins: ["https://app.example"],
    features: ["store"],
    template: "tutor",
    logging: { project_name: "p" },
    limits: {
      requests: 1,
      tokens: 2,
      usd: 0.5,
      realtimeSeconds: 3,
      requestsPerMinute: 4,
      maxTokensPerRequest: 5,
      per: "day",
    },
  };
  const answer = await verify(await sign({ grant, cnf: { jkt: "thumbprint" } }));
  expect(answer).toMatchObject({ ok: true, value: { claims: { grant, cnf: { jkt: "thumbprint" } } } });
});

test.each(["sub", "iat", "exp", "jti", "grant", "iss", "aud"])("refuses one without %s", async (name) => {
  expect(await verify(await sign({ [name]: undefined }))).toEqual(refused("claims"));
});

test("ends by the second, and begins at most a minute ahead", async () => {
  expect(await verify(await sign({ exp: SECONDS }))).toEqual(refused("expired"));
  expect(await verify(await sign({ exp: SECONDS + 1 }))).toMatchObject({ ok: true });
  expect(await verify(await sign({ iat: SECONDS + 60 }))).toMatchObject({ ok: true });
  expect(await verify(await sign({ iat: SECONDS + 61 }))).toEqual(refused("claims"));
  expect(await verify(await sign({ nbf: SECONDS + 1 }))).toEqual(refused("claims"));
});

test.each([
  ["another type", { typ: "JWT" }, "claims"],
  ["an unknown key", { kid: "nobody" }, "signature"],
  ["no key", { kid: undefined }, "signature"],
  ["the kid of another secret", { kid: "older" }, "signature"],
])("refuses %s", async (_, header: { typ?: string; kid?: string | undefined }, reason) => {
  const kid = header.kid === "older" ? { kid: older.current.kid } : {};
  expect(await verify(await sign({}, { ...header, ...kid }))).toEqual(refused(reason));
});

test("one that an older secret signed is good while that is live", async () => {
  const order = { issuer: URLS[0] ?? "", subject: "a", grant: { org: "default" }, ttlSeconds: 60, now: NOW };
  const issued = await issueCredential(older, order);
  if (!issued.ok) throw new Error("not issued");
  expect(await verify(issued.value.key)).toMatchObject({ ok: true });
  const context = { keyring: await deriveKeyring([new Uint8Array(32).fill(3)]), now: NOW, publicURLs: URLS };
  expect(await verifyToken(issued.value.key, context)).toEqual(refused("signature"));
});

test("opens the key that was sealed into it, with either secret, and refuses one that does not open", async () => {
  const order = { issuer: URLS[0] ?? "", subject: "a", grant: { org: "default" }, ttlSeconds: 60, now: NOW };
  for (const issuer of [older, keyring]) {
    const issued = await issueCredential(issuer, { ...order, providerKey: "sk-of-a-caller" });
    if (!issued.ok) throw new Error("not issued");
    expect(await verify(issued.value.key)).toMatchObject({ ok: true, value: { providerKey: "sk-of-a-caller" } });
    const sealed = readCredential(issued.value.key)?.sealed_key;
    expect(await verify(await sign({ sealed_key: sealed }))).toEqual(refused("claims"));
  }
  expect(await verify(await sign({ sealed_key: "" }))).toEqual(refused("claims"));
});

test("looks at nothing that is longer than 4096 characters", async () => {
  const tokens = await Promise.all(Array.from({ length: 12 }, (_, more) => sign({ padding: "x".repeat(2700 + more) })));
  const lengths = tokens.map(({ length }) => length);
  const shortest = Math.min(...lengths);
  const pad = Math.floor(((4096 - shortest) * 3) / 4);
  const sized = await Promise.all(
    [...Array(8).keys()].map((more) => sign({ padding: "x".repeat(2700 + pad - 4 + more) })),
  );
  const fits = sized.filter(({ length }) => length <= 4096);
  const tooLong = sized.filter(({ length }) => length > 4096);
  expect(Math.max(...fits.map(({ length }) => length))).toBeGreaterThanOrEqual(4095);
  for (const token of fits) expect(await verify(token)).toMatchObject({ ok: true });
  for (const token of tooLong) expect(await verify(token)).toEqual(refused("too_large"));
  expect(tooLong.length).toBeGreaterThan(0);
});

test("a signature has one spelling", async () => {
  const token = await sign();
  const last = token.at(-1) ?? "";
  const twin = { A: "B", Q: "R", g: "h", w: "x" }[last];
  expect(twin).toBeDefined();
  expect(await verify(token.slice(0, -1) + twin)).toEqual(refused("malformed"));
  expect(await verify(`${token}=`)).toEqual(refused("malformed"));
  expect(await verify(token.slice(0, -2))).toEqual(refused("signature"));
});

test("what is issued says when it ends, how it is sent and whom it speaks for", async () => {
  const order = { issuer: URLS[0] ?? "", subject: "alice", grant: { org: "default" }, ttlSeconds: 60, now: NOW + 999 };
  const bearer = await issueCredential(keyring, order);
  expect(bearer).toMatchObject({
    ok: true,
    value: { expires_at: SECONDS + 60, token_type: "Bearer", subject: "alice" },
  });
  const bound = await issueCredential(keyring, { ...order, jkt: "thumbprint" });
  expect(bound).toMatchObject({ ok: true, value: { token_type: "DPoP" } });
  if (!bearer.ok || !bound.ok) throw new Error("not issued");
  expect(readCredential(bound.value.key)).toMatchObject({ cnf: { jkt: "thumbprint" }, iat: SECONDS, aud: URLS[0] });
  expect(readCredential(bearer.value.key)).not.toHaveProperty("cnf");
  expect(readCredential(bearer.value.key)).not.toHaveProperty("sealed_key");
  const many = await issueCredential(keyring, { ...order, grant: { org: "default", models: ["m".repeat(1500)] } });
  expect(many).toMatchObject({ ok: false, failure: { kind: "bad_field", param: "models" } });
});

test("a credential is issued up to 2 KiB, and no longer one", async () => {
  const order = { issuer: URLS[0] ?? "", subject: "alice", ttlSeconds: 60, now: NOW };
  const issue = async (length: number) => {
    const grant = { org: "default", models: ["m".repeat(length)] };
    const issued = await issueCredential(keyring, { ...order, grant });
    return issued.ok ? issued.value.key.length : undefined;
  };
  const most = Math.floor(((2048 - ((await issue(0)) ?? 0)) * 3) / 4);
  const lengths = await Promise.all([-3, -2, -1, 0, 1, 2, 3].map((more) => issue(most + more)));
  const longest = lengths.findLastIndex((length) => length !== undefined);
  expect(lengths[longest]).toBeGreaterThanOrEqual(2046);
  expect(lengths[longest]).toBeLessThan(2048);
  expect(lengths.slice(0, longest)).not.toContain(undefined);
  expect(lengths.at(-1)).toBeUndefined();
});

test("what realtime sessions are opened with is the same credential, unbound, and good for these alone", async () => {
  const order = { issuer: URLS[0] ?? "", subject: "alice", jti: "credential-1", issuedAt: SECONDS - 9 };
  const grant = { org: "default", session: { voice: "ash" }, endpoints: ["realtime"] };
  const issue = (more: object = {}) => issueNarrower(keyring, { ...order, expiresAt: SECONDS + 60, grant, ...more });
  const [plain, sealed] = [await issue(), await issue({ providerKey: "sk-of-a-caller" })];
  if (!plain.ok || !sealed.ok) throw new Error("not issued");
  const claims = { ...CLAIMS, iat: SECONDS - 9, exp: SECONDS + 60, grant };
  expect(await verify(plain.value)).toEqual({ ok: true, value: { claims, ath: expect.any(String) } });
  expect(await verify(sealed.value)).toMatchObject({ ok: true, value: { claims, providerKey: "sk-of-a-caller" } });
  const locked = await issue({ grant: { ...grant, session: { instructions: "i".repeat(1500) } } });
  const detail = expect.stringContaining("2048 bytes");
  expect(locked).toMatchObject({ ok: false, failure: { kind: "bad_field", param: "session", detail } });
});

test("the prefix comes off once, and only at the beginning", () => {
  expect(withoutPrefix("ek_ek_a")).toBe("ek_a");
  expect(withoutPrefix("a_ek_")).toBe("a_ek_");
  expect(withoutPrefix("ek_")).toBe("");
});

test.each(["credential", "hour", "day", "month", "total"])("knows limits per %s", async (per) => {
  const grant = { org: "default", limits: { requests: 1, per } };
  expect(await verify(await sign({ grant }))).toMatchObject({ ok: true, value: { claims: { grant } } });
});

test.each(FEATURES)("knows the feature %s", async (feature) => {
  const grant = { org: "default", features: [feature] };
  expect(await verify(await sign({ grant }))).toMatchObject({ ok: true, value: { claims: { grant } } });
});

test.each([[[]], [[1]], [{ dollars: 1 }], [{ requests: "1" }], [null]])(
  "refuses limits that are %j",
  async (limits) => {
    expect(await verify(await sign({ grant: { org: "default", limits } }))).toEqual(refused("claims"));
  },
);
