import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { credentialFor, KEYS, startOrgs } from "../limits/orgs.ts";
import { dollars, microsLeft, priced } from "../limits/priced.ts";
import { createDpopClient } from "../support/dpop.ts";
import type { Rig } from "../support/rig.ts";
import { ask, bytesOf, type Call, newKey, open, readSome, refusalOf, streaming } from "./asking.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startOrgs();
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

const PROMISED_MS = 2000;

/** Money that is left to a credential, by what an answer to it says. */
async function moneyLeft(authorization: string): Promise<number> {
  const probe = priced({ output: 1, max: 1 });
  const answer = await rig.post("chat/completions", probe.body, { authorization });
  await answer.arrayBuffer();
  return microsLeft(answer) + probe.hold;
}

describe("limits", () => {
  test("50 identical requests of one who has money for one call are answered", async () => {
    const one = priced({ orders: { firstByteDelayMs: 500 }, fields: { temperature: 0 } });
    const limits = { usd: dollars(one.hold), per: "day" };
    const authorization = await credentialFor(rig, "plain", { subject: newKey(), limits });
    const call: Call = { body: JSON.parse(one.body) as object, authorization };
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(rig, call)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect(rig.standIn.requests).toHaveLength(1);
    const shown = answers.map((answer) => answer.headers.get("x-mintgate-remaining")).filter((value) => value !== null);
    expect(shown).toHaveLength(1);
  });

  test("one who may not make the call does not keep it from another who may", async () => {
    const body = JSON.parse(priced({ orders: { firstByteDelayMs: 300 }, fields: { temperature: 0 } }).body) as object;
    const subject = newKey();
    const poor = await credentialFor(rig, "plain", { subject, limits: { usd: 0.000001 } });
    const rich = await credentialFor(rig, "plain", { subject, limits: { usd: 1 } });
    const answers = [poor, rich, rich].map((authorization) => ask(rig, { body, authorization }));
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    // The poor one may come when the others' call is there.
    expect(statuses.slice(1)).toEqual([200, 200]);
    expect([200, 402]).toContain(statuses[0]);
    expect(rig.standIn.requests).toHaveLength(1);
  });

  test("what comes back is a request by the minute, and nothing else", async () => {
    const limits = { requestsPerMinute: 3, requests: 2, tokens: 10_000, per: "day" };
    const authorization = await credentialFor(rig, "plain", { subject: newKey(), limits });
    const call: Call = { key: newKey(), body: streaming({ events: 5 }, { max_tokens: 50 }), authorization };
    const first = await ask(rig, call, { hold: 60 });
    expect(first.headers.get("x-mintgate-remaining")).toContain("requests=1");
    await bytesOf(first);
    const again = await ask(rig, call, { position: 10 });
    expect([again.status, again.headers.get("x-ratelimit-remaining-requests")]).toEqual([200, "1"]);
    await bytesOf(again);
    await bytesOf(ask(rig, call, { position: 20 }));
    expect(await refusalOf(ask(rig, call, { position: 30 }))).toBe("429 rate_limit_exceeded");
    expect(rig.standIn.requests).toHaveLength(1);
  });

  test("a call is settled on what it used even when nobody follows it to its end", async () => {
    const one = priced({ output: 20, max: 200, orders: { everyMs: 5 }, fields: { stream: true } });
    const limits = { usd: dollars(10 * one.hold), per: "day" };
    const authorization = await credentialFor(rig, "plain", { subject: newKey(), limits });
    const before = await moneyLeft(authorization);
    const spent = before - (await moneyLeft(authorization));
    const call: Call = { key: newKey(), body: JSON.parse(one.body) as object, authorization };
    const asked = open(rig, call, { hold: 30 });
    await readSome(await asked.answer, 100);
    asked.leave("reset");
    await rig.standIn.waitFor((request) => request.complete && request.fields.stream === true);
    const until = Date.now() + 5000;
    for (let probes = 2; ; probes++) {
      const left = await moneyLeft(authorization);
      if (before - left - probes * spent === one.cost) break;
      expect(Date.now(), `${before - left - probes * spent} of ${one.cost}`).toBeLessThan(until);
    }
  });

  test("a proof is good for one request, here as well", async () => {
    const client = await createDpopClient();
    const { key: credential } = await rig.issue({ jkt: client.jkt }, `Bearer ${KEYS.plain}`);
    const url = rig.url("chat/completions");
    const body = JSON.stringify(streaming({ events: 5 }));
    const key = newKey();
    const headers = { "content-type": "application/json", "idempotency-key": key };
    const first = await client.fetch(url, { method: "POST", credential, headers, body });
    expect(first.status).toBe(200);
    const dpop = await client.proof("POST", url, { credential, nonce: client.nonce });
    const again = () =>
      fetch(url, { method: "POST", headers: { ...headers, authorization: `DPoP ${credential}`, dpop }, body });
    expect((await again()).status).toBe(200);
    expect(await refusalOf(again())).toBe("401 invalid_dpop_proof");
  });
});

describe("revocation", () => {
  const revoke = (body: object) => rig.post("credentials/revoke", body, { authorization: `Bearer ${KEYS.plain}` });

  test.each([
    ["without limits", {}],
    ["with limits", { limits: { tokens: 1_000_000 } }],
  ])("ends a stream that nobody else follows within two seconds (%s)", async (_, order) => {
    const subject = newKey();
    const authorization = await credentialFor(rig, "plain", { subject, ...order });
    const gate = newKey();
    rig.standIn.gate(gate).allow(5);
    const call: Call = { key: newKey(), body: streaming({ events: 50, gate }, { max_tokens: 50 }), authorization };
    const answer = await ask(rig, call, { hold: 60 });
    await revoke({ subject });
    const revokedAt = Date.now();
    const text = (await bytesOf(answer)).toString();
    expect(text).toMatch(/\n\nevent: error\ndata: .*"code":"invalid_token"/);
    await rig.standIn.waitFor((request) => request.closed && request.leftEarly);
    expect(Date.now() - revokedAt).toBeLessThan(PROMISED_MS);
  });

  test("ends what is only held for one", async () => {
    const subject = newKey();
    const authorization = await credentialFor(rig, "plain", { subject });
    const gate = newKey();
    rig.standIn.gate(gate).allow(5);
    const asked = open(rig, { key: newKey(), body: streaming({ events: 50, gate }), authorization }, { hold: 60 });
    await readSome(await asked.answer, 100);
    asked.leave("reset");
    await revoke({ subject });
    const revokedAt = Date.now();
    await rig.standIn.waitFor((request) => request.closed && request.leftEarly);
    expect(Date.now() - revokedAt).toBeLessThan(PROMISED_MS);
  });

  test("ends one follower's part, and not the call of those who are left", async () => {
    const subject = newKey();
    const [revoked, valid] = await Promise.all([1, 2].map(() => rig.issue({ subject }, `Bearer ${KEYS.plain}`)));
    const gate = newKey();
    const body = streaming({ events: 30, gate }, { temperature: 0, user: newKey() });
    rig.standIn.gate(gate).allow(5);
    const first = await ask(rig, { body, authorization: `Bearer ${revoked?.key}` });
    const second = await ask(rig, { body, authorization: `Bearer ${valid?.key}` });
    expect(second.headers.get("x-bt-cached")).toBe("HIT");
    const claims = JSON.parse(Buffer.from(revoked?.key.split(".")[1] ?? "", "base64url").toString()) as { jti: string };
    await revoke({ jti: claims.jti });
    expect((await bytesOf(first)).toString()).toContain('"code":"invalid_token"');
    rig.standIn.gate(gate).allow(1000);
    expect((await bytesOf(second)).equals(rig.standIn.requests[0]?.answer ?? Buffer.alloc(0))).toBe(true);
    expect(rig.standIn.requests).toHaveLength(1);
  });
});
