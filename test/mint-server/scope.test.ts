import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { CredentialClaims } from "../../mint-server/contract/credential.ts";
import { codeOf } from "../support/failure.ts";
import { APP_ORIGIN, CALLERS_KEY, type Rig, startRig } from "../support/rig.ts";
import { chat, requestOf } from "../support/work.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

async function use(order: object, body: object = chat(), { path = "chat/completions", headers = {} } = {}) {
  const { key } = await rig.issue(order);
  const answer = await rig.post(path, body, { authorization: `Bearer ${key}`, headers });
  const { error } = (await answer.json()) as { error?: { code: string; param: string | null } };
  return { status: answer.status, code: error?.code, param: error?.param, upstream: rig.standIn.requests.length };
}

const REFUSED = { status: 403, code: "insufficient_scope", upstream: 0 };
const SERVED = { status: 200, upstream: 1 };

describe("a credential's endpoints, where Gemini's API has the method in the address,", () => {
  const GENERATE = { contents: [{ role: "user", parts: [{ text: "Hi" }] }] };
  const EMBED = { content: { parts: [{ text: "Hi" }] } };
  const ask = async (endpoints: readonly string[], call: string, body: object) => {
    const { key } = await rig.issue({ endpoints });
    const answer = await rig.post(`google/v1beta/models/${call}`, body, { authorization: `Bearer ${key}` });
    const text: unknown = await answer.json();
    return { status: answer.status, code: codeOf(text), upstream: rig.standIn.requests.length };
  };

  test.each([
    [["auto"], "gpt-4o:generateContent", GENERATE],
    [["auto"], "gpt-4o:streamGenerateContent", GENERATE],
    [["auto"], "text-embedding-3-small:embedContent", EMBED],
    [["chat/completions", "messages"], "gpt-4o:generateContent", GENERATE],
    [["embedContent"], "gpt-4o:generateContent", GENERATE],
    [["generateContent"], "text-embedding-3-small:embedContent", EMBED],
  ])("of %j do not cover %s", async (endpoints, call, body) => {
    expect(await ask(endpoints, call, body)).toEqual(REFUSED);
  });

  test("cover what they name", async () => {
    expect(await ask(["generateContent"], "gpt-4o:generateContent", GENERATE)).toMatchObject(SERVED);
  });
});

describe("a credential's models", () => {
  test.each([
    ["the one", { model: "gpt-4o" }, "gpt-4o"],
    ["one of a list", { models: ["gpt-5", "gpt-4o"] }, "gpt-4o"],
    ["one of a family", { models: ["gpt-4o*"] }, "gpt-4o-mini"],
    ["any", { model: null }, "gpt-4o"],
    ["any by a star", { models: ["*"] }, "gpt-4o"],
  ])("cover %s", async (_, order, model) => {
    expect(await use(order, chat({}, { model }))).toMatchObject(SERVED);
  });

  test.each([
    ["another", { model: "gpt-4o" }, "gpt-5"],
    ["one that begins like it", { model: "gpt-4o" }, "gpt-4o-mini"],
    ["one that is its beginning", { model: "gpt-4o-mini" }, "gpt-4o"],
    ["one outside the family", { models: ["gpt-4o*"] }, "gpt-4"],
    ["one that a pattern in the middle would cover", { models: ["gpt-*-mini"] }, "gpt-5-mini"],
    ["one like a regular expression", { models: ["gpt-4.1"] }, "gpt-4o1"],
    ["any, where the list is empty", { models: ["nothing"] }, "gpt-4o"],
  ])("do not cover %s", async (_, order, model) => {
    expect(await use(order, chat({}, { model }))).toMatchObject({ ...REFUSED, param: "model" });
  });

  test.each(["GPT-4O", "gpt-4o ", "\u0261pt-4o", "gpt\u20114o", "gpt-4o\u0000", "gpt-4o/../gpt-5"])(
    "do not cover a look-alike: %j",
    async (model) => {
      const { status, upstream } = await use({ model: "gpt-4o" }, chat({}, { model }));
      expect([[403, 404].includes(status), upstream]).toEqual([true, 0]);
    },
  );

  test.each([
    ["models", { models: ["gpt-4o-mini", "gpt-5"] }],
    ["fallbacks", { fallbacks: [{ model: "gpt-4o" }, { model: "gpt-5" }] }],
    ["fallbacks", { fallbacks: "default" }],
    ["route", { route: "fallback" }],
    ["preset", { preset: "dear" }],
    ["generationConfig", { generationConfig: { routingConfig: { manualMode: { modelName: "gpt-5" } } } }],
    ["generation_config", { generation_config: { model_config: { featureSelectionPreference: "BALANCED" } } }],
  ])("do not cover what `%s` would turn to: %j", async (param, fields) => {
    expect(await use({ models: ["gpt-4o*"] }, chat({}, fields))).toMatchObject({ ...REFUSED, param });
    expect(await use({}, chat({}, fields))).toMatchObject(SERVED);
  });

  test.each([{ models: ["gpt-4o-mini"] }, { fallbacks: [{ model: "gpt-4o" }] }, { models: null, route: null }])(
    "cover those among them that a request may turn to: %j",
    async (fields) => {
      expect(await use({ models: ["gpt-4o*"] }, chat({}, fields))).toMatchObject(SERVED);
    },
  );

  test("are all that it sees of the list", async () => {
    const { key } = await rig.issue({ models: ["gpt-4o*"] });
    const list = (await (await fetch(rig.url("models"), { headers: { authorization: `Bearer ${key}` } })).json()) as {
      data: { id: string }[];
    };
    const ids = list.data.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(["gpt-4o", "gpt-4o-mini"]));
    expect(ids.filter((id) => !id.startsWith("gpt-4o"))).toEqual([]);
  });
});

describe("a credential's endpoints", () => {
  test("cover what they name, /auto too where it comes to the same", async () => {
    expect(await use({ endpoints: ["chat/completions"] })).toMatchObject(SERVED);
    expect(await use({ endpoints: ["chat/completions"] }, chat(), { path: "auto" })).toMatchObject({ status: 200 });
  });

  test.each([
    ["embeddings", { model: "text-embedding-3-small", input: "x" }],
    ["responses", { model: "gpt-5", input: "x" }],
    ["auto", { model: "gpt-3.5-turbo-instruct", prompt: "x" }],
  ])("do not cover %s", async (path, body) => {
    expect(await use({ endpoints: ["chat/completions"] }, body, { path })).toMatchObject(REFUSED);
  });

  test("are asked before a form is read", async () => {
    const { key } = await rig.issue({ endpoints: ["chat/completions"] });
    const request = requestOf({ path: "audio/transcriptions", stream: false, fields: { model: "whisper-1" } });
    const answer = await fetch(rig.url("audio/transcriptions"), {
      ...request,
      headers: { authorization: `Bearer ${key}` },
    });
    expect(answer.status).toBe(403);
  });
});

test.each([
  ["hosted_tools", { tools: [{ type: "web_search" }] }, "tools"],
  [
    "hosted_tools",
    {
      tools: [
        { type: "function", function: {} },
        { type: "mcp", server_url: "https://evil.test" },
      ],
    },
    "tools",
  ],
  ["hosted_tools", { web_search_options: {} }, "web_search_options"],
  ["hosted_tools", { plugins: [{ id: "web" }] }, "plugins"],
  ["store", { store: true }, "store"],
  ["store", { previous_response_id: "resp_1" }, "previous_response_id"],
  ["background", { background: true }, "background"],
  ["multiple_choices", { n: 2 }, "n"],
  ["service_tier", { service_tier: "priority" }, "service_tier"],
])("%s needs leave: %j", async (feature, fields, param) => {
  expect(await use({}, chat({}, fields))).toMatchObject({ ...REFUSED, param });
  expect(await use({ features: [feature] }, chat({}, fields))).toMatchObject(SERVED);
});

test("a key's owner needs no leave", async () => {
  expect((await rig.post("chat/completions", chat({}, { n: 3, store: true }))).status).toBe(200);
});

test("a credential's origins are the only ones that may use it", async () => {
  const order = { origins: [APP_ORIGIN] };
  expect(await use(order, chat(), { headers: { origin: APP_ORIGIN } })).toMatchObject(SERVED);
  rig.standIn.requests.length = 0;
  for (const headers of [{}, { origin: "https://other.example" }, { origin: "null" }, { origin: rig.server.url }]) {
    expect(await use(order, chat(), { headers: headers as Record<string, string> })).toMatchObject({
      status: 403,
      upstream: 0,
    });
  }
});

test("a page of an origin that is not allowed is refused, whatever its credential", async () => {
  expect(await use({}, chat(), { headers: { origin: "https://other.example" } })).toMatchObject({
    status: 403,
    code: "origin_not_allowed",
    upstream: 0,
  });
});

test("a credential says what it is, and anyone can check it", async () => {
  const order = {
    models: ["gpt-4o*"],
    endpoints: ["chat/completions"],
    subject: "user-42",
    ttl_seconds: 60,
    logging: { project_name: "p" },
  };
  const issued = await rig.issue(order);
  const keys = createRemoteJWKSet(new URL(`${rig.server.url}/.well-known/jwks.json`));
  const { payload } = await jwtVerify<CredentialClaims>(issued.key, keys, {
    issuer: rig.server.url,
    audience: rig.server.url,
    typ: "mintgate+jwt",
  });
  expect(payload).toEqual({
    iss: rig.server.url,
    aud: rig.server.url,
    sub: "user-42",
    iat: issued.expires_at - 60,
    exp: issued.expires_at,
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    grant: { org: "default", models: ["gpt-4o*"], endpoints: ["chat/completions"], logging: { project_name: "p" } },
  });
  expect(decodeProtectedHeader(issued.key)).toEqual({ alg: "EdDSA", typ: "mintgate+jwt", kid: expect.any(String) });
  expect(issued).toMatchObject({ token_type: "Bearer", subject: "user-42" });
  expect(issued.key.length).toBeLessThan(2048);
});

test("without a subject it speaks for its key, each time the same and each key another", async () => {
  const [one, two, other] = await Promise.all([rig.issue(), rig.issue(), rig.issue({}, `Bearer ${CALLERS_KEY}`)]);
  expect(one.subject).toBe(two.subject);
  expect(other.subject).not.toBe(one.subject);
});

test("a credential carries its prefix or not, and its provider's key to the provider alone", async () => {
  const { key } = await rig.issue({}, `Bearer ${CALLERS_KEY}`);
  for (const authorization of [`Bearer ${key}`, `Bearer ek_${key}`]) {
    await (await rig.post("chat/completions", chat(), { authorization })).arrayBuffer();
  }
  expect(rig.standIn.requests.map(({ headers }) => headers.authorization)).toEqual([
    `Bearer ${CALLERS_KEY}`,
    `Bearer ${CALLERS_KEY}`,
  ]);
});
