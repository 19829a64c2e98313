import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Rig, startRig } from "../support/rig.ts";
import type { Orders } from "../support/stand-in/orders.ts";
import { ask, bytesOf, type Call, cancel, newKey, open, readSome, refusalOf, streaming } from "./asking.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({
    config(baseURL) {
      const endpoints = [{ name: "openai", provider: "openai", apiKey: "$OPENAI_API_KEY", baseURL }];
      const dead = { ...endpoints[0], name: "dead", baseURL: "http://127.0.0.1:9/v1", weight: 1000 };
      return {
        orgs: {
          default: { keys: ["project-key-of-one"], endpoints },
          shared: { keys: ["project-key-of-shared"], endpoints, cache: "org" },
          half: { keys: ["project-key-of-half"], endpoints: [dead, ...endpoints] },
        },
      };
    },
  });
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

const ONE = "Bearer project-key-of-one";
const SHARED = "Bearer project-key-of-shared";
const HALF = "Bearer project-key-of-half";

/** A question that nobody has asked before, and that may be cached. */
const cacheable = (orders: Orders, fields: object = {}): object =>
  streaming(orders, { temperature: 0, user: newKey(), ...fields });

const cachedOf = (answers: readonly Response[]) =>
  answers.map((answer) => answer.headers.get("x-bt-cached")).sort((a, b) => String(a).localeCompare(String(b)));

describe("identical requests that may be cached", () => {
  test.each([true, false])("share one call while it runs, all of them (stream: %s)", async (stream) => {
    const call: Call = { body: cacheable({ events: 20, firstByteDelayMs: 500 }, { stream }), authorization: ONE };
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(rig, call)));
    const bodies = await Promise.all(answers.map(bytesOf));
    expect(rig.standIn.requests).toHaveLength(1);
    const [request] = rig.standIn.requests;
    expect(bodies.every((body) => body.equals(request?.answer ?? Buffer.alloc(0)))).toBe(true);
    expect(cachedOf(answers)).toEqual([...Array.from({ length: 49 }, () => "HIT"), "MISS"]);
  });

  test("go on when the one who was first leaves in the middle", async () => {
    const gate = newKey();
    const call: Call = { body: cacheable({ events: 50, gate }), authorization: ONE };
    rig.standIn.gate(gate).allow(5);
    const first = open(rig, call);
    await readSome(await first.answer, 200);
    const [second, third] = [open(rig, call), ask(rig, call)];
    await readSome(await second.answer, 200);
    const answer = await third;
    first.leave("reset");
    second.leave("close");
    rig.standIn.gate(gate).allow(1000);
    expect((await bytesOf(answer)).equals(rig.standIn.requests[0]?.answer ?? Buffer.alloc(0))).toBe(true);
    expect(rig.standIn.requests).toHaveLength(1);
  });

  test("end within a second with the last who followed", async () => {
    const gate = newKey();
    const call: Call = { body: cacheable({ events: 50, gate }), authorization: ONE };
    rig.standIn.gate(gate).allow(5);
    const both = [open(rig, call), open(rig, call)];
    for (const one of both) await readSome(await one.answer, 200);
    expect(rig.standIn.requests).toHaveLength(1);
    both[0]?.leave("reset");
    both[1]?.leave("close");
    const leftAt = Date.now();
    await rig.standIn.waitFor((request) => request.closed && request.leftEarly);
    expect(Date.now() - leftAt).toBeLessThan(1000);
  });

  test.each([
    ["before the first byte", { events: 10, firstByteDelayMs: 300 }, true],
    ["before a whole answer", { events: 10, firstByteDelayMs: 300 }, false],
  ] as const)("go on when the one who was first leaves %s", async (_, orders, stream) => {
    const call: Call = { body: cacheable(orders, { stream }), authorization: ONE };
    // Held, since nobody sees whether the second one has come before the first one leaves.
    const first = open(rig, call, { hold: 10 });
    await rig.standIn.waitFor(() => rig.standIn.requests.length === 1);
    const second = ask(rig, call);
    first.leave("reset");
    expect((await bytesOf(second)).equals(rig.standIn.requests[0]?.answer ?? Buffer.alloc(0))).toBe(true);
    expect(rig.standIn.requests).toHaveLength(1);
  });

  test("are answered from the cache once the call has ended", async () => {
    const call: Call = { body: cacheable({ events: 20 }), authorization: ONE };
    const [first, second] = [await ask(rig, call), await ask(rig, call)];
    const bodies = [await bytesOf(first), await bytesOf(second)];
    expect(bodies[1]).toEqual(bodies[0]);
    expect([first.headers.get("x-bt-cached"), second.headers.get("x-bt-cached")]).toEqual(["MISS", "HIT"]);
    await rig.standIn.waitFor((request) => request.complete);
    for (;;) {
      const hit = await ask(rig, call);
      expect(await bytesOf(hit)).toEqual(bodies[0]);
      if (hit.headers.get("x-mintgate-source") === "edge-cache") break;
    }
    expect(rig.standIn.requests).toHaveLength(1);
  });

  test("are two calls where one of them is a stream and the other is not, or one wants no old answer", async () => {
    const body = cacheable({ events: 5, firstByteDelayMs: 300 });
    const headers = { "cache-control": "no-cache" };
    const calls: Call[] = [{ body }, { body: { ...body, stream: false } }, { body, headers }];
    const asked: Promise<Response>[] = [];
    for (const call of calls) {
      asked.push(ask(rig, { ...call, authorization: ONE }));
      await rig.standIn.waitFor(() => rig.standIn.requests.length === asked.length);
    }
    const answers = await Promise.all(asked);
    await Promise.all(answers.map(bytesOf));
    expect(cachedOf(answers)).toEqual(["MISS", "MISS", "MISS"]);
  });

  test("share a failure of the provider's while it lasts, and ask anew after it", async () => {
    const call: Call = { body: cacheable({ status: 400, times: 1, firstByteDelayMs: 300 }), authorization: ONE };
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(rig, call)));
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400]);
    expect(rig.standIn.requests).toHaveLength(1);
    expect((await bytesOf(ask(rig, call))).toString()).toContain("[DONE]");
  });

  test("of several subjects are several calls, but one where their organisation shares its cache", async () => {
    const subjects = ["ann", "bob", "cyd"];
    const answersIn = async (project: string) => {
      const body = cacheable({ events: 5, firstByteDelayMs: 300 });
      const keys = await Promise.all(subjects.map((subject) => rig.issue({ subject }, project)));
      const answers = keys.map(({ key }) => ask(rig, { body, authorization: `Bearer ${key}` }));
      await Promise.all(answers.map(bytesOf));
      return rig.standIn.requests.splice(0).length;
    };
    expect(await answersIn(ONE)).toBe(3);
    expect(await answersIn(SHARED)).toBe(1);
  });

  test("and no others are shared", async () => {
    const call: Call = { body: streaming({ events: 5, firstByteDelayMs: 200 }), authorization: ONE };
    const answers = await Promise.all([ask(rig, call), ask(rig, call)]);
    await Promise.all(answers.map(bytesOf));
    expect(rig.standIn.requests).toHaveLength(2);
    expect(cachedOf(answers)).toEqual([null, null]);
  });
});

describe("who joined another's call by a key of their own", () => {
  test("comes back by it, and stops only their own part of it", async () => {
    const gate = newKey();
    const body = cacheable({ events: 30, gate });
    const [mine, yours]: [Call, Call] = [
      { key: newKey(), body, authorization: SHARED },
      { key: newKey(), body, authorization: SHARED },
    ];
    rig.standIn.gate(gate).allow(10);
    const first = open(rig, mine);
    const begun = await readSome(await first.answer, 300);
    const second = open(rig, yours);
    const seen = await readSome(await second.answer, 300);
    expect(await cancel(rig, mine.key ?? "", SHARED)).toEqual({ cancelled: true });
    const stopped = await readSome(await first.answer, Number.POSITIVE_INFINITY);
    expect(Buffer.concat([begun, stopped]).toString()).toContain('"code":"answer_cancelled"');
    second.leave("reset");
    const rest = ask(rig, yours, { position: seen.length });
    rig.standIn.gate(gate).allow(1000);
    const whole = Buffer.concat([seen, await bytesOf(rest)]);
    expect(whole.equals(rig.standIn.requests[0]?.answer ?? Buffer.alloc(0))).toBe(true);
    expect(rig.standIn.requests).toHaveLength(1);
    expect(await refusalOf(ask(rig, mine, { position: 5 }))).toBe("499 answer_cancelled");
  });
});

test("an endpoint that is down is passed over here, too, and the answer goes on byte for byte", async () => {
  const call: Call = { key: newKey(), body: streaming({ events: 20 }), authorization: HALF };
  const answer = await ask(rig, call, { hold: 60 });
  expect([answer.status, answer.headers.get("x-bt-used-endpoint")]).toEqual([200, "openai"]);
  const whole = await bytesOf(answer);
  expect((await bytesOf(ask(rig, call, { position: 300 }))).equals(whole.subarray(300))).toBe(true);
  expect(rig.standIn.requests).toHaveLength(1);
});
