import { exportPKCS8, generateKeyPair, jwtVerify } from "jose";
import { afterEach, expect, test, vi } from "vitest";
import { createAwsAuthority } from "../../mint-server/providers/aws.ts";
import { createGoogleAuthority } from "../../mint-server/providers/google-auth.ts";

// On Node and on workerd, whose cryptography is another.

afterEach(() => vi.unstubAllGlobals());

test("signs for Amazon what another implementation signs", async () => {
  const keys = {
    region: "us-east-1",
    accessKeyId: "AKIDEXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    sessionToken: "session/token+of==the-test",
  };
  const authority = createAwsAuthority(keys, () => Date.UTC(2026, 10, 22, 12));
  const url = "https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-pro-v1%3A0/converse";
  // The signature is that of the package @smithy/signature-v4 5.7.5.
  expect(await authority.headers({ url, payload: '{"a":"☕"}' })).toEqual({
    ok: true,
    value: {
      "x-amz-date": "20261122T120000Z",
      "x-amz-security-token": keys.sessionToken,
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/us-east-1/bedrock/aws4_request, " +
        "SignedHeaders=host;x-amz-date;x-amz-security-token, " +
        "Signature=d30d79b4e104454df979246298b93e4c8de7e447f945b15063d6686a92e1f1ca",
    },
  });
});

test("exchanges an assertion for a token of Google's", async () => {
  const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
  const account = {
    clientEmail: "a@b.example",
    privateKey: await exportPKCS8(privateKey),
    tokenURL: "https://t.example",
  };
  const assertions: string[] = [];
  vi.stubGlobal("fetch", async (url: string, { body }: { body: string }) => {
    const assertion = new URLSearchParams(body).get("assertion") ?? "";
    await jwtVerify(assertion, publicKey, { algorithms: ["RS256"], audience: url, issuer: account.clientEmail });
    assertions.push(assertion);
    return Response.json({ access_token: "ya29.a", expires_in: 3600, token_type: "Bearer" });
  });
  const authority = createGoogleAuthority(account);
  const calls = [1, 2].map(() => authority.headers({ url: "https://v.example", payload: "" }));
  const token = { ok: true, value: { authorization: "Bearer ya29.a" } };
  expect(await Promise.all(calls)).toEqual([token, token]);
  expect(assertions).toHaveLength(1);
});
