import { BedrockRuntimeClient, ConverseCommand } from "@aws-sdk/client-bedrock-runtime";
import { expect, test } from "vitest";
import { addressOf } from "../../mint-server/providers/address.ts";
import { createAwsAuthority } from "../../mint-server/providers/aws.ts";
import type { Endpoint } from "../../mint-server/providers/provider.ts";
import { providerById } from "../../mint-server/providers/table.ts";
import { type SignedRequest, verifyAwsSignature } from "../support/aws-signature.ts";

const KEYS = {
  region: "eu-central-1",
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const SESSION = { ...KEYS, sessionToken: "session/token+of==the-test" };
const MODELS = [
  "amazon.nova-pro-v1:0",
  "eu.anthropic.claude-sonnet-4-20250514-v1:0",
  "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2c3",
];
const BODY = '{"messages":[{"role":"user","content":[{"text":"Grüße ☕"}]}]}';

/** What AWS's own SDK would send for a model. */
async function sentBySdk(modelId: string): Promise<SignedRequest> {
  const { region, ...credentials } = SESSION;
  let sent: SignedRequest | undefined;
  const requestHandler = {
    async handle(request: unknown): Promise<never> {
      sent = request as SignedRequest;
      throw new Error("not sent");
    },
  };
  const client = new BedrockRuntimeClient({ region, credentials, requestHandler, maxAttempts: 1 });
  await client
    .send(new ConverseCommand({ modelId, messages: [{ role: "user", content: [{ text: "Grüße ☕" }] }] }))
    .catch(() => {});
  if (!sent) throw new Error("the SDK sent nothing");
  return sent;
}

function urlOf(model: string): URL {
  const provider = providerById("bedrock");
  if (!provider) throw new Error("no row");
  const options = { region: KEYS.region };
  const endpoint: Endpoint = {
    name: "bedrock",
    provider,
    baseURL: provider.baseFor?.(options) ?? "",
    auth: "bearer",
    headers: {},
    customModels: new Map(),
    options,
    weight: 1,
    supportsStreaming: true,
  };
  return new URL(addressOf(endpoint, { wire: "bedrock", path: "converse", model, stream: false }) ?? "");
}

async function sentByUs(model: string, keys = SESSION, clock?: () => number): Promise<SignedRequest> {
  const url = urlOf(model);
  const signed = await createAwsAuthority(keys, clock).headers({ url: url.href, payload: BODY });
  if (!signed.ok) throw new Error(signed.failure.kind);
  return { method: "POST", path: url.pathname, headers: { host: url.host, ...signed.value }, body: BODY };
}

test.each(MODELS)("a call of %s is signed so that whoever takes the SDK's signature takes it", async (model) => {
  const sdk = await sentBySdk(model);
  expect(verifyAwsSignature(sdk, KEYS.secretAccessKey)).toContain("x-amz-security-token");
  const ours = await sentByUs(model);
  expect([ours.path, ours.headers.host]).toEqual([sdk.path, sdk.headers.host]);
  expect(ours.path).toContain("%3A");
  expect(verifyAwsSignature(ours, KEYS.secretAccessKey)).toEqual(["host", "x-amz-date", "x-amz-security-token"]);
  expect(ours.headers.authorization).toContain(`Credential=AKIDEXAMPLE/${day(ours)}/eu-central-1/bedrock/aws4_request`);
});

const day = ({ headers }: SignedRequest) => headers["x-amz-date"]?.slice(0, 8);

test("a signature is good for one path, one body and one secret", async () => {
  const ours = await sentByUs("amazon.nova-pro-v1:0");
  const { secretAccessKey } = KEYS;
  for (const other of [
    { ...ours, path: ours.path.replace("%3A", ":") },
    { ...ours, body: `${BODY} ` },
    { ...ours, headers: { ...ours.headers, "x-amz-security-token": "another" } },
    { ...ours, headers: { ...ours.headers, host: "evil.test" } },
  ]) {
    expect(verifyAwsSignature(other, secretAccessKey)).toBeUndefined();
  }
  expect(verifyAwsSignature(ours, `${secretAccessKey}x`)).toBeUndefined();
  expect(verifyAwsSignature(ours, secretAccessKey)).toBeDefined();
});

test("the key of a day signs no call of the next", async () => {
  let now = Date.UTC(2026, 10, 22, 23, 59, 59, 999);
  const authority = createAwsAuthority(KEYS, () => now);
  const { href: url, host, pathname: path } = urlOf("m");
  const dates: (string | undefined)[] = [];
  for (const later of [0, 1, 86_400_000]) {
    now += later;
    const signed = await authority.headers({ url, payload: BODY });
    const headers = { host, ...(signed.ok ? signed.value : {}) };
    expect(headers).not.toHaveProperty("x-amz-security-token");
    const names = verifyAwsSignature({ method: "POST", path, headers, body: BODY }, KEYS.secretAccessKey);
    expect(names).toEqual(["host", "x-amz-date"]);
    dates.push((headers as Record<string, string>)["x-amz-date"]);
  }
  expect(dates).toEqual(["20261122T235959Z", "20261123T000000Z", "20261124T000000Z"]);
});

test("the bytes of a body are signed like its text", async () => {
  const authority = createAwsAuthority(KEYS, () => 0);
  const url = urlOf("m").href;
  const bytes = new TextEncoder().encode(BODY);
  expect(await authority.headers({ url, payload: bytes })).toEqual(await authority.headers({ url, payload: BODY }));
});

test("every secret is named, so that no answer shows one", () => {
  expect(createAwsAuthority(SESSION).secrets()).toEqual([KEYS.accessKeyId, KEYS.secretAccessKey, SESSION.sessionToken]);
});
