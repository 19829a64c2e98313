import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { codeOf } from "../support/failure.ts";
import { CALLERS_KEY, startRig } from "../support/rig.ts";
import { ADMIN_KEY, CHOSEN_KEY, type OrgRig, STORED_HEADER, STORED_KEY, startOrgRig } from "./rig.ts";

const CHALLENGE_KEY = "0x4AAAAAAA-canary-of-the-challenge";
const AWS_SECRET = "canary-aws-secret-access-key-5e0d";

let rig: OrgRig;
let made = 0;
let name: string;

beforeAll(async () => {
  rig = await startOrgRig();
});
afterAll(() => rig.stop());
beforeEach(() => {
  name = `org-${++made}`;
});

const refusal = async (method: string, path: string, body?: unknown) => {
  const answer = await rig.admin(method, path, body);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  const { error } = answer.body;
  return [answer.status, error.code, error.param];
};

describe("the admin API", () => {
  test("is closed where no admin key is set, to everyone", async () => {
    const closed = await startRig();
    try {
      for (const authorization of [ADMIN_KEY, closed.server.projectKey, CALLERS_KEY, ""].map(
        (key) => `Bearer ${key}`,
      )) {
        const answer = await fetch(closed.url("admin/orgs"), { headers: { authorization } });
        expect([answer.status, codeOf(await answer.json())]).toEqual([403, "admin_closed"]);
      }
    } finally {
      await closed.stop();
    }
  });

  test("takes the admin key as a bearer's, and nothing else", async () => {
    const { key } = await rig.issue();
    const wrong = [
      `${ADMIN_KEY}x`,
      ADMIN_KEY.slice(1),
      ADMIN_KEY.toUpperCase(),
      rig.server.projectKey,
      rig.secret,
      key,
    ];
    for (const value of [...wrong, "x".repeat(5000)]) {
      const answer = await rig.admin("GET", "orgs", undefined, { authorization: `Bearer ${value}` });
      expect([answer.status, answer.body.error.code]).toEqual([401, "wrong_admin_key"]);
      expect(answer.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
    }
    for (const headers of [
      { authorization: `Basic ${ADMIN_KEY}` },
      { authorization: `DPoP ${ADMIN_KEY}` },
      { authorization: ADMIN_KEY },
      { authorization: "", "x-api-key": ADMIN_KEY },
    ]) {
      const answer = await rig.admin("GET", "orgs", undefined, headers);
      expect([answer.status, answer.body.error.code]).toEqual([401, "missing_credential"]);
    }
    expect((await rig.admin("GET", "orgs")).status).toBe(200);
    expect(
      (await fetch(`${rig.server.url}/v1/admin/orgs`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })).status,
    ).toBe(200);
  });

  test("is all that the admin key opens", async () => {
    const answer = await fetch(rig.url("credentials"), {
      method: "POST",
      headers: { authorization: `DPoP ${ADMIN_KEY}` },
    });
    expect(answer.status).toBe(401);
    await answer.text();
  });
});

describe("an organisation", () => {
  const full = () => ({
    keys: [CHOSEN_KEY],
    origins: ["https://app.stored.example"],
    endpoints: [
      ...rig.org().endpoints,
      {
        name: "aws",
        provider: "bedrock",
        aws: { region: "us-east-1", accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: AWS_SECRET },
      },
    ],
    limits: { usd: 5, per: "month" },
    sessions: { authorize: { type: "turnstile", secretKey: CHALLENGE_KEY }, models: ["gpt-4o*"] },
    templates: { tutor: { endpoint: "chat/completions", body: { model: "gpt-4o" } } },
  });

  test("is shown as it was given, but for its secrets", async () => {
    const put = await rig.admin("PUT", `orgs/${name}`, full());
    expect(put.status).toBe(201);
    const shown = await rig.must("GET", `orgs/${name}`);
    expect(shown).toEqual(put.body);
    const [keyMark] = shown.keys;
    expect(keyMark).toMatch(/^sealed:k_[0-9a-f]{16}…$/);
    const sealed = (end = "") => `sealed:…${end}`;
    const { endpoints, sessions, ...rest } = full();
    expect(shown).toEqual({
      ...rest,
      keys: [keyMark],
      endpoints: [
        {
          ...endpoints[0],
          apiKey: sealed(STORED_KEY.slice(-4)),
          headers: { "x-team": sealed(STORED_HEADER.slice(-4)) },
        },
        { ...endpoints[1], aws: { region: "us-east-1", accessKeyId: sealed("MPLE"), secretAccessKey: sealed("5e0d") } },
      ],
      sessions: { ...sessions, authorize: { type: "turnstile", secretKey: sealed("enge") } },
    });
  });

  test("stays as it is where what was shown is put back", async () => {
    await rig.must("PUT", `orgs/${name}`, full());
    const { key } = await rig.must("POST", `orgs/${name}/keys`);
    const shown = await rig.must("GET", `orgs/${name}`);
    expect(shown.keys[1]).toMatch(new RegExp(`^sealed:k_[0-9a-f]{16}…${key.slice(-4)}$`));
    const again = await rig.admin("PUT", `orgs/${name}`, {
      ...shown,
      limits: { usd: 7 },
      endpoints: shown.endpoints.reverse(),
    });
    expect([again.status, again.body.limits]).toEqual([200, { usd: 7 }]);
    expect(again.body.keys).toEqual(shown.keys);
    for (const presented of [key, CHOSEN_KEY]) {
      const answer = await rig.post(
        "chat/completions",
        { model: "gpt-4o", messages: [{ role: "user", content: "hello" }] },
        { authorization: `Bearer ${presented}`, headers: { "x-bt-org-name": name, "x-bt-endpoint-name": "main" } },
      );
      expect(answer.status).toBe(200);
      await answer.text();
    }
    expect(rig.standIn.requests.splice(0).map(({ headers }) => [headers.authorization, headers["x-team"]])).toEqual([
      [`Bearer ${STORED_KEY}`, STORED_HEADER],
      [`Bearer ${STORED_KEY}`, STORED_HEADER],
    ]);
  });

  test("keeps its keys where none are listed, and loses those that a list leaves out", async () => {
    await rig.must("PUT", `orgs/${name}`, rig.org({ keys: [CHOSEN_KEY] }));
    await rig.must("POST", `orgs/${name}/keys`);
    const { keys } = await rig.must("PUT", `orgs/${name}`, rig.org());
    expect(keys).toHaveLength(2);
    expect((await rig.must("PUT", `orgs/${name}`, rig.org({ keys: [keys[1]] }))).keys).toEqual([keys[1]]);
    expect((await rig.must("PUT", `orgs/${name}`, rig.org({ keys: [] }))).keys).toEqual([]);
  });

  test("does not let a secret go to another address, provider or endpoint by its mark", async () => {
    await rig.must("PUT", `orgs/${name}`, rig.org());
    const shown = await rig.must("GET", `orgs/${name}`);
    const [main] = shown.endpoints;
    const withMain = (changes: object) => ({ ...shown, endpoints: [{ ...main, ...changes }] });
    const refused = [400, "invalid_value", "endpoints[0].apiKey"];
    const elsewhere = { baseURL: "https://evil.test/v1" };
    expect(await refusal("PUT", `orgs/${name}`, withMain(elsewhere))).toEqual(refused);
    expect(await refusal("PUT", `orgs/${name}`, withMain({ baseURL: `${rig.standIn.url}/other` }))).toEqual(refused);
    const { baseURL: _, ...withoutBase } = main;
    expect(await refusal("PUT", `orgs/${name}`, { ...shown, endpoints: [withoutBase] })).toEqual(refused);
    expect(await refusal("PUT", `orgs/${name}`, withMain({ provider: "mistral" }))).toEqual(refused);
    expect(await refusal("PUT", `orgs/${name}`, withMain({ name: "second" }))).toEqual(refused);
    expect(await refusal("PUT", `orgs/${name}`, withMain({ apiKey: "sealed:…0000" }))).toEqual(refused);
    expect(await refusal("PUT", `orgs/${name}-other`, withMain({}))).toEqual(refused);
    const { apiKey: __, ...withoutKey } = main;
    expect(await refusal("PUT", `orgs/${name}`, { ...shown, endpoints: [{ ...withoutKey, ...elsewhere }] })).toEqual([
      400,
      "invalid_value",
      "endpoints[0].headers.x-team",
    ]);
    expect(await rig.must("GET", `orgs/${name}`)).toEqual(shown);
    const given = { ...elsewhere, apiKey: STORED_KEY, headers: { "x-team": STORED_HEADER } };
    expect((await rig.admin("PUT", `orgs/${name}`, withMain(given))).status).toBe(200);
  });

  test.each<[string, () => object, string]>([
    ["an unknown field", () => ({ keyz: [] }), "keyz"],
    ["a list of endpoints that is none", () => ({ endpoints: {} }), "endpoints"],
    ["an endpoint without a name", () => ({ endpoints: [{ provider: "openai", apiKey: "x" }] }), "endpoints[0].name"],
    [
      "an unknown field of an endpoint",
      () => ({ endpoints: [{ name: "a", provider: "openai", key: "x" }] }),
      "endpoints[0].key",
    ],
    [
      "a provider that nobody knows",
      () => ({ endpoints: [{ name: "a", provider: "none", apiKey: "x" }] }),
      "endpoints[0].provider",
    ],
    ["an endpoint without a key", () => ({ endpoints: [{ name: "a", provider: "openai" }] }), "endpoints[0].apiKey"],
    [
      "a key with a line break",
      () => ({ endpoints: [{ name: "a", provider: "openai", apiKey: "x\ny" }] }),
      "endpoints[0].apiKey",
    ],
    [
      "a key that refers to a setting",
      () => ({ endpoints: [{ name: "a", provider: "openai", apiKey: "$MINT_SECRET" }] }),
      "endpoints[0].apiKey",
    ],
    [
      "a public address without TLS",
      () => ({ endpoints: [{ name: "a", provider: "openai", apiKey: "x", baseURL: "http://a.test" }] }),
      "endpoints[0].baseURL",
    ],
    [
      "two endpoints of one name",
      () => ({ endpoints: [...rig.org().endpoints, ...rig.org().endpoints] }),
      "endpoints[1].name",
    ],
    ["an origin with a path", () => ({ origins: ["https://a.test/x"] }), "origins[0]"],
    ["limits by credential", () => ({ limits: { usd: 1, per: "credential" } }), "limits.per"],
    [
      "a session without end",
      () => ({ sessions: { authorize: { type: "anonymous" }, ttlSeconds: 0 } }),
      "sessions.ttlSeconds",
    ],
    [
      "a template without a model",
      () => ({ templates: { a: { endpoint: "responses", body: {} } } }),
      "templates.a.body.model",
    ],
    ["a short project key", () => ({ keys: ["short"] }), "keys[0]"],
    ["a project key like a credential", () => ({ keys: ["a-long-project-key.with.dots"] }), "keys[0]"],
    ["a project key that refers to a setting", () => ({ keys: ["$ACME_PROJECT_KEY_1"] }), "keys[0]"],
    ["a project key twice", () => ({ keys: [CHOSEN_KEY, CHOSEN_KEY] }), "keys[1]"],
    ["the mark of a strange key", () => ({ keys: ["sealed:k_0123456789abcdef…"] }), "keys[0]"],
  ])("is refused for %s, by the field's name", async (_, body, param) => {
    const answer = await rig.admin("PUT", `orgs/${name}`, body());
    const { error } = answer.body;
    expect([answer.status, error.code, error.param]).toEqual([400, "invalid_value", param]);
    expect(error.message.startsWith(`\`${param}\` `)).toBe(true);
    expect(await refusal("GET", `orgs/${name}`)).toEqual([404, "org_not_found", null]);
  });

  test.each(["-x", ".x", "a%20b", "a b", "ä", "x".repeat(65), "a:b", "constructor"])(
    "cannot be named %j",
    async (bad) => {
      expect(await refusal("PUT", `orgs/${bad}`, rig.org())).toEqual([400, "invalid_value", "name"]);
    },
  );

  test("of the settings is listed and not touched", async () => {
    const { data } = await rig.must("GET", "orgs");
    expect(data[0]).toEqual({ name: "default", source: "settings" });
    const refused = [409, "org_is_static", "name"];
    expect(await refusal("PUT", "orgs/default", rig.org())).toEqual(refused);
    expect(await refusal("GET", "orgs/default")).toEqual(refused);
    expect(await refusal("DELETE", "orgs/default")).toEqual(refused);
    expect(await refusal("POST", "orgs/default/keys")).toEqual(refused);
    expect(await refusal("DELETE", "orgs/default/keys/k_1")).toEqual(refused);
  });

  test("that is not there is missing everywhere, and so is a key", async () => {
    const missing = [404, "org_not_found", null];
    expect(await refusal("DELETE", `orgs/${name}`)).toEqual(missing);
    expect(await refusal("POST", `orgs/${name}/keys`)).toEqual(missing);
    expect(await refusal("DELETE", `orgs/${name}/keys/k_1`)).toEqual(missing);
    await rig.must("PUT", `orgs/${name}`, rig.org());
    expect(await refusal("DELETE", `orgs/${name}/keys/k_1`)).toEqual([404, "key_not_found", null]);
  });

  test("is JSON of a size", async () => {
    expect(await refusal("PUT", `orgs/${name}`, "{")).toEqual([400, "invalid_json", null]);
    expect(await refusal("PUT", `orgs/${name}`, "[]")).toEqual([400, "invalid_json", null]);
    expect(await refusal("PUT", `orgs/${name}`, { keys: ["x".repeat(1024 * 1024)] })).toEqual([
      413,
      "body_too_large",
      null,
    ]);
    const answer = await rig.admin("PUT", `orgs/${name}`, rig.org(), { "content-type": "text/plain" });
    expect([answer.status, answer.body.error.code]).toEqual([400, "invalid_content_type"]);
  });
});

test("of many changes at the same time none is lost", async () => {
  await rig.must("PUT", `orgs/${name}`, rig.org());
  const all = await Promise.all(Array.from({ length: 12 }, () => rig.admin("POST", `orgs/${name}/keys`)));
  expect(all.map(({ status }) => status)).toEqual(Array(12).fill(201));
  const kept = all.map(({ body }) => body.id as string);
  const { keys } = await rig.must("GET", `orgs/${name}`);
  expect(keys.map((mark: string) => mark.slice(7, 25)).sort()).toEqual(kept.sort());
});

test("the list comes in pages", async () => {
  for (const letter of ["a", "b", "c"]) await rig.must("PUT", `orgs/zz-${letter}`, rig.org());
  const first = await rig.must("GET", "orgs?after=zz&limit=2");
  expect(first.data.map((org: { name: string }) => org.name)).toEqual(["zz-a", "zz-b"]);
  expect(first.data[0]).toMatchObject({ source: "directory", secret: "current", created_at: expect.any(Number) });
  const rest = await rig.must("GET", "orgs?after=zz-b&limit=2");
  expect([first.has_more, rest.has_more, rest.data.map((org: { name: string }) => org.name)]).toEqual([
    true,
    false,
    ["zz-c"],
  ]);
  for (const limit of ["0", "-1", "x", "1001", "1.5"])
    expect(await refusal("GET", `orgs?limit=${limit}`)).toEqual([400, "invalid_value", "limit"]);
});

test("the audit says who changed what and when, and no secret", async () => {
  const before = Math.floor(Date.now() / 1000);
  await rig.must("PUT", `orgs/${name}`, rig.org({ keys: [CHOSEN_KEY] }));
  await rig.must("PUT", `orgs/${name}`, rig.org({ limits: { usd: 1 } }));
  const { id } = await rig.must("POST", `orgs/${name}/keys`);
  await rig.must("DELETE", `orgs/${name}/keys/${id}`);
  await rig.must("DELETE", `orgs/${name}`);
  await rig.admin("DELETE", `orgs/${name}`);
  const { data, has_more } = await rig.must("GET", "audit?limit=5");
  expect(data.map(({ action, org, detail }: Record<string, string>) => [action, org, detail])).toEqual([
    ["org.delete", name, ""],
    ["key.delete", name, id],
    ["key.create", name, id],
    ["org.update", name, "limits"],
    ["org.create", name, "endpoints, keys"],
  ]);
  expect(has_more).toBe(true);
  const actors = new Set(data.map(({ actor }: { actor: string }) => actor));
  expect([...actors]).toEqual([expect.stringMatching(/^key:[\w-]{22}$/)]);
  for (const { at, network } of data)
    expect([at >= before && at <= Date.now() / 1000, network]).toEqual([true, "unknown"]);
  const older = await rig.must("GET", `audit?limit=1&before=${data[4].id}`);
  expect(older.data[0].id).toBeLessThan(data[4].id);
  expect(await refusal("GET", "audit?before=0")).toEqual([400, "invalid_value", "before"]);
});

test("no answer and nothing that the server printed holds a secret", async () => {
  const secrets = [STORED_KEY, STORED_HEADER, CHOSEN_KEY, CHALLENGE_KEY, AWS_SECRET, ADMIN_KEY];
  const { data } = await rig.must("GET", "orgs");
  const answers = [data, await rig.must("GET", "audit?limit=1000")];
  for (const { name: org, source } of data)
    if (source === "directory") answers.push(await rig.must("GET", `orgs/${org}`));
  expect(answers.length).toBeGreaterThan(5);
  const text = JSON.stringify(answers) + rig.server.output();
  for (const secret of secrets) expect(text).not.toContain(secret);
});
