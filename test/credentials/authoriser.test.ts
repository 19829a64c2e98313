import { beforeAll, expect, test, vi } from "vitest";
import { compileConfig, type Org, type ServerConfig } from "../../mint-server/config.ts";
import { issueCredential, type Order } from "../../mint-server/credentials/issue.ts";
import { deriveKeyring, holderOf, type Keyring } from "../../mint-server/credentials/keys.ts";
import { createNonceBook } from "../../mint-server/credentials/nonces.ts";
import { createProofVerifier } from "../../mint-server/credentials/proof.ts";
import { createStanding, type Use } from "../../mint-server/credentials/standing.ts";
import { type Access, createAuthoriser, isLimited } from "../../mint-server/credentials/verify.ts";
import { type Failure, fail, ok } from "../../mint-server/failures.ts";
import { createDpopClient, type DpopClient } from "../support/dpop.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const URL_ = "https://mint.example";
const PATH = "/v1/proxy/chat/completions";
const PROJECT_KEY = "project-key-of-acme-0123";
const SECRET = Buffer.from("a secret of thirty-two bytes, yes").subarray(0, 32).toString("base64url");

type Finder = Parameters<typeof createAuthoriser>[0]["finder"];

let config: ServerConfig;
let keyring: Keyring;
let client: DpopClient;
let used: Use[];
let standing: Failure | undefined;

beforeAll(async () => {
  config = configured();
  keyring = await deriveKeyring(config.secrets);
  client = await createDpopClient();
});

function configured(more: object = {}): ServerConfig {
  return compileConfig({
    secrets: [SECRET],
    publicURLs: [URL_],
    orgs: {
      default: {},
      acme: { keys: [PROJECT_KEY], origins: ["https://acme.example"] },
      second: { keys: [PROJECT_KEY] },
      limited: { limits: { requests: 10 } },
    },
    ...more,
  });
}

async function issue(order: Partial<Order> = {}): Promise<string> {
  const whole = { issuer: URL_, subject: "alice", grant: { org: "acme" }, ttlSeconds: 600, now: NOW, ...order };
  const issued = await issueCredential(keyring, whole);
  if (!issued.ok) throw new Error("not issued");
  return issued.value.key;
}

function authoriser(server: ServerConfig = config, finder?: Finder) {
  used = [];
  standing = undefined;
  const proofs = createProofVerifier(createNonceBook(keyring.nonceKey));
  const stand = async (use: Use) => {
    used.push(use);
    return standing;
  };
  const authorise = createAuthoriser({ config: server, keyring, proofs, stand, finder });
  const ask = (headers: Record<string, string>, more: Partial<Access> = {}) =>
    authorise({
      headers: new Headers(headers),
      method: "POST",
      path: PATH,
      endpoint: "chat/completions",
      now: NOW,
      ...more,
    });
  const bearer = (token: string, more: Partial<Access> = {}, headers: Record<string, string> = {}) =>
    ask({ authorization: `Bearer ${token}`, ...headers }, more);
  const withProof = async (credential: string, more: Partial<Access> = {}, claims: Record<string, unknown> = {}) => {
    const nonce = await proofs.nonce(more.now ?? NOW);
    const dpop = await client.proof("POST", URL_ + PATH, { credential, nonce, claims });
    return ask({ authorization: `DPoP ${credential}`, dpop }, more);
  };
  return { ask, bearer, withProof };
}

const invalid = (reason: string, bound?: boolean) => ({
  ok: false,
  failure: { kind: "invalid_credential", reason, ...(bound !== undefined && { bound }) },
});
const failed = (kind: string) => ({ ok: false, failure: expect.objectContaining({ kind }) });

test("a bearer credential speaks for its subject, with its grant, at its organisation's endpoints", async () => {
  const answer = await authoriser().bearer(await issue());
  expect(answer).toEqual({
    ok: true,
    value: {
      by: "credential",
      subject: "alice",
      grant: { org: "acme" },
      org: config.orgs.get("acme"),
      ledger: "acme",
      credential: { jti: expect.any(String), issuedAt: NOW / 1000, expiresAt: expect.any(Number) },
    },
  });
  expect(used).toEqual([{ jti: expect.any(String), issuedAt: NOW / 1000, subject: "alice", ledger: "acme", now: NOW }]);
});

test("a bound one names its proof, too", async () => {
  const answer = await authoriser().withProof(await issue({ jkt: client.jkt }), {}, { jti: "the-proof" });
  expect(answer).toMatchObject({ ok: true, value: { credential: { proofId: `${client.jkt}.the-proof` } } });
  expect(used).toMatchObject([{ proofId: `${client.jkt}.the-proof`, ledger: "acme" }]);
});

test("the second use of a credential is checked like its first", async () => {
  const { bearer, withProof } = authoriser();
  const [token, bound] = [await issue(), await issue({ jkt: client.jkt })];
  for (const now of [NOW, NOW + 599_999]) {
    expect(await bearer(token, { now })).toMatchObject({ ok: true });
    expect(await withProof(bound, { now })).toMatchObject({ ok: true });
  }
  expect(await bearer(token, { now: NOW + 600_000 })).toEqual(invalid("expired", false));
  expect(await withProof(bound, { now: NOW + 600_000 })).toEqual(invalid("expired", true));
  expect(await bearer(token)).toMatchObject({ ok: true });
});

test("each is sent as it was issued, and no other way", async () => {
  const { ask, bearer } = authoriser();
  const [token, bound] = [await issue(), await issue({ jkt: client.jkt })];
  expect(await bearer(bound)).toEqual(invalid("wrong_scheme", true));
  expect(await ask({ authorization: `DPoP ${token}` })).toEqual(invalid("wrong_scheme", false));
  expect(await ask({ "x-api-key": bound })).toEqual(invalid("wrong_scheme", true));
  expect(await ask({ authorization: `DPoP ${bound}` })).toEqual({
    ok: false,
    failure: { kind: "invalid_proof", reason: "missing" },
  });
  for (const headers of [
    { authorization: `bearer ${token}` },
    { authorization: `BEARER   ${token}` },
    { authorization: `Bearer ek_${token}` },
    { "x-api-key": token },
    { "x-goog-api-key": `ek_${token}` },
  ]) {
    expect(await ask(headers as Record<string, string>)).toMatchObject({ ok: true, value: { subject: "alice" } });
  }
  expect(used).toHaveLength(5);
});

test.each([
  ["no header at all", {}],
  ["no scheme", { authorization: "sk-a" }],
  ["another scheme", { authorization: "Basic sk-a" }],
  ["a scheme without a key", { authorization: "Bearer " }],
  ["a key with a space", { authorization: "Bearer sk a" }],
  ["a key beyond ASCII", { authorization: "Bearer sk-é" }],
  ["an empty key", { "x-api-key": "" }],
  ["a key of 8193 characters", { authorization: `Bearer ${"k".repeat(8193)}` }],
])("%s is no credential", async (_, headers) => {
  expect(await authoriser().ask(headers as Record<string, string>)).toEqual(failed("missing_credential"));
});

test("an authorization that is of no use is not replaced by a key elsewhere", async () => {
  const { ask } = authoriser();
  expect(await ask({ authorization: "Basic x", "x-api-key": PROJECT_KEY })).toEqual(failed("missing_credential"));
});

test("a provider's key is its own authority, where such keys are taken", async () => {
  for (const key of ["sk-of-a-caller", "ya29.a.b", "AIza.one", "k".repeat(8192)]) {
    const holder = await holderOf(keyring, key);
    expect(await authoriser().bearer(key)).toEqual({
      ok: true,
      value: { by: "provider-key", subject: holder, grant: { org: "default" }, providerKey: key, ledger: holder },
    });
  }
  const { bearer } = authoriser(configured({ allowProviderKeys: false }));
  expect(await bearer("sk-of-a-caller")).toEqual(failed("provider_keys_off"));
  expect(await bearer(PROJECT_KEY)).toMatchObject({ ok: true });
  expect(await bearer(PROJECT_KEY, {}, { "x-bt-org-name": "default" })).toEqual(failed("org_not_found"));
  expect(await authoriser().bearer("sk-a", {}, { "x-bt-org-name": "acme" })).toEqual(failed("org_not_found"));
});

test.each(["eyJhbGciOi", "ek_abc", "a.b.c", ".."])(
  "%s looks like one of ours, and is never taken for a key",
  async (text) => {
    expect(await authoriser().bearer(text)).toEqual(failed("invalid_credential"));
  },
);

test("what comes by DPoP is one of ours whatever it looks like", async () => {
  expect(await authoriser().ask({ authorization: "DPoP sk-of-a-caller" })).toEqual(failed("invalid_credential"));
});

test("a project key speaks for the first of its organisations, or for the one that is named", async () => {
  const { bearer } = authoriser();
  const subject = await holderOf(keyring, PROJECT_KEY);
  const expected = (name: string) => ({
    ok: true,
    value: { by: "project-key", subject, grant: { org: name }, org: config.orgs.get(name), ledger: name },
  });
  expect(await bearer(PROJECT_KEY)).toEqual(expected("acme"));
  expect(await bearer(PROJECT_KEY, {}, { "x-bt-org-name": "second" })).toEqual(expected("second"));
  expect(await bearer(PROJECT_KEY, {}, { "x-bt-org-name": "default" })).toEqual(failed("org_not_found"));
  expect(used).toEqual([]);
});

test("a credential that a provider's key issued has that key, and counts on its holder's ledger", async () => {
  const token = await issue({ providerKey: "sk-of-a-caller", grant: { org: "default" } });
  const holder = await holderOf(keyring, "sk-of-a-caller");
  const answer = await authoriser().bearer(token);
  expect(answer).toMatchObject({ ok: true, value: { providerKey: "sk-of-a-caller", ledger: holder } });
  expect(answer.ok && "org" in answer.value).toBe(false);
  const closed = authoriser(configured({ allowProviderKeys: false }));
  expect(await closed.bearer(token)).toEqual(invalid("claims", false));
});

test("an organisation that is gone has no credentials", async () => {
  expect(await authoriser().bearer(await issue({ grant: { org: "gone" } }))).toEqual(invalid("unknown_org", false));
});

test("whatever the ledger knows against a credential decides", async () => {
  const { bearer, withProof } = authoriser();
  standing = { kind: "credential_revoked", bound: false };
  expect(await bearer(await issue())).toEqual({ ok: false, failure: standing });
  expect(await withProof(await issue({ jkt: client.jkt }))).toEqual({ ok: false, failure: standing });
});

test("the ledger is asked once: here, or where a budget is set aside", async () => {
  const { bearer } = authoriser();
  const limited = await issue({ grant: { org: "acme", limits: { requests: 1 } } });
  const ofLimitedOrg = await issue({ grant: { org: "limited" } });
  const free = await issue();
  for (const token of [limited, ofLimitedOrg])
    expect(await bearer(token, { reserves: true })).toMatchObject({ ok: true });
  expect(used).toHaveLength(0);
  await bearer(free, { reserves: true });
  for (const token of [limited, ofLimitedOrg, free]) await bearer(token);
  expect(used).toHaveLength(4);
});

test("a key has no limits", async () => {
  const answer = await authoriser(
    configured({ orgs: { acme: { keys: [PROJECT_KEY], limits: { requests: 1 } } } }),
  ).bearer(PROJECT_KEY);
  expect(answer.ok && isLimited(answer.value)).toBe(false);
});

test("a grant bounds origin, endpoint and organisation, before the ledger is asked", async () => {
  const { bearer } = authoriser();
  const origins = await issue({ grant: { org: "acme", origins: ["https://app.example"] } });
  const origin = (value: string) => ({ origin: value });
  expect(await bearer(origins, {}, origin("https://app.example"))).toMatchObject({ ok: true });
  expect(await bearer(origins, {}, origin("https://acme.example"))).toEqual(failed("origin_not_allowed"));
  expect(await bearer(origins)).toEqual(failed("origin_not_allowed"));
  const open = await issue();
  expect(await bearer(open)).toMatchObject({ ok: true });
  expect(await bearer(open, {}, origin("https://acme.example"))).toMatchObject({ ok: true });
  expect(await bearer(open, {}, origin("https://evil.example"))).toEqual(failed("origin_not_allowed"));
  expect(await bearer(open, {}, { "x-bt-org-name": "acme" })).toMatchObject({ ok: true });
  expect(await bearer(open, {}, { "x-bt-org-name": "second" })).toEqual(failed("org_not_found"));
  const narrow = await issue({ grant: { org: "acme", endpoints: ["embeddings"] } });
  expect(await bearer(narrow, { endpoint: "embeddings" })).toMatchObject({ ok: true });
  expect(await bearer(narrow, { endpoint: undefined })).toMatchObject({ ok: true });
  used.length = 0;
  expect(await bearer(narrow)).toEqual({
    ok: false,
    failure: { kind: "insufficient_scope", param: null, detail: "This credential does not cover chat/completions." },
  });
  expect(used).toEqual([]);
});

test("without an organisation of its own a credential is for any origin that the server allows", async () => {
  const { bearer } = authoriser();
  const token = await issue({ providerKey: "sk-a", grant: { org: "default" } });
  expect(await bearer(token, {}, { origin: "https://acme.example" })).toMatchObject({ ok: true });
  expect(await bearer(token, {}, { origin: "https://evil.example" })).toEqual(failed("origin_not_allowed"));
});

test("a proof for another path or method is none for this request", async () => {
  const bound = await issue({ jkt: client.jkt });
  const { withProof } = authoriser();
  expect(await withProof(bound, { path: "/v1/proxy/models" })).toEqual(failed("invalid_proof"));
  expect(await withProof(bound, { method: "GET" })).toEqual(failed("invalid_proof"));
});

/** Knows one stored organisation, with a key and an origin; or has no answer. */
function finderOf(failure?: Failure): { finder: NonNullable<Finder>; stored: Org } {
  const stored = { ...config.orgs.get("acme"), name: "stored", origins: new Set(["https://stored.example"]) } as Org;
  const answer = <T>(value: T) => (failure ? fail(failure) : ok(value));
  const finder: NonNullable<Finder> = {
    byName: async (name) => answer(name === "stored" ? stored : undefined),
    byKey: async (key) => answer(key === "key-of-the-stored-one" ? [stored] : []),
    byOrigin: async (origin) => answer(origin === "https://stored.example" ? [stored] : []),
  };
  return { finder, stored };
}

test("a stored organisation is found by the grant's name, by its key and by its origin", async () => {
  const { finder, stored } = finderOf();
  const { bearer, withProof } = authoriser(config, finder);
  const grant = { org: "stored" };
  expect(await bearer(await issue({ grant }))).toMatchObject({ ok: true, value: { org: stored, ledger: "stored" } });
  const bound = await issue({ grant: { org: "gone" }, jkt: client.jkt });
  expect(await withProof(bound)).toEqual(invalid("unknown_org", true));
  expect(await bearer(await issue({ grant: { org: "gone" } }))).toEqual(invalid("unknown_org", false));
  expect(await bearer("key-of-the-stored-one")).toMatchObject({ ok: true, value: { by: "project-key", org: stored } });
  expect(await bearer(PROJECT_KEY, {}, { "x-bt-org-name": "stored" })).toEqual(failed("org_not_found"));
  const ofKey = await issue({ providerKey: "sk-a", grant: { org: "default" } });
  const at = (origin: string) => bearer(ofKey, {}, { origin });
  expect(await at("https://stored.example")).toMatchObject({ ok: true });
  expect(await at("https://evil.example")).toEqual(failed("origin_not_allowed"));
  const ofAcme = await issue();
  expect(await bearer(ofAcme, {}, { origin: "https://stored.example" })).toEqual(failed("origin_not_allowed"));
});

test("a stored organisation is looked up as freshly as the caller asks for", async () => {
  const { finder } = finderOf();
  const asked = [vi.spyOn(finder, "byName"), vi.spyOn(finder, "byKey"), vi.spyOn(finder, "byOrigin")];
  const { bearer } = authoriser(config, finder);
  const [stored, ofKey] = [
    await issue({ grant: { org: "stored" } }),
    await issue({ providerKey: "sk-a", grant: { org: "default" } }),
  ];
  for (const freshness of ["auto", "never"]) {
    const headers = { "x-bt-use-creds-cache": freshness };
    for (const each of asked) each.mockClear();
    await bearer(stored, {}, headers);
    await bearer("key-of-the-stored-one", {}, headers);
    await bearer(ofKey, {}, { ...headers, origin: "https://stored.example" });
    for (const each of asked) expect(each.mock.calls).toEqual([[expect.any(String), freshness]]);
  }
});

test("where nobody can say whose it is, nothing goes on", async () => {
  const { finder } = finderOf({ kind: "ledger_unavailable" });
  const { bearer } = authoriser(config, finder);
  expect(await bearer(await issue({ grant: { org: "stored" } }))).toEqual(failed("ledger_unavailable"));
  expect(await bearer("sk-of-a-caller")).toEqual(failed("ledger_unavailable"));
  expect(await bearer(await issue())).toMatchObject({ ok: true });
  const ofKey = await issue({ providerKey: "sk-a", grant: { org: "default" } });
  expect(await bearer(ofKey, {}, { origin: "https://stored.example" })).toEqual(failed("origin_not_allowed"));
});

const USE: Use = { jti: "1", subject: "alice", issuedAt: 7, ledger: "acme", now: NOW };
const [REVOKED, GONE] = [true, undefined];

test.each([
  ["one that is not revoked stands", false, {}, undefined],
  ["one that is does not", REVOKED, {}, { kind: "credential_revoked", bound: false }],
  ["nor does a bound one", REVOKED, { proofId: "p" }, { kind: "credential_revoked", bound: true }],
  ["nobody stands where the ledger does not answer", GONE, {}, { kind: "ledger_unavailable" }],
])("on an only instance: %s", async (_, revoked, more, failure) => {
  for (const isRevoked of [() => revoked as boolean, async () => revoked]) {
    const asked: unknown[] = [];
    const ledgerOf = (name: string) => ({
      isRevoked: (credential: object) => {
        asked.push([name, credential]);
        return isRevoked();
      },
      reserve: () => Promise.reject(new Error("not to be asked")),
    });
    const stand = createStanding({ ledgerOf: ledgerOf as never, isOnlyInstance: true });
    expect(await stand({ ...USE, ...more })).toEqual(failure);
    expect(asked).toEqual([["acme", { jti: "1", subject: "alice", issuedAt: 7 }]]);
  }
});

test.each([
  ["a proof that nobody used stands", { ok: true }, undefined],
  ["one that was used does not", { ok: false, reason: "replayed" }, { kind: "invalid_proof", reason: "replayed" }],
  [
    "nor one whose credential was revoked",
    { ok: false, reason: "revoked" },
    { kind: "credential_revoked", bound: true },
  ],
  ["nobody stands where the ledger does not answer", undefined, { kind: "ledger_unavailable" }],
])("on one of many instances: %s", async (_, verdict, failure) => {
  const asked: unknown[] = [];
  const client = {
    isRevoked: () => false,
    reserve: async (reservation: object) => {
      asked.push(reservation);
      return verdict;
    },
  };
  const stand = createStanding({ ledgerOf: () => client as never, isOnlyInstance: false });
  expect(await stand({ ...USE, proofId: "p" })).toEqual(failure);
  expect(asked).toEqual([
    {
      id: "p",
      jti: "1",
      subject: "alice",
      issuedAt: 7,
      now: NOW,
      charges: [],
      inputTokens: 0,
      inputMicros: 0,
      outputTokens: 0,
      microsPerOutputToken: 0,
      flexible: false,
    },
  ]);
  expect(await stand(USE)).toBeUndefined();
  expect(asked).toHaveLength(1);
});
