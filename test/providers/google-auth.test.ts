import { afterEach, beforeEach, expect, test } from "vitest";
import { createGoogleAuthority } from "../../mint-server/providers/google-auth.ts";
import type { Authority } from "../../mint-server/providers/provider.ts";
import { startTokenEndpoint, type TokenAnswer, type TokenEndpoint } from "../support/token-endpoint.ts";

const START = Date.UTC(2026, 10, 22, 12);
const REQUEST = { url: "https://europe-west1-aiplatform.googleapis.com/v1/x", payload: "{}" };

let endpoint: TokenEndpoint;
let now: number;

beforeEach(async () => {
  endpoint = await startTokenEndpoint();
  now = START;
});
afterEach(() => endpoint.stop());

function authority(options: { patienceMs?: number } = {}): Authority {
  const {
    client_email: clientEmail = "",
    private_key: privateKey = "",
    private_key_id: privateKeyId = "",
  } = endpoint.keyFile;
  const account = { clientEmail, privateKey, privateKeyId, tokenURL: endpoint.url };
  return createGoogleAuthority(account, { clock: () => now, ...options });
}

/** The `authorization` that a call gets, or the kind of its failure. */
async function ask(google: Authority): Promise<string | undefined> {
  const result = await google.headers(REQUEST);
  return result.ok ? result.value.authorization : result.failure.kind;
}

const bearer = (count: number) => `Bearer ya29.c.canary-token-${count}`;

test("an assertion of the account is exchanged for a token", async () => {
  expect(await ask(authority())).toBe(bearer(1));
  const [assertion] = endpoint.assertions;
  expect(assertion?.protectedHeader).toEqual({ alg: "RS256", typ: "JWT", kid: "key-canary-id-1" });
  expect(assertion?.payload).toEqual({
    iss: "mint@acme-1.iam.gserviceaccount.com",
    aud: endpoint.url,
    scope: "https://www.googleapis.com/auth/cloud-platform",
    iat: START / 1000,
    exp: START / 1000 + 3600,
  });
});

test("a hundred requests at once cost one exchange, and so do all that follow", async () => {
  const google = authority();
  const answers = await Promise.all(Array.from({ length: 100 }, () => ask(google)));
  expect(new Set(answers)).toEqual(new Set([bearer(1)]));
  now += 3_500_000;
  expect(await ask(google)).toBe(bearer(1));
  expect(endpoint.assertions).toHaveLength(1);
});

test("a token is replaced shortly before it expires", async () => {
  const google = authority();
  await ask(google);
  now += 3_540_000 - 1;
  expect(await ask(google)).toBe(bearer(1));
  now += 1;
  expect(await Promise.all([ask(google), ask(google)])).toEqual([bearer(2), bearer(2)]);
});

test("a refused token is dropped, and a late refusal of an old one drops no new one", async () => {
  const google = authority();
  await ask(google);
  google.refused({ authorization: bearer(1) });
  expect(await ask(google)).toBe(bearer(2));
  google.refused({ authorization: bearer(1) });
  expect(await ask(google)).toBe(bearer(2));
  expect(endpoint.tokens).toHaveLength(2);
});

test.each<[string, TokenAnswer, string]>([
  ["400", { status: 400, body: { error: "invalid_grant" } }, "upstream_refused_our_key"],
  ["401", { status: 401, body: { error: "invalid_client" } }, "upstream_refused_our_key"],
  ["403", { status: 403 }, "upstream_refused_our_key"],
  ["500", { status: 500 }, "upstream_unreachable"],
  ["429", { status: 429 }, "upstream_unreachable"],
  ["a redirect", { status: 307, headers: { location: "/elsewhere" } }, "upstream_unreachable"],
  ["no connection", { breaks: true }, "upstream_unreachable"],
  ["no token", { body: { expires_in: 3600, token_type: "Bearer" } }, "upstream_unreachable"],
  ["no object", { body: [] }, "upstream_unreachable"],
  ["no JSON object at all", { body: null }, "upstream_unreachable"],
  ["no lifetime", { body: { access_token: "a", token_type: "Bearer" } }, "upstream_unreachable"],
  ["another type of token", { body: { access_token: "a", expires_in: 9, token_type: "mac" } }, "upstream_unreachable"],
  [
    "a token that ends the header",
    { body: { access_token: "a\r\nx: y", expires_in: 9, token_type: "Bearer" } },
    "upstream_unreachable",
  ],
])("an exchange that ends with %s is a failure, and is tried anew", async (_, answer, kind) => {
  const google = authority();
  endpoint.next.push(answer);
  expect(await ask(google)).toBe(kind);
  expect(endpoint.assertions).toHaveLength(1);
  expect(await ask(google)).toMatch(/^Bearer ya29\./);
});

test("a key that is none is a refusal", async () => {
  const account = { clientEmail: "a@b", privateKey: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----" };
  const google = createGoogleAuthority({ ...account, tokenURL: endpoint.url });
  expect(await ask(google)).toBe("upstream_refused_our_key");
  expect(endpoint.assertions).toEqual([]);
});

test("a request waits for another's exchange only for a while", async () => {
  const google = authority({ patienceMs: 20 });
  const release = endpoint.hold();
  const first = ask(google);
  while (endpoint.assertions.length < 1) await new Promise((resolve) => setTimeout(resolve, 1));
  const others = await Promise.all([ask(google), ask(google)]);
  expect(others.map((answer) => answer?.startsWith("Bearer "))).toEqual([true, true]);
  expect(endpoint.assertions.length).toBeGreaterThan(1);
  release();
  expect(await first).toBe(bearer(1));
});

test("every secret is named, so that no answer shows one", async () => {
  const google = authority();
  await ask(google);
  const { client_email: email, private_key: key, private_key_id: id } = endpoint.keyFile;
  expect(google.secrets()).toEqual([email, key, id, endpoint.tokens[0]]);
});
