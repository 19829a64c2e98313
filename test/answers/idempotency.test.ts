import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CALLERS_KEY, type Rig, startRig } from "../support/rig.ts";
import { ask, bytesOf, type Call, cancel, newKey, open, readSome, refusalOf, streaming } from "./asking.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

describe("an Idempotency-Key", () => {
  test.each([true, false])("makes one call of many of the same request (stream: %s)", async (stream) => {
    const call: Call = { key: newKey(), body: streaming({ events: 20, firstByteDelayMs: 100 }, { stream }) };
    const bodies = await Promise.all(Array.from({ length: 20 }, () => bytesOf(ask(rig, call))));
    expect(new Set(bodies.map(String)).size).toBe(1);
    expect(await bytesOf(ask(rig, call))).toEqual(bodies[0]);
    expect(rig.standIn.requests).toHaveLength(1);
  });

  test("belongs to one request", async () => {
    const call: Call = { key: newKey(), body: streaming({ events: 3 }) };
    await bytesOf(ask(rig, call));
    expect(await refusalOf(ask(rig, { ...call, body: streaming({ events: 4 }) }))).toBe("422 idempotency_key_reused");
    const messages = { model: "gpt-4o", max_tokens: 9, messages: [{ role: "user", content: "Say something." }] };
    const elsewhere = { ...call, path: "anthropic/v1/messages", body: messages };
    expect(await refusalOf(ask(rig, elsewhere))).toBe("422 idempotency_key_reused");
    expect(rig.standIn.requests).toHaveLength(1);
  });

  test("belongs to one caller", async () => {
    const key = newKey();
    const authorities = await Promise.all([
      `Bearer ${CALLERS_KEY}`,
      ...["ann", "bob"].map(async (subject) => `Bearer ${(await rig.issue({ subject })).key}`),
    ]);
    const body = streaming({ events: 3 });
    await Promise.all(authorities.map((authorization) => bytesOf(ask(rig, { key, body, authorization }))));
    expect(rig.standIn.requests).toHaveLength(3);
    expect(await refusalOf(ask(rig, { key, body }, { position: 10 }))).toBe("409 answer_gone");
    const [, ann] = authorities;
    const renewed = `Bearer ${(await rig.issue({ subject: "ann" })).key}`;
    expect(renewed).not.toBe(ann);
    expect((await ask(rig, { key, body, authorization: renewed }, { position: 10 })).status).toBe(200);
    expect(rig.standIn.requests).toHaveLength(3);
  });

  test("does not keep a failure: the next try is a new call", async () => {
    const call: Call = { key: newKey(), body: streaming({ status: 400, times: 1 }) };
    expect((await ask(rig, call)).status).toBe(400);
    expect((await bytesOf(ask(rig, call))).toString()).toContain("[DONE]");
    expect(rig.standIn.requests).toHaveLength(2);
  });

  test.each([
    ["an Idempotency-Key that is too long", { key: "k".repeat(256) }, {}],
    ["an Idempotency-Key that is not ASCII", { key: "caf\u00e9" }, {}],
    ["a hold that is no number", { key: "k" }, { hold: "long" }],
    ["a negative hold", { key: "k" }, { hold: -1 }],
    ["a position that is no number", { key: "k" }, { position: "end" }],
    ["a negative position", { key: "k" }, { position: -1 }],
    ["a position without a key", {}, { position: 5 }],
  ])("is refused, like %s", async (_, call, way) => {
    expect(await refusalOf(ask(rig, { ...call, body: streaming({}) }, way))).toBe("400 invalid_header");
    expect(rig.standIn.requests).toEqual([]);
  });

  test("of 255 characters is taken", async () => {
    expect((await ask(rig, { key: "k".repeat(255), body: streaming({}) })).status).toBe(200);
  });
});

describe("POST /answers/cancel", () => {
  test.each([
    ["in the middle of a stream", { events: 50, gate: "cancel" }, true],
    ["before the first byte of a stream", { hang: true }, true],
    ["before the first byte of a whole answer", { hang: true }, false],
    ["between headers and first event", { hang: "after-headers" as const }, true],
  ])("closes the provider within a second %s, whoever still reads", async (_, orders, stream) => {
    const call: Call = { key: newKey(), body: streaming(orders, { stream }) };
    rig.standIn.gate("cancel").allow(5);
    const asked = open(rig, call, { hold: 60 });
    asked.answer.catch(() => {});
    await rig.standIn.waitFor(() => rig.standIn.requests.length === 1);
    if ("gate" in orders) await readSome(await asked.answer, 200);
    const before = Date.now();
    expect(await cancel(rig, call.key ?? "")).toEqual({ cancelled: true });
    await rig.standIn.waitFor((request) => request.closed && request.leftEarly);
    expect(Date.now() - before).toBeLessThan(1000);
    const rest = await readSome(await asked.answer, Number.POSITIVE_INFINITY);
    expect(rest.toString()).toContain('"code":"answer_cancelled"');
    expect(await cancel(rig, call.key ?? "")).toEqual({ cancelled: false });
  });

  test("keeps a request from being sent that comes after it", async () => {
    const call: Call = { key: newKey(), body: streaming({}) };
    expect(await cancel(rig, call.key ?? "")).toEqual({ cancelled: false });
    expect(await refusalOf(ask(rig, call))).toBe("499 answer_cancelled");
    expect(rig.standIn.requests).toEqual([]);
  });

  test("is nothing to others' answers", async () => {
    const call: Call = { key: newKey(), body: streaming({ events: 20, gate: "others" }) };
    const asked = ask(rig, call);
    await rig.standIn.waitFor(() => rig.standIn.requests.length === 1);
    const { key } = await rig.issue({ subject: "someone else" });
    expect(await cancel(rig, call.key ?? "", `Bearer ${key}`)).toEqual({ cancelled: false });
    rig.standIn.gate("others").allow(1000);
    expect((await bytesOf(asked)).toString()).toContain("[DONE]");
  });

  test("wants a key in its body, and nothing else", async () => {
    const post = (body: object) => refusalOf(rig.post("answers/cancel", body));
    expect(await post({})).toBe("400 invalid_value");
    expect(await post({ idempotency_key: 5 })).toBe("400 invalid_value");
    expect(await post({ idempotency_key: "" })).toBe("400 invalid_value");
    expect(await post({ idempotency_key: "a", force: true })).toBe("400 invalid_value");
  });
});
