import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readCredential } from "../../mint-server/contract/credential.ts";
import { type Knock, knockAt } from "../support/door.ts";
import { createDpopClient, type DpopClient } from "../support/dpop.ts";
import { APP_ORIGIN, type Rig, startRig } from "../support/rig.ts";
import { chat } from "../support/work.ts";

const PROJECT_KEY = "a-project-key-of-default";
const ONE_ORIGIN = "https://one.example";
const TWO_ORIGIN = "https://two.example";
const BUSY_ORIGIN = "https://busy.example";
const LIMITS = { usd: 0.1, requestsPerMinute: 20 };
const TUTOR = { endpoint: "chat/completions", body: { model: "gpt-4o-mini", n: 2 } };
const TUTOR_GRANT = {
  template: "tutor",
  endpoints: ["chat/completions"],
  models: ["gpt-4o-mini"],
  features: ["multiple_choices"],
};

let rig: Rig;
let client: DpopClient;

beforeAll(async () => {
  rig = await startRig({
    settings: { CLIENT_ADDRESS_HEADER: "X-Real-IP" },
    config: (baseURL) => {
      const endpoints = [{ name: "openai", provider: "openai", apiKey: "$OPENAI_API_KEY", baseURL }];
      const templates = { tutor: TUTOR, judge: { ...TUTOR, endpoint: "responses" } };
      const authorize = { type: "anonymous" };
      return {
        orgs: {
          default: {
            keys: [PROJECT_KEY],
            origins: [APP_ORIGIN],
            endpoints,
            templates,
            sessions: { authorize, models: ["gpt-4o*"], features: ["store"], limits: LIMITS },
          },
          one: {
            origins: [ONE_ORIGIN],
            endpoints,
            templates,
            sessions: { authorize, templates: ["tutor"], limits: LIMITS },
          },
          two: { origins: [TWO_ORIGIN], endpoints, templates, sessions: { authorize, templates: ["tutor", "judge"] } },
          busy: { origins: [BUSY_ORIGIN], endpoints, sessions: { authorize, rate: { perMinute: 3 } } },
        },
      };
    },
  });
});
afterAll(() => rig.stop());
beforeEach(async () => {
  client = await createDpopClient();
});

const knock = (asked: Partial<Knock> = {}) => knockAt(rig, { who: client, ...asked });
const grantOf = (key: string) => readCredential(key)?.grant;

describe("a browser's credential", () => {
  test("carries the policy's scope, features and limits, by the day", async () => {
    const { issued } = await knock();
    expect(grantOf(issued.key)).toEqual({
      org: "default",
      models: ["gpt-4o*"],
      features: ["store"],
      limits: { ...LIMITS, per: "day" },
    });
  });

  test("takes the one template that there is, asked for or not", async () => {
    for (const body of ["{}", '{"template":null}', '{"template":"tutor"}']) {
      const { issued } = await knock({ origin: ONE_ORIGIN, body });
      expect(grantOf(issued.key)).toEqual({ org: "one", ...TUTOR_GRANT, limits: { ...LIMITS, per: "day" } });
    }
  });

  test("takes the template asked for, where there are several", async () => {
    const asked = await knock({ origin: TWO_ORIGIN, body: '{"template":"judge"}' });
    expect(grantOf(asked.issued.key)).toMatchObject({ template: "judge", endpoints: ["responses"] });
    expect(await knock({ origin: TWO_ORIGIN })).toMatchObject({ status: 400, code: "invalid_value" });
  });

  test.each([
    ["that is not for browsers", ONE_ORIGIN, "judge"],
    ["that does not exist", TWO_ORIGIN, "constructor"],
    ["where browsers have none", APP_ORIGIN, "tutor"],
  ])("is not issued for a template %s", async (_, origin, template) => {
    const refused = await knock({ origin, body: JSON.stringify({ template }) });
    expect(refused).toMatchObject({ status: 403, code: "insufficient_scope" });
  });

  test("with a template reaches no other endpoint and no other model", async () => {
    const { issued } = await knock({ origin: ONE_ORIGIN });
    const url = (path: string) => rig.url(path);
    const ask = (path: string, body: object) =>
      client.fetch(url(path), {
        method: "POST",
        credential: issued.key,
        headers: { "content-type": "application/json", origin: ONE_ORIGIN },
        body: JSON.stringify(body),
      });
    const before = rig.standIn.requests.length;
    expect((await ask("responses", { model: "gpt-4o-mini", input: "x" })).status).toBe(403);
    expect((await ask("embeddings", { model: "gpt-4o-mini", input: "x" })).status).toBe(403);
    expect((await ask("chat/completions", chat({}, { model: "gpt-4o" }))).status).toBe(403);
    expect(rig.standIn.requests).toHaveLength(before);
    const list = await client.fetch(url("models"), { credential: issued.key, headers: { origin: ONE_ORIGIN } });
    const { data } = (await list.json()) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual(["gpt-4o-mini"]);
  });
});

describe("the door", () => {
  const from = (address: string, asked: Partial<Knock> = {}) =>
    createDpopClient().then((who) =>
      knock({ who, origin: BUSY_ORIGIN, ...asked, headers: { "x-real-ip": address, ...asked.headers } }),
    );

  test("lets so many of one network in a minute, and others besides", async () => {
    const addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"];
    const answers = await Promise.all(addresses.map((address) => from(address)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 429, 429]);
    expect((await from("192.0.2.6")).code).toBe("rate_limit_exceeded");
    expect((await from("198.51.100.1")).status).toBe(200);
    expect((await from("2001:db8:1::1")).status).toBe(200);
  });

  test("counts those whose address nobody names together, and lets ten times as many in", async () => {
    const answers = await Promise.all(Array.from({ length: 33 }, () => from("")));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(30);
    const forged = { "cf-connecting-ip": "203.0.113.1", "x-forwarded-for": "203.0.113.1" };
    expect((await from("", { headers: forged })).status).toBe(429);
  });

  test("says when there will be room again", async () => {
    const who = await createDpopClient();
    const ask = () =>
      who.fetch(rig.url("credentials/session"), {
        method: "POST",
        headers: { "content-type": "application/json", origin: BUSY_ORIGIN, "x-real-ip": "203.0.113.1" },
        body: "{}",
      });
    const answers = [];
    for (let count = 0; count < 4; count++) answers.push(await ask());
    const last = answers.at(-1);
    expect([last?.status, last?.headers.get("retry-after")]).toEqual([429, "60"]);
    expect(last?.headers.get("access-control-allow-origin")).toBe(BUSY_ORIGIN);
  });

  test("does not count a request without a proof", async () => {
    const headers = { "content-type": "application/json", origin: BUSY_ORIGIN, "x-real-ip": "203.0.112.1" };
    for (let count = 0; count < 5; count++)
      await fetch(rig.url("credentials/session"), { method: "POST", headers, body: "{}" });
    expect((await from("203.0.112.1")).status).toBe(200);
  });
});

describe("a key's owner", () => {
  const authorization = `Bearer ${PROJECT_KEY}`;
  const order = async (body: object) => {
    const answer = await rig.post("credentials", body, { authorization });
    const { key, error } = (await answer.json()) as { key?: string; error?: { code: string; param: string } };
    return { status: answer.status, grant: key && grantOf(key), error };
  };

  test("issues with limits", async () => {
    const limits = { usd: 0.5, tokens: 1000, requests: 0, maxTokensPerRequest: 100, realtimeSeconds: 30 };
    expect(await order({ limits })).toMatchObject({ status: 200, grant: { org: "default", limits } });
    expect(await order({ limits: null })).toEqual({ status: 200, grant: { org: "default" } });
  });

  test("issues with a template and what goes with it", async () => {
    const { grant } = await order({ template: "tutor", limits: LIMITS, origins: [APP_ORIGIN], model: null });
    expect(grant).toEqual({ org: "default", ...TUTOR_GRANT, limits: LIMITS, origins: [APP_ORIGIN] });
  });

  test.each<[object, string]>([
    [{ limits: 5 }, "limits"],
    [{ limits: {} }, "limits"],
    [{ limits: { usd: "1" } }, "limits.usd"],
    [{ limits: { usd: 1, per: "week" } }, "limits.per"],
    [{ limits: { euros: 1 } }, "limits.euros"],
    [{ template: "nothing" }, "template"],
    [{ template: "toString" }, "template"],
    [{ template: "tutor", models: ["gpt-4o"] }, "models"],
    [{ template: "tutor", endpoints: ["embeddings"] }, "endpoints"],
    [{ template: "tutor", features: ["store"] }, "features"],
  ])("does not issue with %j", async (body, param) => {
    expect(await order(body)).toMatchObject({ status: 400, error: { code: "invalid_value", param } });
  });

  test("has no templates with a provider's own key", async () => {
    const answer = await rig.post("credentials", { template: "tutor" }, { authorization: "Bearer sk-a-providers-own" });
    expect(answer.status).toBe(400);
  });
});
