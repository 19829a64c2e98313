import { expect, test } from "vitest";
import { compileOrgs } from "../../mint-server/config.ts";
import type { OrgConfig } from "../../mint-server/config-schema.ts";
import { createDirectoryKeys } from "../../mint-server/orgs/directory-keys.ts";
import { labelOf, replaceSecrets, type SecretField } from "../../mint-server/orgs/secret-fields.ts";
import { openOrg, sealOrg } from "../../mint-server/orgs/stored-org.ts";

const random = () => crypto.getRandomValues(new Uint8Array(32));
const [OLD, NEW] = [random(), random()];
const publicURLs = ["https://mint.example"];

const CONFIG: OrgConfig = {
  endpoints: [
    { name: "a", provider: "openai", apiKey: "sk-a", headers: { "X-Team": "secret-team" } },
    { name: "b", provider: "openai", apiKey: "sk-b", baseURL: "https://b.example/v1" },
    {
      name: "c",
      provider: "bedrock",
      aws: { region: "us-east-1", accessKeyId: "AK", secretAccessKey: "SK", sessionToken: "ST" },
    },
  ],
  sessions: { authorize: { type: "turnstile", secretKey: "0x4" } },
};

const sealed = async (name = "acme", config = CONFIG, secrets = [OLD]) => {
  const vault = await createDirectoryKeys(secrets);
  const org = compileOrgs({ [name]: config }, publicURLs).orgs.get(name);
  if (!org) throw new Error("no organisation");
  const record = await sealOrg({ org, config, keys: [] }, { vault, publicURLs });
  return { name, version: 1, record, createdAt: 0, updatedAt: 0 };
};

test("each field that holds a secret is sealed on its own, under a name of its own", async () => {
  const { record } = await sealed();
  const fields: SecretField[] = [];
  const stored = (JSON.parse(record.document) as { config: OrgConfig }).config;
  const texts: unknown[] = [];
  await replaceSecrets(stored, (value, field) => {
    fields.push(field);
    texts.push(value);
    return "";
  });
  expect(fields.map(({ path }) => path)).toEqual([
    "endpoints[0].apiKey",
    "endpoints[0].headers.X-Team",
    "endpoints[1].apiKey",
    "endpoints[2].aws.accessKeyId",
    "endpoints[2].aws.secretAccessKey",
    "endpoints[2].aws.sessionToken",
    "sessions.authorize.secretKey",
  ]);
  expect(new Set(fields.map((field) => labelOf("acme", CONFIG, field))).size).toBe(7);
  const vault = await createDirectoryKeys([OLD]);
  for (const [index, text] of texts.entries()) {
    for (const [other, field] of fields.entries()) {
      const opened = await vault.open(String(text), labelOf("acme", CONFIG, field));
      expect(opened === undefined, `${index} as ${other}`).toBe(index !== other);
    }
    const [field] = fields.slice(index);
    if (field) expect(await vault.open(String(text), labelOf("bolt", CONFIG, field))).toBeUndefined();
  }
});

test("a secret does not open for another address, also not for the default one or another path", async () => {
  const [, field]: SecretField[] = [
    { path: "", name: "" },
    { path: "endpoints[1].apiKey", name: 'endpoint "b" apiKey', endpoint: 1 },
  ];
  if (!field) throw new Error("no field");
  const withBase = (baseURL: string | undefined, provider = "openai"): OrgConfig => ({
    endpoints: [
      { name: "a", provider: "openai" },
      { name: "b", provider, ...(baseURL && { baseURL }) },
    ],
  });
  const bases = [
    undefined,
    "https://b.example/v1",
    "https://b.example/v2",
    "https://b.example",
    "https://c.example/v1",
    "http://127.0.0.1/v1",
    "https://b.example:8443/v1",
  ];
  const labels = bases.map((baseURL) => labelOf("acme", withBase(baseURL), field));
  labels.push(labelOf("acme", withBase("https://b.example/v1", "mistral"), field));
  expect(new Set(labels).size).toBe(bases.length + 1);
  expect(labelOf("acme", withBase("https://b.example/v1/"), field)).toBe(labels[1]);
});

test("what was sealed opens again, and is the same", async () => {
  const opened = await openOrg(await sealed(), { vault: await createDirectoryKeys([NEW, OLD]), publicURLs });
  expect(opened).toMatchObject({ ok: true, value: { config: CONFIG, keys: [] } });
});

test("a signature of one's own does not help who moves a sealed secret", async () => {
  const stored = await sealed();
  const vault = await createDirectoryKeys([OLD]);
  const resigned = async (change: (config: { endpoints: Record<string, unknown>[] }) => void, name = "acme") => {
    const parsed = JSON.parse(stored.record.document) as { config: { endpoints: Record<string, unknown>[] } };
    change(parsed.config);
    const document = JSON.stringify(parsed);
    // As only the server itself could: the labels hold even then.
    const signature = await vault.sign(JSON.stringify(["org", name, document]));
    return openOrg({ ...stored, name, record: { ...stored.record, document, signature } }, { vault, publicURLs });
  };
  expect(await resigned(() => {})).toMatchObject({ ok: true });
  const changed = { ok: false, failure: { kind: "org_unreadable", reason: "changed" } };
  expect(
    await resigned(({ endpoints }) => Object.assign(endpoints[1] ?? {}, { baseURL: "https://evil.test" })),
  ).toMatchObject(changed);
  expect(
    await resigned(({ endpoints }) => Object.assign(endpoints[0] ?? {}, { baseURL: "https://evil.test" })),
  ).toMatchObject(changed);
  expect(await resigned(({ endpoints }) => Object.assign(endpoints[1] ?? {}, { name: "z" }))).toMatchObject(changed);
  expect(await resigned(({ endpoints }) => Object.assign(endpoints[1] ?? {}, { provider: "mistral" }))).toMatchObject(
    changed,
  );
  expect(
    await resigned(({ endpoints }) => Object.assign(endpoints[1] ?? {}, { apiKey: endpoints[0]?.apiKey })),
  ).toMatchObject(changed);
  expect(await resigned(() => {}, "bolt")).toMatchObject(changed);
  expect(await resigned(({ endpoints }) => Object.assign(endpoints[1] ?? {}, { weight: 0 }))).toMatchObject({
    ok: true,
  });
  expect(await resigned(({ endpoints }) => Object.assign(endpoints[1] ?? {}, { provider: "gone" }))).toMatchObject({
    ok: false,
    failure: { reason: "invalid" },
  });
});

test("without its secret it is refused as such, and not opened by another", async () => {
  const opened = await openOrg(await sealed(), { vault: await createDirectoryKeys([NEW]), publicURLs });
  expect(opened).toEqual({ ok: false, failure: { kind: "org_unreadable", org: "acme", reason: "secret_removed" } });
});

test("any changed character of a sealed text or a signature is noticed", async () => {
  const vault = await createDirectoryKeys([OLD]);
  const text = await vault.seal("a secret", "label");
  expect(await vault.open(text, "label")).toBe("a secret");
  expect(await vault.seal("a secret", "label")).not.toBe(text);
  for (let at = 0; at < text.length; at++) {
    const other = text[at] === "A" ? "B" : "A";
    expect(await vault.open(text.slice(0, at) + other + text.slice(at + 1), "label")).toBeUndefined();
    expect(await vault.open(text.slice(0, at), "label")).toBeUndefined();
  }
  const signature = await vault.sign("text");
  expect(await vault.isSigned("text", { kid: vault.kid, signature })).toBe(true);
  expect(await vault.isSigned("texts", { kid: vault.kid, signature })).toBe(false);
  expect(await vault.isSigned("text", { kid: vault.kid, signature: "" })).toBe(false);
  expect(await vault.isSigned("text", { kid: "other", signature })).toBe(false);
});
