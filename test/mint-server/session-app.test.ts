import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Knock, knockAt } from "../support/door.ts";
import { createDpopClient, type DpopClient } from "../support/dpop.ts";
import { APP_ORIGIN, type Rig, startRig } from "../support/rig.ts";
import { type AppBackEnd, type Reply, startAppBackEnd } from "../support/session-hosts.ts";

const BOTH_ORIGIN = "https://both.example";

let rig: Rig;
let app: AppBackEnd;
let client: DpopClient;

beforeAll(async () => {
  app = await startAppBackEnd();
  rig = await startRig({
    config: (baseURL) => {
      const endpoints = [{ name: "openai", provider: "openai", apiKey: "$OPENAI_API_KEY", baseURL }];
      const authorize = { type: "callback", url: app.url };
      const both = { ...authorize, forward: ["cookie", "authorization"] };
      return {
        orgs: {
          default: { origins: [APP_ORIGIN], endpoints, sessions: { authorize } },
          both: { origins: [BOTH_ORIGIN], endpoints, sessions: { authorize: both } },
        },
      };
    },
  });
});
afterAll(async () => {
  await rig.stop();
  await app.stop();
});
beforeEach(async () => {
  client = await createDpopClient();
  app.asked.length = 0;
  app.users.clear();
});

const COOKIE = "sid=canary-of-ada; theme=dark";
const knock = (asked: Partial<Knock> = {}) => knockAt(rig, { who: client, headers: { cookie: COOKIE }, ...asked });

describe("the door with the app's own session", () => {
  test("opens to whom the app knows by the browser's cookie", async () => {
    app.users.set(COOKIE, { subject: "ada" });
    const { status, issued } = await knock();
    expect([status, issued.subject, issued.token_type]).toEqual([200, "ada", "DPoP"]);
    expect(app.asked).toMatchObject([{ cookie: COOKIE, accept: "application/json" }]);
  });

  test("shows the app nothing of the request but what is configured", async () => {
    app.users.set(COOKIE, { subject: "ada" });
    const headers = { cookie: COOKIE, authorization: "Bearer canary", "x-user": "root" };
    await knock({ headers });
    await knock({ headers, origin: BOTH_ORIGIN });
    const [byDefault, both] = app.asked;
    expect([byDefault?.authorization, both?.authorization]).toEqual([undefined, "Bearer canary"]);
    for (const shown of app.asked) {
      expect(Object.keys(shown)).not.toEqual(expect.arrayContaining(["x-user"]));
      expect(Object.keys(shown)).not.toEqual(expect.arrayContaining(["dpop"]));
    }
  });

  test("opens by `Authorization` where that is configured", async () => {
    app.users.set("Bearer token-of-ada", { subject: "ada" });
    const headers = { authorization: "Bearer token-of-ada" };
    expect(await knock({ headers, origin: BOTH_ORIGIN })).toMatchObject({ status: 200, issued: { subject: "ada" } });
    expect(await knock({ headers })).toMatchObject({ status: 401, code: "session_required" });
  });

  test("asks the app each time", async () => {
    app.users.set(COOKIE, { subject: "ada" });
    expect((await knock()).status).toBe(200);
    app.users.clear();
    expect(await knock()).toMatchObject({ status: 401, code: "session_required" });
    expect(app.asked).toHaveLength(2);
  });

  test("pins the first key of a session that the app names", async () => {
    app.users.set(COOKIE, { subject: "ada", session: "sign-in-1" });
    const other = await createDpopClient();
    expect((await knock()).status).toBe(200);
    expect(await knock({ who: other })).toMatchObject({ status: 403, code: "session_key_pinned" });
    app.users.set(COOKIE, { subject: "ada", session: "sign-in-2" });
    expect((await knock({ who: other })).status).toBe(200);
  });

  test("stays shut to one without a cookie, and asks nobody", async () => {
    expect(await knock({ headers: {} })).toMatchObject({ status: 401, code: "session_required" });
    expect(app.asked).toEqual([]);
  });

  test.each<[string, Reply]>([
    ["401", { status: 401, body: { subject: "ada" } }],
    ["403", { status: 403, body: "<html>no</html>" }],
  ])("stays shut where the app answers %s", async (_, reply) => {
    app.next.push(reply);
    expect(await knock()).toMatchObject({ status: 401, code: "session_required" });
  });

  test.each<[string, Reply]>([
    ["breaks the connection", { breaks: true }],
    ["sends to the sign-in page", { status: 302, headers: { location: "/login" }, body: { subject: "ada" } }],
    ["fails", { status: 500, body: { subject: "ada" } }],
    ["sends a page", { body: '{"subject":"ada"}' }],
    ["names nobody", { body: {} }],
    ["names nobody by null", { body: { subject: null } }],
    ["names nobody by an empty text", { body: { subject: "" } }],
    ["names someone by a number", { body: { subject: 7 } }],
    ["names a session by a number", { body: { subject: "ada", session: 7 } }],
    ["names someone at length", { body: { subject: "a".repeat(300) } }],
    ["sends more than was agreed", { body: { subject: "ada", more: "x".repeat(100_000) } }],
    ["names two", { body: '{"subject":"ada","subject":"bob"}', headers: { "content-type": "application/json" } }],
  ])("stays shut where the app %s", async (_, reply) => {
    app.next.push(reply);
    expect(await knock()).toMatchObject({ status: 503, code: "session_unchecked" });
  });

  test("stays shut where the app does not answer in time", async () => {
    app.next.push({ never: true });
    expect(await knock()).toMatchObject({ status: 503, code: "session_unchecked" });
  });

  test("writes no cookie into its log", () => {
    expect(rig.server.output()).toContain("the app's session URL gave");
    expect(rig.server.output()).not.toContain("canary");
  });
});
