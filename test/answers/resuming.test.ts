import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Rig, startRig } from "../support/rig.ts";
import { orderInText } from "../support/stand-in/orders.ts";
import { ask, bytesOf, type Call, DEFAULT_KEY, newKey, open, readSome, refusalOf, streaming } from "./asking.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({
    config(baseURL) {
      const openai = { name: "openai", provider: "openai", apiKey: "$OPENAI_API_KEY", baseURL };
      const google = { name: "google", provider: "google", apiKey: "key-of-google", baseURL: new URL(baseURL).origin };
      return { orgs: { default: { keys: [DEFAULT_KEY], endpoints: [openai, google] } } };
    },
  });
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

const leftEarly = () => rig.standIn.waitFor((request) => request.closed && request.leftEarly);
const complete = () => rig.standIn.waitFor((request) => request.complete);

/** What the provider said, which passes byte for byte. */
const said = (): Buffer => rig.standIn.requests[0]?.answer ?? Buffer.alloc(0);

describe("a stream whose connection breaks", () => {
  test.each(["reset", "close"] as const)("(%s) goes on from the byte where it broke", async (way) => {
    const gate = newKey();
    const call: Call = { key: newKey(), body: streaming({ events: 30, gate }) };
    rig.standIn.gate(gate).allow(10);
    const first = open(rig, call);
    const begun = await readSome(await first.answer, 500);
    first.leave(way);
    rig.standIn.gate(gate).allow(1000);
    const answer = await ask(rig, call, { position: begun.length });
    expect([answer.status, answer.headers.get("x-mintgate-position")]).toEqual([200, String(begun.length)]);
    expect(answer.headers.get("content-type")).toContain("text/event-stream");
    const rest = await bytesOf(answer);
    expect(Buffer.concat([begun, rest]).equals(said())).toBe(true);
    expect(rest.toString().trimEnd().endsWith("data: [DONE]")).toBe(true);
    expect(rig.standIn.requests).toHaveLength(1);
  });

  test("before its first byte is the same call when it is asked again", async () => {
    const gate = newKey();
    const call: Call = { key: newKey(), body: streaming({ events: 5, gate }) };
    const first = open(rig, call);
    await rig.standIn.waitFor((request) => request.orders.gate === gate);
    first.leave("reset");
    const again = ask(rig, call, { position: 0 });
    rig.standIn.gate(gate).allow(1000);
    expect((await bytesOf(again)).equals(said())).toBe(true);
    expect(rig.standIn.requests).toHaveLength(1);
  });

  test("can be read by several at once, from wherever each one likes", async () => {
    const gate = newKey();
    const call: Call = { key: newKey(), body: streaming({ events: 40, gate }) };
    rig.standIn.gate(gate).allow(20);
    const first = open(rig, call);
    const begun = await readSome(await first.answer, 1000);
    const positions = [0, 1, 7, 500, begun.length];
    const others = positions.map((position) => ask(rig, call, { position }));
    rig.standIn.gate(gate).allow(1000);
    const bodies = await Promise.all(others.map(bytesOf));
    for (const [at, position] of positions.entries()) {
      expect(bodies[at]?.equals(said().subarray(position)), `from ${position}`).toBe(true);
    }
    first.leave("close");
    expect(rig.standIn.requests).toHaveLength(1);
  });

  test("and that has ended since is there for as long as it is held", async () => {
    const call: Call = { key: newKey(), body: streaming({ events: 20 }) };
    const whole = await bytesOf(ask(rig, call, { hold: 60 }));
    expect((await bytesOf(ask(rig, call, { position: 333 }))).equals(whole.subarray(333))).toBe(true);
    expect((await bytesOf(ask(rig, call, { position: whole.length }))).length).toBe(0);
    expect((await bytesOf(ask(rig, call, { position: whole.length + 1000 }))).length).toBe(0);
    expect(rig.standIn.requests).toHaveLength(1);
  });

  test("waits for a position that the provider has not come to", async () => {
    const gate = newKey();
    const call: Call = { key: newKey(), body: streaming({ events: 30, gate }) };
    rig.standIn.gate(gate).allow(2);
    const first = open(rig, call);
    await readSome(await first.answer, 100);
    const later = await ask(rig, call, { position: 2000 });
    rig.standIn.gate(gate).allow(1000);
    expect((await bytesOf(later)).equals(said().subarray(2000))).toBe(true);
    first.leave("close");
  });

  test("tells everyone of the provider's own break in one typed event", async () => {
    const call: Call = { key: newKey(), body: streaming({ events: 20, cutAfterEvents: 8 }) };
    const whole = await bytesOf(ask(rig, call));
    expect(whole.toString()).toMatch(/\n\nevent: error\ndata: \{"error":.*"code":"stream_truncated"\}\}\n\n$/s);
    const rest = await bytesOf(ask(rig, call, { position: 900 }));
    expect(rest.equals(whole.subarray(900))).toBe(true);
    expect(rig.standIn.requests).toHaveLength(1);
  });
});

describe("what is held", () => {
  test("runs on alone, and is whole when its caller comes back", async () => {
    const call: Call = { key: newKey(), body: streaming({ events: 50, everyMs: 5 }) };
    const first = open(rig, call, { hold: 30 });
    const begun = await readSome(await first.answer, 200);
    first.leave("reset");
    await complete();
    const rest = await bytesOf(ask(rig, call, { position: begun.length }));
    expect(Buffer.concat([begun, rest]).equals(said())).toBe(true);
  });

  test("ends at once with its last follower where nothing is held", async () => {
    const gate = newKey();
    const call: Call = { key: newKey(), body: streaming({ events: 50, gate }) };
    rig.standIn.gate(gate).allow(5);
    const first = open(rig, call, { hold: 0 });
    const begun = await readSome(await first.answer, 100);
    const leftAt = Date.now();
    first.leave("reset");
    await leftEarly();
    expect(Date.now() - leftAt).toBeLessThan(1000);
    expect(await refusalOf(ask(rig, call, { position: begun.length }))).toBe("409 answer_gone");
    expect(rig.standIn.requests).toHaveLength(1);
  });

  test("ends when the hold has passed and nobody came", async () => {
    const gate = newKey();
    const call: Call = { key: newKey(), body: streaming({ events: 50, gate }) };
    rig.standIn.gate(gate).allow(5);
    const first = open(rig, call, { hold: 1 });
    await readSome(await first.answer, 100);
    const leftAt = Date.now();
    first.leave("reset");
    await leftEarly();
    expect(Date.now() - leftAt).toBeGreaterThanOrEqual(900);
    expect(await refusalOf(ask(rig, call, { position: 100 }))).toBe("409 answer_gone");
  });

  test.each([
    ["a stream", true],
    ["a whole answer", false],
  ])("of %s that has no first byte yet ends likewise", async (_, stream) => {
    const call: Call = { key: newKey(), body: streaming({ hang: true }, { stream }) };
    const first = open(rig, call, { hold: 0 });
    await rig.standIn.waitFor((request) => request.orders.hang === true);
    first.leave("reset");
    await leftEarly();
  });
});

describe("answers in other words", () => {
  const messages = {
    model: "gpt-4o",
    max_tokens: 100,
    stream: true,
    messages: [{ role: "user", content: "Say something." }],
  };

  test("a translated stream goes on byte for byte", async () => {
    const call: Call = { key: newKey(), path: "anthropic/v1/messages", body: messages };
    const whole = await bytesOf(ask(rig, call, { hold: 60 }));
    expect(whole.toString()).toContain("event: message_stop");
    for (const position of [1, 77, whole.length - 5]) {
      const rest = await bytesOf(ask(rig, call, { position }));
      expect(rest.equals(whole.subarray(position)), `from ${position}`).toBe(true);
    }
    expect(rig.standIn.requests).toHaveLength(1);
  });

  test("a Gemini array goes on byte for byte", async () => {
    const path = "google/v1beta/models/gpt-4o:streamGenerateContent";
    const call: Call = { key: newKey(), path, body: { contents: [{ role: "user", parts: [{ text: "Say it." }] }] } };
    const whole = await bytesOf(ask(rig, call, { hold: 60 }));
    expect(Array.isArray(JSON.parse(whole.toString()))).toBe(true);
    expect((await bytesOf(ask(rig, call, { position: 40 }))).equals(whole.subarray(40))).toBe(true);
    expect(rig.standIn.requests).toHaveLength(1);
  });

  test("a Gemini array that the provider cuts ends in a typed error, for everyone", async () => {
    const path = "google/v1beta/models/gemini-2.0-flash:streamGenerateContent";
    const text = `Say it. ${orderInText({ events: 9, cutAfterEvents: 4 })}`;
    const call: Call = { key: newKey(), path, body: { contents: [{ role: "user", parts: [{ text }] }] } };
    const whole = await bytesOf(ask(rig, call, { hold: 60 }));
    const elements = JSON.parse(whole.toString()) as { error?: { details: unknown } }[];
    expect(JSON.stringify(elements.at(-1)?.error?.details)).toContain("stream_truncated");
    expect((await bytesOf(ask(rig, call, { position: 99 }))).equals(whole.subarray(99))).toBe(true);
  });

  test("a whole answer is kept, too", async () => {
    const call: Call = { key: newKey(), body: streaming({ events: 2000 }, { stream: false }) };
    const whole = await bytesOf(ask(rig, call, { hold: 60 }));
    expect(JSON.parse(whole.toString())).toMatchObject({ object: "chat.completion" });
    expect((await bytesOf(ask(rig, call, { position: 20 }))).equals(whole.subarray(20))).toBe(true);
    expect(rig.standIn.requests).toHaveLength(1);
  });

  test("the built-in model's stream goes on as well", async () => {
    const body = { model: "guide", stream: true, messages: [{ role: "user", content: "How do I start?" }] };
    const call: Call = { key: newKey(), body };
    const whole = await bytesOf(ask(rig, call, { hold: 60 }));
    expect(whole.toString()).toContain("data: [DONE]");
    expect((await bytesOf(ask(rig, call, { position: 100 }))).equals(whole.subarray(100))).toBe(true);
  });
});

test("nothing that was under way is there after a restart, and nobody is told another answer for it", async () => {
  const call: Call = { key: newKey(), body: streaming({ events: 20 }) };
  await bytesOf(ask(rig, call, { hold: 60 }));
  process.kill(rig.server.pid, "SIGKILL");
  await rig.server.ended;
  await rig.restart();
  expect(await refusalOf(ask(rig, call, { position: 50 }))).toBe("409 answer_gone");
  expect(rig.standIn.requests).toHaveLength(1);
  expect((await bytesOf(ask(rig, call))).toString()).toContain("[DONE]");
  expect(rig.standIn.requests).toHaveLength(2);
});
