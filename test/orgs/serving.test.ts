import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { knockAt } from "../support/door.ts";
import { createDpopClient } from "../support/dpop.ts";
import { codeOf } from "../support/failure.ts";
import { APP_ORIGIN, CALLERS_KEY } from "../support/rig.ts";
import { chat } from "../support/work.ts";
import { CHOSEN_KEY, type OrgRig, STORED_HEADER, STORED_KEY, startOrgRig } from "./rig.ts";

const ORIGIN = "https://stored.example";
let rig: OrgRig;
let made = 0;
/** A name that no organisation had before: credentials of a deleted one stay revoked. */
let acme: string;

beforeAll(async () => {
  rig = await startOrgRig();
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.splice(0);
  acme = `acme-${++made}`;
});
afterEach(async () => {
  const { data } = await rig.must("GET", "orgs");
  for (const { name, source } of data) if (source === "directory") await rig.must("DELETE", `orgs/${name}`);
});

const put = (name: string, more?: object) => rig.must("PUT", `orgs/${name}`, rig.org(more));
const newKey = async (name: string): Promise<{ id: string; key: string }> => rig.must("POST", `orgs/${name}/keys`);
const ask = (key: string, headers: Record<string, string> = {}) =>
  rig.post("chat/completions", chat(), { authorization: `Bearer ${key}`, headers });
const outcome = async (asked: Promise<Response>) => {
  const answer = await asked;
  const body: unknown = await answer.json();
  return [answer.status, answer.ok ? answer.headers.get("x-bt-used-endpoint") : codeOf(body)];
};
const preflight = (origin: string) =>
  fetch(rig.url("chat/completions"), {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "POST" },
  });

describe("a stored organisation serves at once", () => {
  test("who has a key of it, with its own provider key and headers", async () => {
    await put(acme, { keys: [CHOSEN_KEY] });
    const { key } = await newKey(acme);
    for (const presented of [CHOSEN_KEY, key]) {
      expect(await outcome(ask(presented))).toEqual([200, "main"]);
      const [request] = rig.standIn.requests.splice(0);
      expect(request?.headers.authorization).toBe(`Bearer ${STORED_KEY}`);
      expect(request?.headers["x-team"]).toBe(STORED_HEADER);
    }
  });

  test("who holds a credential that its key issued, bound to a key or not", async () => {
    await put(acme);
    const { key } = await newKey(acme);
    const bearer = await rig.issue({ subject: "alice" }, `Bearer ${key}`);
    expect(await outcome(ask(bearer.key))).toEqual([200, "main"]);
    const client = await createDpopClient();
    const bound = await rig.issue({ jkt: client.jkt }, `Bearer ${key}`);
    const answer = await client.fetch(rig.url("models"), { credential: bound.key });
    expect(answer.status).toBe(200);
    await answer.text();
  });

  test("whom the header names, where a key belongs to several, one of them of the settings", async () => {
    const { projectKey = "" } = rig.server;
    await put(acme, { keys: [CHOSEN_KEY, projectKey] });
    await put("bolt", { keys: [CHOSEN_KEY] });
    const usedBy = async (key: string, name?: string) => {
      const issued = await rig.issue({}, `Bearer ${key}`).catch(() => undefined);
      const answer = await rig.post(
        "credentials",
        {},
        { authorization: `Bearer ${key}`, headers: name ? { "x-bt-org-name": name } : {} },
      );
      const body = (await answer.json()) as { key?: string };
      expect(issued).toBeDefined();
      return body.key === undefined
        ? codeOf(body)
        : (
            JSON.parse(atob(body.key.split(".")[1]?.replaceAll("-", "+").replaceAll("_", "/") ?? "")) as {
              grant: object;
            }
          ).grant;
    };
    expect(await usedBy(CHOSEN_KEY)).toEqual({ org: acme });
    expect(await usedBy(CHOSEN_KEY, "bolt")).toEqual({ org: "bolt" });
    expect(await usedBy(CHOSEN_KEY, "default")).toBe("org_not_allowed");
    expect(await usedBy(projectKey)).toEqual({ org: "default" });
    expect(await usedBy(projectKey, acme)).toEqual({ org: acme });
    expect(await usedBy(projectKey, "bolt")).toBe("org_not_allowed");
  });

  test("pages of its origins, preflight and errors included, and no others", async () => {
    expect((await preflight(ORIGIN)).headers.get("access-control-allow-origin")).toBeNull();
    await put(acme, { origins: [`${ORIGIN}/`], keys: [CHOSEN_KEY] });
    const allowed = await preflight(ORIGIN);
    expect(allowed.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    expect(allowed.headers.get("access-control-allow-methods")).toBe("GET, POST, OPTIONS");
    const refused = await ask("sk-x.y.z", { origin: ORIGIN });
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([401, ORIGIN]);
    await refused.text();
    expect((await preflight("https://stored.example.evil.test")).headers.get("access-control-allow-origin")).toBeNull();
    await rig.must("PUT", `orgs/${acme}`, rig.org());
    expect((await preflight(ORIGIN)).headers.get("access-control-allow-origin")).toBeNull();
  });

  test("a credential from its own origins alone", async () => {
    await put(acme, { origins: [ORIGIN], keys: [CHOSEN_KEY] });
    const { key } = await rig.issue({}, `Bearer ${CHOSEN_KEY}`);
    expect(await outcome(ask(key, { origin: ORIGIN }))).toEqual([200, "main"]);
    expect(await outcome(ask(key, { origin: APP_ORIGIN }))).toEqual([403, "origin_not_allowed"]);
  });

  test("browsers at the door, by name and by origin", async () => {
    const sessions = { authorize: { type: "anonymous" }, models: ["gpt-4o*"], limits: { requests: 1 } };
    await put(acme, { origins: [ORIGIN], sessions });
    const who = await createDpopClient();
    const byOrigin = await knockAt(rig, { who, origin: ORIGIN });
    expect([byOrigin.status, byOrigin.issued.token_type]).toEqual([200, "DPoP"]);
    const byName = await knockAt(rig, { who, origin: ORIGIN, headers: { "x-bt-org-name": acme } });
    expect(byName.status).toBe(200);
    expect(await knockAt(rig, { who, headers: { "x-bt-org-name": acme } })).toMatchObject({
      status: 403,
      code: "origin_not_allowed",
    });
    expect(await knockAt(rig, { who, origin: "https://elsewhere.example" })).toMatchObject({ status: 403 });
    const call = () =>
      who.fetch(rig.url("chat/completions"), {
        method: "POST",
        headers: { "content-type": "application/json", origin: ORIGIN },
        body: JSON.stringify(chat()),
        credential: byName.issued.key,
      });
    expect(await outcome(call())).toEqual([200, "main"]);
    expect(await outcome(call())).toEqual([402, "budget_exceeded"]);
  });

  test("by its own limits and templates", async () => {
    await put(acme, {
      keys: [CHOSEN_KEY],
      limits: { requests: 2 },
      templates: { tutor: { endpoint: "chat/completions", body: { model: "gpt-4o", max_completion_tokens: 5 } } },
    });
    const { key } = await rig.issue({ template: "tutor", subject: "alice" }, `Bearer ${CHOSEN_KEY}`);
    const messages = [{ role: "user", content: "hello" }];
    const call = (body: object) => rig.post("chat/completions", body, { authorization: `Bearer ${key}` });
    expect(await outcome(call({ messages }))).toEqual([200, "main"]);
    expect(rig.standIn.requests[0]?.body.toString()).toContain('"max_completion_tokens":5');
    expect(await outcome(call({ messages, temperature: 1 }))).toEqual([403, "insufficient_scope"]);
    expect(await outcome(call({ messages }))).toEqual([200, "main"]);
    expect(await outcome(call({ messages }))).toEqual([402, "budget_exceeded"]);
  });
});

describe("what is deleted serves nobody from that moment", () => {
  test("a key, which does not go to a provider either", async () => {
    await put(acme, { keys: [CHOSEN_KEY] });
    const { id, key } = await newKey(acme);
    expect(await outcome(ask(key))).toEqual([200, "main"]);
    await rig.must("DELETE", `orgs/${acme}/keys/${id}`);
    rig.standIn.requests.splice(0);
    for (const mode of ["auto", "always", "never"])
      expect(await outcome(ask(key, { "x-bt-use-creds-cache": mode }))).toEqual([401, "invalid_token"]);
    expect(rig.standIn.requests).toEqual([]);
    expect(await outcome(ask(CHOSEN_KEY))).toEqual([200, "main"]);
  });

  test("an organisation, its credentials and its origins, even if another gets its name", async () => {
    await put(acme, { origins: [ORIGIN], keys: [CHOSEN_KEY] });
    const { key } = await newKey(acme);
    const credential = await rig.issue({ subject: "alice" }, `Bearer ${key}`);
    expect(await outcome(ask(credential.key))).toEqual([200, "main"]);
    await rig.must("DELETE", `orgs/${acme}`);
    expect(await outcome(ask(key))).toEqual([401, "invalid_token"]);
    expect(await outcome(ask(credential.key))).toEqual([401, "invalid_token"]);
    expect((await preflight(ORIGIN)).headers.get("access-control-allow-origin")).toBeNull();
    await put(acme);
    expect(await outcome(ask(key))).toEqual([401, "invalid_token"]);
    expect(await outcome(ask(credential.key))).toEqual([401, "invalid_token"]);
  });
});

test("a provider's key is still one, also from a stored organisation's page", async () => {
  await put(acme, { origins: [ORIGIN], keys: [CHOSEN_KEY] });
  expect(await outcome(ask(CALLERS_KEY, { origin: ORIGIN }))).toEqual([200, "openai"]);
  const { key } = await rig.issue({}, `Bearer ${CALLERS_KEY}`);
  expect(await outcome(ask(key, { origin: ORIGIN }))).toEqual([200, "openai"]);
  expect(await outcome(ask(key, { origin: "https://elsewhere.example" }))).toEqual([403, "origin_not_allowed"]);
});

test("everything outlives a server that is killed", async () => {
  await put(acme, { keys: [CHOSEN_KEY], origins: [ORIGIN] });
  const { key } = await newKey(acme);
  const { id: gone, key: deleted } = await newKey(acme);
  await rig.must("DELETE", `orgs/${acme}/keys/${gone}`);
  const before = await rig.must("GET", `orgs/${acme}`);
  const audit = await rig.must("GET", "audit");
  process.kill(rig.server.pid, "SIGKILL");
  await rig.server.ended;
  await rig.restart();
  expect(await outcome(ask(key))).toEqual([200, "main"]);
  expect(await outcome(ask(CHOSEN_KEY))).toEqual([200, "main"]);
  expect(await outcome(ask(deleted))).toEqual([401, "invalid_token"]);
  expect((await preflight(ORIGIN)).headers.get("access-control-allow-origin")).toBe(ORIGIN);
  expect(await rig.must("GET", `orgs/${acme}`)).toEqual(before);
  expect(await rig.must("GET", "audit")).toEqual(audit);
});
