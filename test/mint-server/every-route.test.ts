import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { API_PREFIXES } from "../../mint-server/contract/hosts.ts";
import { ROUTES, type RouteRow } from "../../mint-server/routes.ts";
import { codeOf } from "../support/failure.ts";
import { createForger } from "../support/forgeries.ts";
import { issueBound, type Rig, SERVER_KEY, startRig } from "../support/rig.ts";
import { ALL_WORK, OTHER_SCHEMAS, requestOf } from "../support/work.ts";

const ADMIN_KEY = "the-admin-key-of-every-route-0123456789";
const METRICS_KEY = "the-metrics-key-of-every-route-0123456789";

let rig: Rig;
let wrong: readonly Wrong[];

beforeAll(async () => {
  // Otherwise whatever is not a key of this server counts as a provider's key.
  rig = await startRig({ settings: { ALLOW_PROVIDER_KEYS: "false", ADMIN_KEY, METRICS_KEY } });
  wrong = await wrongCredentials();
});
afterAll(() => rig.stop());
afterEach(() => expect(rig.standIn.requests.splice(0)).toEqual([]));

const LIVE_METHOD = "google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;

/** Every path of the table as it stands on the server, with what it takes. */
const PATHS = ROUTES.flatMap((row) =>
  (row.at === "api" ? API_PREFIXES : [""]).map((prefix) => ({ path: `${prefix}${concrete(row.path)}`, row })),
);
const CLOSED = PATHS.filter(({ row }) => row.access === "caller" || row.access === "admin");
const FOR_READERS = PATHS.filter(({ row }) => row.access === "reader");
const FOR_ADMINS = CLOSED.filter(({ row }) => row.access === "admin");
const PUBLIC = PATHS.filter(({ row }) => row.access === "public");

test("the table has no row twice", () => {
  const names = PATHS.map(({ path, row }) => `${row.method} ${path}`);
  expect(names.length).toBeGreaterThan(25);
  expect(new Set(names).size).toBe(names.length);
});

test("what changes or shows organisations is for admins, and nothing else", () => {
  expect(
    FOR_ADMINS.map(({ path, row }) => `${row.method} ${path}`).filter((name) => !name.includes("/proxy/")),
  ).toEqual([
    "GET /v1/admin/orgs",
    "GET /v1/admin/orgs/stored",
    "PUT /v1/admin/orgs/stored",
    "DELETE /v1/admin/orgs/stored",
    "POST /v1/admin/orgs/stored/keys",
    "DELETE /v1/admin/orgs/stored/keys/k_1",
    "GET /v1/admin/audit",
    "GET /v1/admin/usage",
    "POST /v1/admin/reseal",
  ]);
  expect(CLOSED.filter(({ path, row }) => path.includes("/admin/") !== (row.access === "admin"))).toEqual([]);
});

test("metrics are for those who have their key, and nothing else is", async () => {
  expect(FOR_READERS.map(({ path, row }) => `${row.method} ${path}`)).toEqual(["GET /metrics"]);
  const ask = (key: string) => fetch(`${rig.server.url}/metrics`, { headers: { authorization: `Bearer ${key}` } });
  expect((await ask(METRICS_KEY)).status).toBe(200);
  for (const { title, authorization } of wrong) {
    const answer = await fetch(`${rig.server.url}/metrics`, { headers: { authorization } });
    expect(answer.status, title).toBe(401);
  }
  expect([(await ask(ADMIN_KEY)).status, (await ask(`${rig.server.projectKey}`)).status]).toEqual([401, 401]);
});

test("public are health, the API's description, the public keys and the browsers' door, and nothing else", () => {
  expect(PUBLIC.map(({ path, row }) => `${row.method} ${path}`).sort()).toEqual([
    "GET /.well-known/jwks.json",
    "GET /health",
    "GET /v1/health",
    "GET /v1/openapi.json",
    "GET /v1/proxy/health",
    "GET /v1/proxy/openapi.json",
    "POST /v1/credentials/session",
    "POST /v1/proxy/credentials/session",
  ]);
});

describe.each(CLOSED)("$row.method $path", ({ path, row }) => {
  test("serves one who is entitled, so that what refuses below is the credential", async () => {
    if (row.access === "admin") return expectAnAdminServed(path, row);
    const headers = { authorization: `Bearer ${rig.server.projectKey}`, "x-bt-use-cache": "never" };
    const answer = await ask(path, row, headers);
    const refusal = PAST_THE_CREDENTIAL[row.path];
    if (refusal) return expect([answer.status, codeOf(await answer.json())]).toEqual(refusal);
    expect(answer.status, await answer.text()).toBe(200);
    if (/^\/(models|credentials|answers|realtime|usage)/.test(row.path)) return;
    expect(rig.standIn.requests.splice(0)).toHaveLength(1);
  });

  test("refuses one without a credential", async () => {
    const answer = await ask(path, row);
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect(codeOf(await answer.json())).toBe("missing_credential");
  });

  test("refuses every wrong credential", async () => {
    for (const { title, authorization, refusal } of wrong) {
      const answer = await ask(path, row, { authorization });
      const expected = row.access === "admin" ? adminRefusal(authorization) : refusal;
      expect([answer.status, codeOf(await answer.json())], title).toEqual(expected);
    }
  });

  test("looks at nothing else before the credential", async () => {
    const init = { method: row.method, headers: { "content-type": "text/plain", "x-bt-use-cache": "sometimes" } };
    const body = row.method === "POST" ? { body: '{"model":' } : {};
    const answer = await fetch(`${rig.server.url}${path}`, { ...init, ...body });
    expect(codeOf(await answer.json())).toBe("missing_credential");
  });
});

describe.each(PUBLIC)("$row.method $path", ({ path, row }) => {
  test("asks for no credential", async () => {
    const answer = await ask(path, row);
    const { error } = (await answer.json()) as { error?: { code: string } };
    // The door has a lock of its own: who comes from no page is turned away.
    expect([answer.status, error?.code]).toEqual(row.method === "GET" ? [200, undefined] : [403, "origin_not_allowed"]);
  });
});

describe.each(PATHS)("$path", ({ path, row }) => {
  test(`takes ${row.method}, and no method that no row has`, async () => {
    const taken = PATHS.filter((other) => other.path === path).map((other) => other.row.method as string);
    expect(taken).toContain(row.method);
    const others = METHODS.filter((method) => !taken.includes(method === "HEAD" ? "GET" : method));
    for (const method of others) {
      const answer = await fetch(`${rig.server.url}${path}`, { method });
      expect([answer.status, answer.headers.get("allow")], method).toEqual([405, taken.join(", ")]);
      await answer.arrayBuffer();
    }
  });
});

test.each(PATHS.filter(({ row }) => row.method === "GET"))("HEAD $path needs what GET needs", async ({ path, row }) => {
  const answer = await fetch(`${rig.server.url}${path}`, { method: "HEAD" });
  expect(answer.status).toBe(row.access === "public" ? 200 : 401);
});

/** The admin's own key is served, each route as it can be where one organisation is stored. */
async function expectAnAdminServed(path: string, row: RouteRow): Promise<void> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" };
  await fetch(rig.url("admin/orgs/stored"), { method: "PUT", headers, body: "{}" });
  const init = row.method === "PUT" ? { body: "{}" } : {};
  const answer = await fetch(`${rig.server.url}${path}`, { method: row.method, headers, ...init });
  const body: unknown = await answer.json();
  if (row.path.endsWith("/:id")) expect([answer.status, codeOf(body)]).toEqual([404, "key_not_found"]);
  else expect(answer.status).toBe(row.path.endsWith("/keys") ? 201 : 200);
}

/** For whoever has no admin key, all credentials are alike. */
function adminRefusal(authorization: string): Wrong["refusal"] {
  return [401, /^Bearer \S/.test(authorization) ? "wrong_admin_key" : "missing_credential"];
}

interface Wrong {
  readonly title: string;
  readonly authorization: string;
  readonly refusal: readonly [status: number, code: string];
}

async function wrongCredentials(): Promise<Wrong[]> {
  const { url } = rig.server;
  const stranger = await createForger("b3RoZXItc2VjcmV0LW9mLWFub3RoZXItc2VydmVyLTEyMzQ", url);
  const forger = await createForger(rig.secret, url);
  const { key } = await rig.issue();
  const bound = await issueBound(rig);
  const credentials: [title: string, authorization: string][] = [
    ["of another server", `Bearer ${await stranger.sign()}`],
    ["expired", `Bearer ${await forger.sign({ iat: 1, exp: 2 })}`],
    ["for another server", `Bearer ${await forger.sign({ aud: "https://other.example" })}`],
    ["cut short", `Bearer ${key.slice(0, -2)}`],
    ["bound, sent as a bearer's", `Bearer ${bound.credential}`],
  ];
  const refused = (code: string): Wrong["refusal"] => [401, code];
  return [
    ...credentials.map(([title, authorization]) => ({ title, authorization, refusal: refused("invalid_token") })),
    {
      title: "bound, without a proof",
      authorization: `DPoP ${bound.credential}`,
      refusal: refused("invalid_dpop_proof"),
    },
    { title: "of another scheme", authorization: "Basic dXNlcjpwYXNz", refusal: refused("missing_credential") },
    { title: "empty", authorization: "Bearer ", refusal: refused("missing_credential") },
    ...[SERVER_KEY, `${rig.server.projectKey}x`, "anything"].map((apiKey) => ({
      title: `the key ${apiKey}`,
      authorization: `Bearer ${apiKey}`,
      refusal: [403, "provider_keys_not_allowed"] as const,
    })),
  ];
}

/** A path of the table with its parameters filled in. */
function concrete(path: string): string {
  const named = path.startsWith("/google/ws/") ? path.replace(":name", LIVE_METHOD) : path;
  const filled = named.replace(":name", "stored").replace(":id", "k_1");
  return filled.replace(/:model\{.+\}$/, path.includes("/google/") ? "gpt-4o:generateContent" : "gpt-4o");
}

const OTHER_BODIES: Readonly<Record<string, string>> = {
  "/credentials/revoke": '{"jti":"none"}',
  "/answers/cancel": '{"idempotency_key":"none"}',
};

/** What a route says of a request that is wrong in nothing but what comes after the credential. */
const PAST_THE_CREDENTIAL: Readonly<Record<string, readonly [status: number, code: string]>> = {
  "/realtime": [426, "upgrade_required"],
  "/realtime/calls": [400, "invalid_content_type"],
  "/live/sessions": [400, "invalid_value"],
  "/realtime/calls/:id/hangup": [404, "call_not_found"],
  "/google/ws/:name": [426, "upgrade_required"],
};

/** A request that the route would serve, but for what its headers hold. */
function ask(path: string, { method, path: name }: RouteRow, headers: Record<string, string> = {}): Promise<Response> {
  if (method === "GET") return fetch(`${rig.server.url}${path}`, { headers });
  const wanted = name === "/auto" ? "/chat/completions" : concrete(name);
  const work = [...ALL_WORK, ...OTHER_SCHEMAS].find((candidate) => `/${candidate.path}` === wanted);
  const other = OTHER_BODIES[name] ?? "{}";
  const { body } = work ? requestOf(work) : { body: other };
  if (method === "DELETE") return fetch(`${rig.server.url}${path}`, { method, headers });
  // A form brings its own content type, with its boundary.
  const type: Record<string, string> = typeof body === "string" ? { "content-type": "application/json" } : {};
  return fetch(`${rig.server.url}${path}`, { method, headers: { ...type, ...headers }, body: body ?? null });
}
