import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDpopClient } from "../support/dpop.ts";
import { type Rig, startRig } from "../support/rig.ts";
import type { RecordedRequest } from "../support/stand-in/log.ts";
import { createSender, sendCrowd } from "./crowd.ts";
import { createRandom, dollars, priced, tally, trueMicros } from "./priced.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());

/** A crowd's mark on its requests: one that was left may reach the provider as late as in the next test. */
const newMark = (): { readonly user: string } => ({ user: crypto.randomUUID() });
const marked = ({ user }: { readonly user: string }): readonly RecordedRequest[] =>
  rig.standIn.requests.filter(({ fields }) => fields.user === user);
const closed = (requests: readonly RecordedRequest[]): boolean => requests.every((request) => request.closed);

describe.each(["bearer", "bound"] as const)("of 500 at once with a %s credential and money for ten", (kind) => {
  test("ten reach the provider, and all others are told why not", async () => {
    const mark = newMark();
    const one = priced({ fields: mark });
    const send = await createSender(rig, kind, { limits: { usd: dollars(10 * one.hold) } });
    const outcomes = await sendCrowd({ send, size: 500, request: () => one });
    expect(tally(outcomes)).toEqual({ "200": 10, "402 budget_exceeded": 490 });
    expect(marked(mark)).toHaveLength(10);
  });

  test("at most ten reach the provider when a third of them leave, streams or not", async () => {
    const mark = newMark();
    const whole = priced({ fields: { ...mark, stream: false } });
    const streamed = priced({ fields: { ...mark, stream: true }, orders: { everyMs: 5 } });
    const limit = 10 * Math.min(whole.hold, streamed.hold);
    const send = await createSender(rig, kind, { limits: { usd: dollars(limit) } });
    const request = (at: number) => (at % 2 === 0 ? whole : streamed);
    const outcomes = await sendCrowd({ send, size: 500, request, leaving: 1 / 3 });
    await rig.standIn.waitFor(() => closed(marked(mark)));
    expect(Object.keys(tally(outcomes)).filter((outcome) => !/^(200|left|402 budget_exceeded)$/.test(outcome))).toEqual(
      [],
    );
    expect(outcomes).toContain("left");
    expect(marked(mark).length).toBeGreaterThan(0);
    expect(marked(mark).length).toBeLessThanOrEqual(10);
    expect(trueMicros(marked(mark))).toBeLessThanOrEqual(limit);
  });
});

test("what answers cost stays within the money, whatever they cost and whoever leaves", async () => {
  const random = createRandom(7);
  const mark = newMark();
  const request = () => {
    const stream = random() < 0.5;
    const output = 1 + Math.floor(random() * 60);
    return priced({
      output,
      max: 60,
      inputShare: random(),
      fields: { ...mark, stream },
      orders: { everyMs: stream ? 2 : 0 },
    });
  };
  const limit = 10 * priced({ output: 60, fields: { ...mark, stream: true } }).hold;
  const send = await createSender(rig, "bearer", { limits: { usd: dollars(limit) } });
  // Each group finds the money that the one before it did not use.
  for (let group = 0; group < 5; group++) {
    await sendCrowd({ send, size: 40, request, leaving: 1 / 3, seed: group + 1 });
    await rig.standIn.waitFor(() => closed(marked(mark)));
  }
  expect(marked(mark).length).toBeGreaterThan(10);
  expect(trueMicros(marked(mark))).toBeLessThanOrEqual(limit);
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
  const mark = newMark();
  const outcomes = await sendCrowd({
    send: (body) => fetch(url, { method: "POST", headers, body }),
    size: 100,
    request: () => priced({ fields: mark }),
  });
  expect(tally(outcomes)).toEqual({ "200": 1, "401 invalid_dpop_proof": 99 });
  expect(marked(mark)).toHaveLength(1);
});
