import { Validator } from "@seriousme/openapi-schema-validator";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { HEADER } from "../../mint-server/contract/headers.ts";
import { API_PREFIXES } from "../../mint-server/contract/hosts.ts";
import { createMintServer } from "../../mint-server/embed.ts";
import { ROUTES } from "../../mint-server/routes.ts";
import { createDpopClient } from "../support/dpop.ts";

const BASE = "https://mint.example";
const ADMIN_KEY = "the-admin-key-of-the-description-0123456789";
const METRICS_KEY = "the-metrics-key-of-the-description-0123456789";
const PROJECT_KEY = "a-project-key-of-the-description";

const server = createMintServer({
  secrets: ["0WZ1vN3kq6mB8xTt5yJcR2eLhUaGpSdFi4oQwX7zKsY"],
  publicURLs: [BASE],
  adminKey: ADMIN_KEY,
  telemetry: { metricsKey: METRICS_KEY, headers: {}, logsRequests: false },
  models: {
    echo: async function* ({ messages }) {
      yield messages.at(-1)?.content ?? "";
    },
  },
  orgs: { default: { keys: [PROJECT_KEY], sessions: { authorize: { type: "anonymous" } } } },
});

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly security: readonly object[];
  readonly parameters?: readonly { readonly $ref?: string; readonly name?: string }[];
  readonly responses: Readonly<Record<string, Answered | { readonly $ref: string }>>;
}
interface Answered {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}
type Item = Readonly<Record<string, Operation>> & { readonly servers?: readonly { readonly url: string }[] };
interface Description {
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Item>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly parameters: Readonly<Record<string, { readonly name: string }>>;
    readonly responses: Readonly<Record<string, Answered>>;
  };
}

let described: Description;
beforeAll(async () => {
  described = (await (await ask("GET", "/v1/openapi.json")).json()) as Description;
});

interface Asking {
  readonly key?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

function ask(method: string, path: string, { key, body, headers }: Asking = {}): Promise<Response> {
  const init = {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
  return server.fetch(new Request(`${BASE}${path}`, init));
}

/** Every operation, at every place where it is said to stand. */
function places() {
  return Object.entries(described.paths).flatMap(([path, { servers = described.servers, ...operations }]) =>
    Object.entries(operations).flatMap(([method, operation]) =>
      servers.map(({ url }) => ({
        method: method.toUpperCase(),
        path: `${url === "/" ? "" : url}${path}`,
        operation: operation as Operation,
      })),
    ),
  );
}

function placeOf(method: string, path: string) {
  return places().find((place) => place.method === method && patternOf(place.path).test(path));
}

function patternOf(path: string): RegExp {
  const escaped = path.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replace(/\{model\}/g, ".+").replace(/\{\w+\}/g, "[^/]+")}$`);
}

/** A check by one of the description's schemas. */
function checkOf(schema: object) {
  const text = JSON.stringify({ ...schema, $defs: described.components.schemas });
  return z.fromJSONSchema(JSON.parse(text.replaceAll("#/components/schemas/", "#/$defs/")));
}

test("is valid OpenAPI 3.1, the same under both prefixes, and for anybody", async () => {
  const texts = await Promise.all(API_PREFIXES.map(async (at) => (await ask("GET", `${at}/openapi.json`)).text()));
  expect(texts[0]).toBe(texts[1]);
  expect(await new Validator().validate(JSON.parse(texts[0] ?? ""))).toEqual({ valid: true });
  const ids = Object.values(described.paths).flatMap(({ servers: _, ...item }) =>
    Object.values(item).map(({ operationId }) => operationId),
  );
  expect(ids.length).toBeGreaterThan(40);
  expect(new Set(ids).size).toBe(ids.length);
});

test("describes every route of the table, at every place where it stands", () => {
  const missing = ROUTES.flatMap(({ method, path, at }) => {
    const concrete = path
      .replace(/:model\{\.\+\}/, path.startsWith("/google/") ? "echo:countTokens" : "maker/echo")
      .replace(/\/:\w+/g, "/x");
    const wanted = (at === "api" ? API_PREFIXES : [""]).map((prefix) => `${prefix}${concrete}`);
    return wanted.filter((place) => !placeOf(method, place)).map((place) => `${method} ${place}`);
  });
  expect(missing).toEqual([]);
});

test("describes nothing that is not there, and no way in that is not open", async () => {
  for (const { method, path, operation } of places()) {
    const answer = await ask(method, path.replace("{model}", "echo").replace(/\{\w+\}/g, "x"));
    const name = `${method} ${path}: ${answer.status}`;
    expect([404, 405], name).not.toContain(answer.status);
    expect(answer.status === 401, name).toBe(operation.security.length > 0);
    expect(operation.summary, name).not.toBe("");
    await answer.arrayBuffer();
  }
});

test("names every header that a caller may send, and every one of ours that an answer may have", () => {
  const pagesOwn: readonly string[] = [HEADER.replay, HEADER.requestId, HEADER.offline, HEADER.outbox];
  const known = Object.values(HEADER).filter((name) => !pagesOwn.includes(name));
  const text = JSON.stringify(described).toLowerCase();
  expect(known.filter((name) => !text.includes(`"${name}"`))).toEqual([]);
});

describe("what the server says", () => {
  const chat = { model: "echo", messages: [{ role: "user", content: "Hello" }] };
  const messages = { ...chat, max_tokens: 10 };
  const admin = { key: ADMIN_KEY };
  const project = { key: PROJECT_KEY };

  test.each<[string, string, Asking, number]>([
    ["GET", "/v1/health", {}, 200],
    ["GET", "/health", {}, 200],
    ["GET", "/.well-known/jwks.json", {}, 200],
    ["GET", "/metrics", { key: METRICS_KEY }, 200],
    ["GET", "/v1/models", project, 200],
    ["GET", "/v1/models/echo", project, 200],
    ["GET", "/v1/models/none", project, 404],
    ["GET", "/v1/models", {}, 401],
    ["GET", "/v1/usage", project, 200],
    ["POST", "/v1/credentials", { ...project, body: {} }, 200],
    ["POST", "/v1/credentials", { ...project, body: { ttl_seconds: 0 } }, 400],
    ["POST", "/v1/credentials/session", { body: {} }, 403],
    ["POST", "/v1/credentials/revoke", { ...project, body: { subject: "nobody" } }, 200],
    ["POST", "/v1/answers/cancel", { ...project, body: { idempotency_key: "none" } }, 200],
    ["POST", "/v1/realtime/client_secrets", { ...project, body: {} }, 200],
    ["POST", "/v1/chat/completions", { ...project, body: chat }, 200],
    ["POST", "/v1/chat/completions", { ...project, body: { ...chat, model: "none" } }, 404],
    ["POST", "/v1/anthropic/v1/messages", { ...project, body: messages }, 200],
    ["POST", "/v1/anthropic/v1/messages", { body: messages }, 401],
    ["POST", "/v1/google/v1beta/models/none:generateContent", { ...project, body: { contents: [] } }, 404],
    ["PUT", "/v1/admin/orgs/acme", { ...admin, body: { origins: ["https://acme.example"] } }, 201],
    ["PUT", "/v1/admin/orgs/acme", { ...admin, body: { limits: { usd: 5, per: "day" } } }, 200],
    ["PUT", "/v1/admin/orgs/default", { ...admin, body: {} }, 409],
    ["GET", "/v1/admin/orgs", admin, 200],
    ["GET", "/v1/admin/orgs/acme", admin, 200],
    ["POST", "/v1/admin/orgs/acme/keys", admin, 201],
    ["DELETE", "/v1/admin/orgs/acme/keys/none", admin, 404],
    ["GET", "/v1/admin/audit", admin, 200],
    ["GET", "/v1/admin/usage", admin, 200],
    ["POST", "/v1/admin/reseal", admin, 200],
    ["DELETE", "/v1/admin/orgs/acme", admin, 200],
    ["GET", "/v1/admin/orgs", {}, 401],
  ])("to %s %s %j is described: %i", async (method, path, asking, status) => {
    const answer = await ask(method, path, asking);
    expect(answer.status).toBe(status);
    const place = placeOf(method, path);
    const stated = place?.operation.responses[status] ?? {};
    const response = "$ref" in stated ? described.components.responses[stated.$ref.split("/").at(-1) ?? ""] : stated;
    const type = answer.headers.get("content-type")?.split(";")[0] ?? "";
    const schema = response?.content?.[type]?.schema;
    expect(schema, `${type} in ${JSON.stringify(stated)}`).toBeDefined();
    const body: unknown = type === "application/json" ? await answer.json() : await answer.text();
    expect(checkOf(schema ?? {}).safeParse(body).error, JSON.stringify(body)).toBeUndefined();
    const ours = [...answer.headers.keys()].filter((name) => /^x-(bt|mintgate)-|^server-timing$|^age$/.test(name));
    if (status < 300) expect(ours.filter((name) => !Object.hasOwn(response?.headers ?? {}, name))).toEqual([]);
  });

  test("at the browsers' door is described", async () => {
    const who = await createDpopClient();
    const path = "/v1/credentials/session";
    const knock = async () => {
      const proof = await who.proof("POST", `${BASE}${path}`, { nonce: who.nonce });
      return ask("POST", path, { body: {}, headers: { origin: BASE, dpop: proof } });
    };
    who.nonce = (await knock()).headers.get("dpop-nonce") ?? undefined;
    const answer = await knock();
    expect(answer.status).toBe(200);
    expect(checkOf(described.components.schemas.IssuedCredential ?? {}).safeParse(await answer.json()).error).toBe(
      undefined,
    );
  });
});

describe("takes what is described, and nothing else", () => {
  const jkt = "a".repeat(43);
  const orders: unknown[] = [
    {},
    { model: "m", models: ["a*"], endpoints: ["chat/completions"], origins: ["https://a.example"], subject: "s" },
    { features: ["store"], limits: { usd: 1, per: "day" }, logging: { project_name: "p" }, jkt, ttl_seconds: 1 },
    { model: null, models: null, endpoints: null, origins: null, features: null, limits: null, template: null },
    { subject: null, jkt: null, ttl_seconds: null, logging: null },
    { model: "" },
    { models: [] },
    { endpoints: ["nowhere"] },
    { features: ["flight"] },
    { limits: {} },
    { limits: { usd: -1 } },
    { limits: { usd: 1, per: "week" } },
    { limits: { euros: 1 } },
    { jkt: "short" },
    { ttl_seconds: 0 },
    { ttl_seconds: 86_401 },
    { ttl_seconds: 1.5 },
    { logging: {} },
    { colour: "red" },
  ];
  test.each(orders)("as an order of a credential: %j", async (body) => {
    const answer = await ask("POST", "/v1/credentials", { key: PROJECT_KEY, body });
    await answer.arrayBuffer();
    expect(answer.status === 200).toBe(
      checkOf(described.components.schemas.CredentialOrder ?? {}).safeParse(body).success,
    );
  });

  const revocations: unknown[] = [
    { jti: "j" },
    { subject: "s" },
    { all: true },
    { all: false },
    {},
    { jti: "" },
    { who: "x" },
  ];
  test.each([...revocations, { jti: "j", subject: "s" }])("as a revocation: %j", async (body) => {
    const answer = await ask("POST", "/v1/credentials/revoke", { key: PROJECT_KEY, body });
    await answer.arrayBuffer();
    expect(answer.status === 200).toBe(checkOf(described.components.schemas.Revocation ?? {}).safeParse(body).success);
  });

  const endpoint = { name: "e", provider: "openai", apiKey: "sk-of-the-description" };
  const orgs: unknown[] = [
    { endpoints: [{ ...endpoint, weight: 2, priority: 1, models: ["gpt-4o"], auth: "bearer" }] },
    { cache: "org", logging: { content: true }, limits: { usd: 1, per: "day" } },
    { sessions: { authorize: { type: "anonymous" }, ttlSeconds: 60, rate: { perMinute: 3 } } },
    { endpoints: [{ name: "e" }] },
    { endpoints: [{ ...endpoint, weight: 0 }] },
    { sessions: {} },
    { sessions: { authorize: { type: "friend" } } },
    { cache: "all" },
    { owner: "me" },
  ];
  test.each(orgs)("as an organisation: %j", async (body) => {
    const answer = await ask("PUT", "/v1/admin/orgs/tried", { key: ADMIN_KEY, body });
    await answer.arrayBuffer();
    expect(answer.ok).toBe(checkOf(described.components.schemas.Organisation ?? {}).safeParse(body).success);
  });
});
