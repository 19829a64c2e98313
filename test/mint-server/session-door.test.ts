import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CLOSED_ORIGIN, type Knock, knockAt, NARROW_ORIGIN, startDoors } from "../support/door.ts";
import { createDpopClient, type DpopClient } from "../support/dpop.ts";
import { rawRequest } from "../support/raw-request.ts";
import { APP_ORIGIN, type Rig, SERVER_KEY } from "../support/rig.ts";
import { chat } from "../support/work.ts";

let rig: Rig;
let stopIssuer: () => Promise<void>;
let client: DpopClient;

beforeAll(async () => {
  const doors = await startDoors();
  rig = doors.rig;
  stopIssuer = doors.oidc.stop;
});
afterAll(async () => {
  await rig.stop();
  await stopIssuer();
});
beforeEach(async () => {
  client = await createDpopClient();
});

const knock = (asked: Partial<Knock> = {}) => knockAt(rig, { who: client, ...asked });

describe("the anonymous door", () => {
  test("gives a credential that is bound to the key, of the policy's scope", async () => {
    const { status, issued } = await knock();
    expect([status, issued.token_type]).toEqual([200, "DPoP"]);
    const url = rig.url("chat/completions");
    const ask = (model: string, who = client) =>
      who.fetch(url, {
        method: "POST",
        credential: issued.key,
        headers: { "content-type": "application/json", origin: APP_ORIGIN },
        body: JSON.stringify(chat({}, { model })),
      });
    const answer = await ask("gpt-4o");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBe(APP_ORIGIN);
    expect(rig.standIn.requests.at(-1)?.headers.authorization).toBe(`Bearer ${SERVER_KEY}`);
    expect((await ask("gpt-5")).status).toBe(403);
    expect((await ask("gpt-4o", await createDpopClient())).status).toBe(401);
  });

  test("knows a key again, and tells two keys apart", async () => {
    const [one, two, other] = [await knock(), await knock(), await knock({ who: await createDpopClient() })];
    expect(one.issued.subject).toBe(two.issued.subject);
    expect(other.issued.subject).not.toBe(one.issued.subject);
  });

  test("opens to the server's own origin", async () => {
    expect((await knock({ origin: rig.server.url })).status).toBe(200);
  });

  test("is shut without a proof, or with one that was used", async () => {
    const url = rig.url("credentials/session");
    const headers = { "content-type": "application/json", origin: APP_ORIGIN };
    const without = await fetch(url, { method: "POST", headers, body: "{}" });
    expect([without.status, (await without.json()).error.code]).toEqual([401, "invalid_dpop_proof"]);
    const proof = await client.proof("POST", url);
    const statuses = [];
    for (const _ of [1, 2])
      statuses.push((await fetch(url, { method: "POST", headers: { ...headers, dpop: proof }, body: "{}" })).status);
    expect(statuses).toEqual([200, 401]);
  });
});

test("nobody makes room at a full door by inventing addresses", async () => {
  const answers = await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      const address = `192.0.${index}.1`;
      const headers = { "cf-connecting-ip": address, "x-forwarded-for": address, "x-real-ip": address };
      return knock({ who: await createDpopClient(), origin: NARROW_ORIGIN, headers });
    }),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([...Array(10).fill(200), 429, 429]);
});

describe("the door opens by origin alone", () => {
  test.each<[string, string | null]>([
    ["no origin", null],
    ["the origin null", "null"],
    ["another origin", "https://other.example"],
    ["an origin that begins so", "https://app.example.evil.test"],
    ["another port", "https://app.example:8443"],
    ["another scheme", "http://app.example"],
    ["an origin with a path", "https://app.example/"],
    ["two origins", "https://app.example, https://other.example"],
  ])("not to %s", async (_, origin) => {
    const { status, code, issued } = await knock({ origin });
    expect([status, code, issued.key]).toEqual([403, "origin_not_allowed", undefined]);
  });

  test.each<[string, Partial<Knock>]>([
    [
      "a cross-site request that claims the server's own origin",
      { origin: "own", headers: { "sec-fetch-site": "cross-site" } },
    ],
    ["an address that was typed in", { headers: { "sec-fetch-site": "none" } }],
  ])("not to %s", async (_, asked) => {
    const { status, code } = await knock({ ...asked, ...(asked.origin === "own" && { origin: rig.server.url }) });
    expect([status, code]).toEqual([403, "origin_not_allowed"]);
  });

  test("not to a form that was sent", async () => {
    const dpop = await client.proof("POST", rig.url("credentials/session"));
    const headers = { "content-type": "application/json", origin: APP_ORIGIN, "sec-fetch-site": "cross-site", dpop };
    const ask = (mode: string) =>
      rawRequest(rig.server.url, {
        method: "POST",
        path: "/v1/proxy/credentials/session",
        headers: { ...headers, "sec-fetch-mode": mode },
        body: "{}",
      });
    expect((await ask("navigate")).status).toBe(403);
    expect((await ask("cors")).status).toBe(200);
  });

  test("to a page of an allowed origin, as browsers mark it", async () => {
    expect((await knock({ headers: { "sec-fetch-site": "cross-site" } })).status).toBe(200);
    expect((await knock({ origin: rig.server.url, headers: { "sec-fetch-site": "same-origin" } })).status).toBe(200);
  });

  test("not to another organisation's page", async () => {
    expect(await knock({ headers: { "x-bt-org-name": "members" } })).toMatchObject({
      status: 403,
      code: "origin_not_allowed",
    });
    expect(await knock({ headers: { "x-bt-org-name": "nobody" } })).toMatchObject({
      status: 403,
      code: "org_not_allowed",
    });
    expect(await knock({ origin: CLOSED_ORIGIN })).toMatchObject({ status: 403, code: "sessions_closed" });
  });

  test.each([
    ["text/plain", "{}", "invalid_content_type"],
    ["application/x-www-form-urlencoded", "a=1", "invalid_content_type"],
    ["application/json", "", "invalid_json"],
    ["application/json", "[]", "invalid_json"],
    ["application/json", '{"ttl_seconds":1}', "invalid_value"],
  ])("takes JSON alone: %s %s", async (type, body, code) => {
    expect(await knock({ headers: { "content-type": type }, body })).toMatchObject({ status: 400, code });
  });
});
