import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readCredential } from "../../mint-server/contract/credential.ts";
import { knockAt } from "../support/door.ts";
import { createDpopClient } from "../support/dpop.ts";
import type { Rig } from "../support/rig.ts";
import { chat } from "../support/work.ts";
import { credentialFor, DOOR_ORIGIN, KEYS, startOrgs } from "./orgs.ts";
import { leftOf, outcomeOf } from "./priced.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startOrgs();
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

const PROMISED_MS = 1000;
const REFUSED = "401 invalid_token";

const ask = (authorization: string, fields: object = {}) =>
  outcomeOf(rig.post("chat/completions", chat({}, fields), { authorization }));
const list = (authorization: string) => outcomeOf(fetch(rig.url("models"), { headers: { authorization } }));
const revoke = (body: object, authorization = `Bearer ${KEYS.plain}`) =>
  rig.post("credentials/revoke", body, { authorization });
const jtiOf = (authorization: string) => readCredential(authorization.replace("Bearer ", ""))?.jti ?? "";

/** What is issued in the second of a revocation is revoked with the rest. */
async function nextSecond(): Promise<void> {
  const second = Math.floor(Date.now() / 1000);
  while (Math.floor(Date.now() / 1000) === second) await sleep(20);
}

/** One after the other, until one is refused; fails when the promised time is over. */
async function untilRefused(outcome: () => Promise<string>): Promise<void> {
  const until = Date.now() + PROMISED_MS;
  for (let last = ""; last !== REFUSED; last = await outcome()) expect(Date.now(), last).toBeLessThan(until);
  expect(await outcome()).toBe(REFUSED);
}

describe("what is revoked is refused within a second, in every way", () => {
  const ORDERS: readonly (readonly [string, object])[] = [
    ["without limits", {}],
    ["with limits", { limits: { requests: 100 } }],
    ["with limits by the day", { limits: { requests: 100, per: "day" } }],
  ];

  test.each(ORDERS)("a credential %s by its id, and no other", async (_, order) => {
    const [one, two] = [await credentialFor(rig, "plain", order), await credentialFor(rig, "plain", order)];
    expect([await ask(one), await list(one)]).toEqual(["200", "200"]);
    const answer = await revoke({ jti: jtiOf(one) });
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { revoked: { jti: jtiOf(one) }, revoked_at: expect.any(Number) },
    ]);
    await Promise.all([untilRefused(() => ask(one)), untilRefused(() => list(one))]);
    expect([await ask(two), await list(two)]).toEqual(["200", "200"]);
  });

  test("all credentials of a subject, bound or not, and no one else's", async () => {
    const subject = "someone";
    const theirs = await Promise.all(ORDERS.map(([, order]) => credentialFor(rig, "plain", { ...order, subject })));
    const other = await credentialFor(rig, "plain", { subject: "someone else" });
    const client = await createDpopClient();
    const bound = await credentialFor(rig, "plain", { subject, jkt: client.jkt, limits: { requests: 9 } });
    const credential = bound.replace("Bearer ", "");
    const askBound = (path: string, init: RequestInit) =>
      outcomeOf(client.fetch(rig.url(path), { ...init, credential }));
    const work = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(chat()) };
    expect(await askBound("chat/completions", work)).toBe("200");
    expect((await revoke({ subject })).status).toBe(200);
    await Promise.all([
      ...theirs.flatMap((one) => [untilRefused(() => ask(one)), untilRefused(() => list(one))]),
      untilRefused(() => askBound("chat/completions", work)),
      untilRefused(() => askBound("models", {})),
    ]);
    expect(await ask(other)).toBe("200");
    await nextSecond();
    expect(await ask(await credentialFor(rig, "plain", { subject }))).toBe("200");
  });

  test("all credentials of an organisation, and no other's", async () => {
    const theirs = await Promise.all(ORDERS.map(([, order]) => credentialFor(rig, "half", order)));
    const other = await credentialFor(rig, "plain");
    expect((await revoke({ all: true }, `Bearer ${KEYS.half}`)).status).toBe(200);
    await Promise.all(theirs.map((one) => untilRefused(() => ask(one))));
    expect(await ask(other)).toBe("200");
    await nextSecond();
    expect(await ask(await credentialFor(rig, "half"))).toBe("200");
  });

  test("nothing of it reaches the provider", async () => {
    const one = await credentialFor(rig, "plain", { limits: { requests: 100 } });
    await revoke({ jti: jtiOf(one) });
    await untilRefused(() => ask(one));
    rig.standIn.requests.length = 0;
    for (const path of ["chat/completions", "responses", "embeddings", "anthropic/v1/messages"])
      await outcomeOf(rig.post(path, { ...chat(), max_tokens: 9, input: "a" }, { authorization: one }));
    expect(rig.standIn.requests).toHaveLength(0);
  });
});

test("a session that is renewed after its revocation works again", async () => {
  const who = await createDpopClient();
  const enter = async () => (await knockAt(rig, { who, origin: DOOR_ORIGIN })).issued;
  const body = JSON.stringify(chat());
  const headers = { "content-type": "application/json", origin: DOOR_ORIGIN };
  const asked = (credential: string) =>
    outcomeOf(who.fetch(rig.url("chat/completions"), { method: "POST", headers, body, credential }));
  const first = await enter();
  expect(await asked(first.key)).toBe("200");
  expect((await revoke({ subject: first.subject }, `Bearer ${KEYS.door}`)).status).toBe(200);
  await untilRefused(() => asked(first.key));
  await nextSecond();
  const second = await enter();
  expect(second.subject).toBe(first.subject);
  expect(await asked(second.key)).toBe("200");
  expect(await asked(first.key)).toBe(REFUSED);
});

describe("revoking", () => {
  test("is not for those who hold a credential", async () => {
    const one = await credentialFor(rig, "plain");
    for (const body of [{ jti: jtiOf(one) }, { subject: "x" }, { all: true }]) {
      const answer = await revoke(body, one);
      expect([answer.status, ((await answer.json()) as { error: object }).error]).toMatchObject([
        403,
        { code: "insufficient_scope" },
      ]);
    }
    const client = await createDpopClient();
    const credential = (await credentialFor(rig, "plain", { jkt: client.jkt })).replace("Bearer ", "");
    const body = JSON.stringify({ all: true });
    const headers = { "content-type": "application/json" };
    const url = rig.url("credentials/revoke");
    expect((await client.fetch(url, { method: "POST", headers, body, credential })).status).toBe(403);
    expect(await ask(one)).toBe("200");
  });

  test("with another organisation's key, or a provider's, does nothing to this one's", async () => {
    const one = await credentialFor(rig, "plain", { subject: "kept" });
    for (const key of [KEYS.door, "sk-a-provider-key-of-anyone"]) {
      await revoke({ jti: jtiOf(one) }, `Bearer ${key}`);
      await revoke({ subject: "kept" }, `Bearer ${key}`);
      await revoke({ all: true }, `Bearer ${key}`);
    }
    expect(await ask(one)).toBe("200");
    expect((await revoke({ all: true }, "Bearer ey.not.ours")).status).toBe(401);
    const foreign = await rig.post(
      "credentials/revoke",
      { all: true },
      { authorization: `Bearer ${KEYS.door}`, headers: { "x-bt-org-name": "plain" } },
    );
    expect(foreign.status).toBe(403);
    expect(await ask(one)).toBe("200");
  });

  test("is for the holder of the provider's key that issued", async () => {
    const key = "sk-of-a-caller-who-issues";
    const [mine] = [`Bearer ${(await rig.issue({ subject: "s" }, `Bearer ${key}`)).key}`];
    const others = `Bearer ${(await rig.issue({ subject: "s" }, `Bearer ${key}-2`)).key}`;
    expect([await ask(mine), await ask(others)]).toEqual(["200", "200"]);
    await revoke({ subject: "s" }, `Bearer ${key}`);
    await untilRefused(() => ask(mine));
    expect(await ask(others)).toBe("200");
  });

  test.each([
    [{}, "jti"],
    [{ jti: "a", subject: "b" }, "jti"],
    [{ all: false }, "all"],
    [{ jti: "" }, "jti"],
    [{ subject: 5 }, "subject"],
    [{ user: "x" }, "user"],
  ])("%j is refused by its field", async (body, param) => {
    const answer = await revoke(body);
    expect([answer.status, ((await answer.json()) as { error: { param: string } }).error.param]).toEqual([400, param]);
  });
});

test("what a revoked stream did cost stays on its subject's account", async () => {
  const order = { subject: "cut off", limits: { tokens: 10_000, per: "day" } };
  const authorization = await credentialFor(rig, "plain", order);
  const body = chat({ events: 50, gate: "cut off" }, { stream: true, max_tokens: 500 });
  const hold = JSON.stringify(body).length + 500;
  const answer = rig.post("chat/completions", body, { authorization });
  rig.standIn.gate("cut off").allow(20);
  await rig.standIn.waitFor(({ eventsSent }) => eventsSent === 20);
  await revoke({ subject: "cut off" });
  expect(await (await answer).text()).toContain("invalid_token");
  await nextSecond();
  const probe = chat({}, { max_tokens: 10 });
  const next = await rig.post("chat/completions", probe, { authorization: await credentialFor(rig, "plain", order) });
  const charged = 10_000 - leftOf(next, "tokens") - JSON.stringify(probe).length - 10;
  expect(charged).toBeGreaterThanOrEqual(19);
  expect(charged).toBeLessThanOrEqual(hold);
});
