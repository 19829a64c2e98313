import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDpopClient } from "../support/dpop.ts";
import { type Rig, startRig } from "../support/rig.ts";
import { createSender, sendCrowd } from "./crowd.ts";
import { createRandom, dollars, priced, tally, trueMicros } from "./priced.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

const MIXED = [false, true].map((stream) => priced({ fields: { stream }, orders: { everyMs: stream ? 5 : 0 } }));
const either = (at: number) => MIXED[at % MIXED.length] ?? priced();

describe.each(["bearer", "bound"] as const)("of 500 at once with a %s credential and money for ten", (kind) => {
  test("ten reach the provider, and all others are told why not", async () => {
    const one = priced();
    const send = await createSender(rig, kind, { limits: { usd: dollars(10 * one.hold) } });
    const outcomes = await sendCrowd({ send, size: 500, request: () => one });
    expect(tally(outcomes)).toEqual({ "200": 10, "402 budget_exceeded": 490 });
    expect(rig.standIn.requests).toHaveLength(10);
  });

  test("at most ten reach the provider when a third of them leave, streams or not", async () => {
    const limit = 10 * Math.min(...MIXED.map(({ hold }) => hold));
    const send = await createSender(rig, kind, { limits: { usd: dollars(limit) } });
    const outcomes = await sendCrowd({ send, size: 500, request: either, leaving: 1 / 3 });
    await rig.standIn.waitFor(() => rig.standIn.requests.every(({ closed }) => closed));
    expect(Object.keys(tally(outcomes)).filter((outcome) => !/^(200|left|402 budget_exceeded)$/.test(outcome))).toEqual(
      [],
    );
    expect(outcomes).toContain("left");
    expect(rig.standIn.requests.length).toBeGreaterThan(0);
    expect(rig.standIn.requests.length).toBeLessThanOrEqual(10);
    expect(trueMicros(rig.standIn.requests)).toBeLessThanOrEqual(limit);
  });
});

test("what answers cost stays within the money, whatever they cost and whoever leaves", async () => {
  const random = createRandom(7);
  const request = () => {
    const stream = random() < 0.5;
    const output = 1 + Math.floor(random() * 60);
    return priced({ output, max: 60, inputShare: random(), fields: { stream }, orders: { everyMs: stream ? 2 : 0 } });
  };
  const limit = 10 * priced({ output: 60, fields: { stream: true } }).hold;
  const send = await createSender(rig, "bearer", { limits: { usd: dollars(limit) } });
  // Each group finds the money that the one before it did not use.
  for (let group = 0; group < 5; group++) {
    await sendCrowd({ send, size: 40, request, leaving: 1 / 3, seed: group + 1 });
    await rig.standIn.waitFor(() => rig.standIn.requests.every(({ closed }) => closed));
  }
  expect(rig.standIn.requests.length).toBeGreaterThan(10);
  expect(trueMicros(rig.standIn.requests)).toBeLessThanOrEqual(limit);
});

test("another account has its own money meanwhile", async () => {
  const one = priced();
  const order = { subject: "greedy", limits: { usd: dollars(10 * one.hold), per: "day" } };
  const greedy = await createSender(rig, "bearer", order);
  const modest = await createSender(rig, "bearer", { ...order, subject: "modest" });
  const [most, few] = await Promise.all([
    sendCrowd({ send: greedy, size: 100, request: () => one }),
    sendCrowd({ send: modest, size: 10, request: () => one }),
  ]);
  expect(tally(most)).toEqual({ "200": 10, "402 budget_exceeded": 90 });
  expect(tally(few)).toEqual({ "200": 10 });
});

test("one proof is good for one of a hundred", async () => {
  const client = await createDpopClient();
  const { key } = await rig.issue({ jkt: client.jkt, limits: { requests: 1000 } });
  const url = rig.url("chat/completions");
  await (await client.fetch(rig.url("models"), { credential: key })).body?.cancel();
  const dpop = await client.proof("POST", url, { credential: key, nonce: client.nonce });
  const headers = { authorization: `DPoP ${key}`, dpop, "content-type": "application/json" };
  const outcomes = await sendCrowd({
    send: (body) => fetch(url, { method: "POST", headers, body }),
    size: 100,
    request: () => priced(),
  });
  expect(tally(outcomes)).toEqual({ "200": 1, "401 invalid_dpop_proof": 99 });
  expect(rig.standIn.requests).toHaveLength(1);
});
