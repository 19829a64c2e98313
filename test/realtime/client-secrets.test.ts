import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { readCredential } from "../../mint-server/contract/credential.ts";
import { codeOf } from "../support/failure.ts";
import { CALLERS_KEY, issueBound, type Rig, startRig } from "../support/rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());
afterEach(() => void rig.standIn.requests.splice(0));

const PATH = "realtime/client_secrets";
const SESSION = {
  type: "realtime",
  model: "gpt-realtime",
  instructions: "Speak like a pirate.",
  max_output_tokens: 300,
  audio: { output: { voice: "marin" } },
  tools: [{ type: "function", name: "weather", parameters: { type: "object", properties: {} } }],
};

interface Secret {
  readonly value: string;
  readonly expires_at: number;
  readonly session: Record<string, unknown>;
}

async function create(body: object, authorization?: string): Promise<Secret> {
  const answer = await rig.post(PATH, body, { authorization });
  expect(answer.status, await answer.clone().text()).toBe(200);
  return (await answer.json()) as Secret;
}

async function refusal(body: object, authorization?: string): Promise<[number, string, string | null]> {
  const answer = await rig.post(PATH, body, { authorization });
  const { error } = (await answer.json()) as { error: { code: string; param: string | null } };
  return [answer.status, error.code, error.param];
}

const nowSeconds = () => Math.floor(Date.now() / 1000);

describe("for a key", () => {
  test("answers in OpenAI's shape, to OpenAI's own client", async () => {
    const openai = new OpenAI({ apiKey: rig.server.projectKey ?? "", baseURL: rig.url("").replace(/\/$/, "") });
    const secret = await openai.realtime.clientSecrets.create({
      expires_after: { anchor: "created_at", seconds: 120 },
      session: { type: "realtime", model: "gpt-realtime", instructions: "Be brief." },
    });
    expect(secret.value).toMatch(/^ek_eyJ/);
    expect(secret.expires_at - nowSeconds()).toBeGreaterThan(110);
    expect(secret.expires_at - nowSeconds()).toBeLessThanOrEqual(120);
    expect(secret.session).toMatchObject({
      object: "realtime.session",
      type: "realtime",
      model: "gpt-realtime",
      instructions: "Be brief.",
    });
  });

  test("lives ten minutes unless it says otherwise", async () => {
    const { expires_at } = await create({});
    expect(expires_at - nowSeconds()).toBeGreaterThan(590);
    expect(expires_at - nowSeconds()).toBeLessThanOrEqual(600);
  });

  test("puts what it locks into a bearer credential for realtime sessions alone", async () => {
    const { value } = await create({ session: SESSION });
    const claims = readCredential(value);
    const { model, ...locked } = SESSION;
    expect(claims?.cnf).toBeUndefined();
    expect(claims?.grant).toEqual({ org: "default", endpoints: ["realtime"], models: [model], session: locked });
  });

  test("carries a provider's own key sealed", async () => {
    const { value } = await create({ session: SESSION }, `Bearer ${CALLERS_KEY}`);
    const claims = readCredential(value);
    expect(claims?.sealed_key).toMatch(/^eyJ/);
    expect(atob(value.split(".")[1]?.replaceAll("-", "+").replaceAll("_", "/") ?? "")).not.toContain(CALLERS_KEY);
  });
});

describe("refuses", () => {
  test.each([
    ["a field that it does not know", { sessions: {} }, "sessions"],
    ["one in the session", { session: { type: "realtime", temperature: 1 } }, "session.temperature"],
    [
      "one deep in it",
      { session: { type: "realtime", audio: { output: { speed: 1, pitch: 2 } } } },
      "session.audio.output.pitch",
    ],
    ["a session without a type", { session: { model: "gpt-realtime" } }, "session.type"],
    ["a life of five seconds", { expires_after: { seconds: 5 } }, "expires_after.seconds"],
    ["one of a day", { expires_after: { seconds: 86_400 } }, "expires_after.seconds"],
    ["another anchor", { expires_after: { anchor: "now", seconds: 60 } }, "expires_after.anchor"],
    [
      "more output than there is",
      { session: { type: "realtime", max_output_tokens: 5000 } },
      "session.max_output_tokens",
    ],
    ["what no credential can carry", { session: { type: "realtime", instructions: "x".repeat(2000) } }, "session"],
  ])("%s, and names it", async (_, body, param) => {
    expect(await refusal(body)).toEqual([400, "invalid_value", param]);
  });

  test("what would be too long, with a word on templates", async () => {
    const answer = await rig.post(PATH, { session: { type: "realtime", instructions: "x".repeat(2000) } });
    expect(await answer.text()).toContain("template");
  });

  test("a model that the credential does not cover", async () => {
    const { key } = await rig.issue({ models: ["gpt-realtime-mini"] });
    expect(await refusal({ session: SESSION }, `Bearer ${key}`)).toEqual([403, "insufficient_scope", "model"]);
  });

  test("a credential without leave for realtime sessions", async () => {
    const { key } = await rig.issue({ endpoints: ["chat/completions"] });
    expect(await refusal({}, `Bearer ${key}`)).toEqual([403, "insufficient_scope", null]);
  });

  test("tools that run at the provider, without leave", async () => {
    const tools = [{ type: "mcp", server_label: "files", server_url: "https://files.example" }];
    const { key } = await rig.issue({});
    const body = { session: { type: "realtime", tools } };
    expect(await refusal(body, `Bearer ${key}`)).toEqual([403, "insufficient_scope", "session.tools"]);
    const { key: allowed } = await rig.issue({ features: ["hosted_tools"] });
    expect((await create(body, `Bearer ${allowed}`)).session).toMatchObject({ tools });
  });
});

describe("the second form of a bound credential", () => {
  async function bound(order: object = {}, body: object = { session: SESSION }) {
    const { client, credential } = await issueBound(rig, order);
    const init = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      credential,
    };
    const answer = await client.fetch(rig.url(PATH), init);
    expect(answer.status, await answer.clone().text()).toBe(200);
    return { client, credential, secret: (await answer.json()) as Secret };
  }

  test("is the same one, without the key, and for less", async () => {
    const limits = { usd: 0.5, requests: 3, per: "day" };
    const { credential, secret } = await bound({ limits, subject: "alice", models: ["gpt-*"] });
    const parent = readCredential(credential);
    const claims = readCredential(secret.value);
    expect([claims?.jti, claims?.sub, claims?.iat]).toEqual([parent?.jti, parent?.sub, parent?.iat]);
    expect(parent?.cnf?.jkt).toBeDefined();
    expect(claims?.cnf).toBeUndefined();
    expect(claims?.grant).toMatchObject({ limits, endpoints: ["realtime"], models: ["gpt-realtime"] });
  });

  test("does not outlive its parent", async () => {
    const { credential, secret } = await bound({ ttl_seconds: 60 }, { expires_after: { seconds: 7200 } });
    expect(secret.expires_at).toBe(readCredential(credential)?.exp);
  });

  test("opens no endpoint but realtime's", async () => {
    const { secret } = await bound();
    const authorization = `Bearer ${secret.value}`;
    const body = { model: "gpt-4o", messages: [{ role: "user", content: "hi" }] };
    for (const path of ["chat/completions", "responses", "auto", "embeddings"]) {
      const answer = await rig.post(path, body, { authorization });
      expect([path, answer.status, codeOf(await answer.json())]).toEqual([path, 403, "insufficient_scope"]);
    }
    expect(rig.standIn.requests).toEqual([]);
  });

  test("issues neither another nor an ordinary one", async () => {
    const { secret } = await bound();
    const authorization = `Bearer ${secret.value}`;
    expect(await refusal({}, authorization)).toEqual([403, "insufficient_scope", null]);
    const answer = await rig.post("credentials", {}, { authorization });
    expect([answer.status, codeOf(await answer.json())]).toEqual([403, "insufficient_scope"]);
  });

  test("ends when its parent is revoked", async () => {
    const { credential, secret } = await bound();
    const authorization = `Bearer ${secret.value}`;
    const list = () => fetch(rig.url("models"), { headers: { authorization } });
    expect((await list()).status).toBe(200);
    await rig.post("credentials/revoke", { jti: readCredential(credential)?.jti });
    await expect.poll(async () => (await list()).status, { timeout: 2000 }).toBe(401);
  });

  test("cannot be changed by its holder: a lock that is taken out makes it invalid", async () => {
    const { secret } = await bound();
    const [head, , signature] = secret.value.slice(3).split(".");
    const claims = readCredential(secret.value);
    const { session: _, ...grant } = claims?.grant ?? { org: "" };
    const payload = Buffer.from(JSON.stringify({ ...claims, grant })).toString("base64url");
    const authorization = `Bearer ek_${head}.${payload}.${signature}`;
    const answer = await fetch(rig.url("models"), { headers: { authorization } });
    expect([answer.status, codeOf(await answer.json())]).toEqual([401, "invalid_token"]);
  });
});

describe("where a template settles the session", () => {
  let acme: Rig;
  beforeAll(async () => {
    acme = await startRig({
      config: (url) => ({
        orgs: {
          default: {
            keys: ["$MINTGATE_PROJECT_KEY"],
            endpoints: [{ name: "openai", provider: "openai", apiKey: "$OPENAI_API_KEY", baseURL: url }],
            templates: {
              guide: {
                endpoint: "realtime",
                body: { model: "gpt-realtime", instructions: "Guide through the museum." },
                allow: ["audio"],
              },
            },
          },
        },
      }),
      settings: { MINTGATE_PROJECT_KEY: "project-key-of-the-template-test-0123456789" },
    });
  });
  afterAll(() => acme.stop());

  test("takes nothing in that the template leaves no room for", async () => {
    const key = "project-key-of-the-template-test-0123456789";
    const { key: credential } = await acme.issue({ template: "guide" }, `Bearer ${key}`);
    const answer = await acme.post(PATH, { session: SESSION }, { authorization: `Bearer ${credential}` });
    const secret = (await answer.json()) as Secret;
    expect(answer.status, JSON.stringify(secret)).toBe(200);
    expect(secret.session).toMatchObject({
      instructions: "Guide through the museum.",
      audio: { output: { voice: "marin" } },
    });
    expect(secret.session.tools).toBeUndefined();
    expect(readCredential(secret.value)?.grant.session).toEqual({
      type: "realtime",
      audio: { output: { voice: "marin" } },
    });
  });
});
