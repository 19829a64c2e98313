import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { arrivingEvents } from "../support/event-stream.ts";
import { type Rig, startRig } from "../support/rig.ts";
import { type Orders, orderInText } from "../support/stand-in/orders.ts";
import { type StandIn, startStandIn } from "../support/stand-in.ts";
import { chat } from "../support/work.ts";

const KEYS = {
  /** The first of the two by priority does as `bad` says. */
  pair: "project-key-of-the-pair",
  single: "project-key-of-the-single",
  hasty: "project-key-of-the-hasty",
} as const;

let rig: Rig;
let good: StandIn;
/** Answers as the test says. */
let bad: Server;
let badRequests = 0;
let answerBadly: (respond: ServerResponse) => void = () => {};

beforeAll(async () => {
  good = await startStandIn();
  bad = createServer((message, response) => {
    message.resume();
    message.on("end", () => {
      badRequests++;
      answerBadly(response);
    });
  });
  await new Promise<void>((resolve) => bad.listen(0, "127.0.0.1", resolve));
  const baseURL = `http://127.0.0.1:${(bad.address() as AddressInfo).port}/v1`;
  const timeouts = { firstByteSeconds: 1, idleSeconds: 1, totalSeconds: 3 };
  const openai = { provider: "openai", apiKey: "sk-any" };
  const orgs = {
    pair: {
      keys: [KEYS.pair],
      endpoints: [
        { ...openai, name: "bad", baseURL, timeouts: { firstByteSeconds: 1 } },
        { ...openai, name: "good", baseURL: good.url, priority: 1 },
      ],
    },
    single: { keys: [KEYS.single], endpoints: [{ ...openai, name: "only", baseURL: good.url }] },
    hasty: {
      keys: [KEYS.hasty],
      endpoints: [
        { ...openai, name: "hasty", baseURL: good.url, timeouts },
        { name: "claude", provider: "anthropic", apiKey: "sk-any", baseURL: new URL(good.url).origin, timeouts },
      ],
    },
  };
  rig = await startRig({ settings: { MINT_CONFIG: JSON.stringify({ orgs }) } });
});
afterAll(async () => {
  await rig.stop();
  await good.stop();
  bad.closeAllConnections();
  bad.close();
});
beforeEach(() => {
  good.requests.length = 0;
  badRequests = 0;
});

type Org = keyof typeof KEYS;
let models = 0;
/** A model of its own, so that what one test breaks is sound in the next. */
const freshModel = () => `gpt-4o-fresh-${++models}`;

function ask(org: Org, orders: Orders = {}, fields: object = {}, headers: Record<string, string> = {}) {
  return rig.post("chat/completions", chat(orders, { model: freshModel(), ...fields }), {
    authorization: `Bearer ${KEYS[org]}`,
    headers,
  });
}

async function codeOf(answer: Response): Promise<string> {
  return ((await answer.json()) as { error: { code: string } }).error.code;
}

const eventStream =
  (...parts: string[]) =>
  (response: ServerResponse) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    for (const part of parts) response.write(part);
  };

describe("before its first event, a stream goes to another endpoint", () => {
  test.each<[string, (response: ServerResponse) => void]>([
    ["that begins with an error event", (r) => eventStream('data: {"error":{"message":"overloaded"}}\n\n')(r)],
    ["that begins with one of type error", (r) => eventStream('event: error\ndata: {"message":"no"}\n\n')(r)],
    [
      "that ends without any event",
      (r) => {
        eventStream()(r);
        r.end();
      },
    ],
    [
      "that breaks off",
      (r) => {
        eventStream("data: {")(r);
        setImmediate(() => r.socket?.resetAndDestroy());
      },
    ],
  ])("%s", async (_, answer) => {
    answerBadly = answer;
    const answered = await ask("pair", { events: 3 }, { stream: true });
    const text = await answered.text();
    expect([answered.status, answered.headers.get("x-bt-used-endpoint")]).toEqual([200, "good"]);
    expect(text).toContain("[DONE]");
    expect(text).not.toContain("error");
    expect([badRequests, good.requests.length]).toEqual([1, 1]);
  });
});

test("a stream that begins well goes on where it began, byte for byte, however it begins", async () => {
  const event = 'data: {"choices":[{"index":0,"delta":{"content":"hé"}}]}\n\n';
  const done = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
  for (const parts of [[event, done], [": a comment\n\n", event, done], [...`${event}${done}`]]) {
    answerBadly = (response) => {
      eventStream()(response);
      const [first = "", ...rest] = parts;
      response.write(first);
      const next = () => {
        const part = rest.shift();
        if (part === undefined) response.end();
        else response.write(part, () => setImmediate(next));
      };
      setImmediate(next);
    };
    const answered = await ask("pair", {}, { stream: true });
    expect(await answered.text()).toBe(parts.join(""));
    expect(answered.headers.get("x-bt-used-endpoint")).toBe("bad");
  }
  expect(good.requests).toEqual([]);
});

test("a stream that fails after its first event is not begun anew elsewhere", async () => {
  answerBadly = (response) => {
    eventStream('data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n')(response);
    setTimeout(() => response.end(), 20);
  };
  const text = await (await ask("pair", {}, { stream: true })).text();
  expect(text).toContain('"stream_truncated"');
  expect(good.requests).toEqual([]);
});

test("an endpoint without a first byte is closed, and another answers", async () => {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  answerBadly = (response) => void response.on("close", resolve);
  const answered = await ask("pair", { events: 2, everyMs: 20 }, { stream: true });
  expect(answered.headers.get("x-bt-used-endpoint")).toBe("good");
  await closed;
  await answered.text();
});

test("a key that was refused costs one request; the next ones go past it", async () => {
  answerBadly = (response) => void response.writeHead(401).end("{}");
  for (let count = 0; count < 5; count++) {
    expect((await ask("pair", {}, { model: "gpt-4o-keys" })).headers.get("x-bt-used-endpoint")).toBe("good");
  }
  expect([badRequests, good.requests.length]).toEqual([1, 5]);
});

describe("the only endpoint", () => {
  test.each([500, 503, 529, 429])("is asked once more after a %i", async (status) => {
    const answered = await ask("single", { status, times: 1 });
    expect([answered.status, good.requests.length]).toEqual([200, 2]);
    expect(good.requests[1]?.body.equals(good.requests[0]?.body ?? Buffer.alloc(0))).toBe(true);
  });

  test.each([400, 401, 403, 404, 413, 422])("is not after a %i", async (status) => {
    await ask("single", { status, times: 1 });
    expect(good.requests).toHaveLength(1);
  });

  test("is given as long as it asks for", async () => {
    const started = performance.now();
    const answered = await ask("single", { status: 429, times: 1, headers: { "retry-after": "2" } });
    expect(answered.status).toBe(200);
    expect(performance.now() - started).toBeGreaterThanOrEqual(1990);
  });

  test("is not asked again where that is too long", async () => {
    const answered = await ask("single", { status: 429, headers: { "retry-after": "21" } });
    expect([answered.status, answered.headers.get("retry-after"), good.requests.length]).toEqual([429, "21", 1]);
  });

  test("that fails five times in a row is left alone, and the caller told when to come back", async () => {
    const model = freshModel();
    for (let count = 0; count < 5; count++) expect((await ask("single", { status: 500 }, { model })).status).toBe(502);
    good.requests.length = 0;
    const started = performance.now();
    const answered = await ask("single", {}, { model });
    const tookMs = performance.now() - started;
    expect([answered.status, await codeOf(answered)]).toEqual([503, "no_endpoint_healthy"]);
    expect(Number(answered.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(tookMs).toBeLessThan(100);
    expect(good.requests).toEqual([]);
  });

  test("costs a limited caller nothing while it is left alone", async () => {
    const model = freshModel();
    const { key } = await rig.issue({ limits: { requests: 3 } }, `Bearer ${KEYS.single}`);
    for (let count = 0; count < 5; count++) await ask("single", { status: 500 }, { model });
    const askLimited = (wanted: string) =>
      rig.post("chat/completions", chat({}, { model: wanted }), { authorization: `Bearer ${key}` });
    for (let count = 0; count < 5; count++) expect((await askLimited(model)).status).toBe(503);
    const answered = await askLimited(freshModel());
    expect([answered.status, answered.headers.get("x-mintgate-remaining")]).toEqual([200, "requests=2"]);
  });

  test("that refuses what is too long for the model is sound, whatever status it chose", async () => {
    const model = freshModel();
    const body = { error: { message: "too long", type: "invalid_request_error", code: "context_length_exceeded" } };
    for (const status of [400, 403, 500, 400, 403, 500, 500]) {
      const answered = await ask("single", { status, body }, { model });
      expect([answered.status, await codeOf(answered)]).toEqual([400, "context_length_exceeded"]);
    }
    expect(good.requests).toHaveLength(7);
    expect((await ask("single", {}, { model })).status).toBe(200);
  });
});

describe("an endpoint that is too slow", () => {
  const failed = { events: 3, everyMs: 0 };

  test("to answer at all is a 504 that says so", async () => {
    const answered = await ask("hasty", { hang: true });
    expect([answered.status, await codeOf(answered)]).toEqual([504, "upstream_timeout"]);
    await good.waitFor((request) => request.closed && request.leftEarly);
  });

  test.each([
    ["a stream that is read", { stream: true }, {}],
    ["a stream that would be handed on", { stream: true }, { "x-mintgate-completeness": "caller" }],
  ])("in the middle of %s ends it with one error event", async (_what, fields, headers) => {
    const gate = `idle of ${_what}`;
    good.gate(gate).allow(2);
    const answered = await ask("hasty", { ...failed, gate }, fields, headers);
    const text = await answered.text();
    expect(text).toMatch(/event: error\ndata: .*"upstream_timeout".*\n\n$/);
    expect(text).toContain("idle for 1 seconds");
    expect(text).not.toContain("[DONE]");
    await good.waitFor((request) => request.closed && request.leftEarly);
  });

  test.each([
    ["a whole answer", {}, "gpt-4o"],
    ["a translated one", {}, "claude-sonnet-4-5"],
  ])("in the middle of %s is a 504", async (_what, fields, model) => {
    const orders: Orders = { hang: "after-headers" };
    const answered = await ask("hasty", orders, {
      ...fields,
      model,
      messages: [{ role: "user", content: orderInText(orders) }],
    });
    expect(answered.status).toBe(504);
    expect(await answered.text()).toContain("idle for 1 seconds");
    await good.waitFor((request) => request.closed && request.leftEarly);
  });

  test("in the middle of a translated stream ends it with one error event", async () => {
    const gate = "translated";
    good.gate(gate).allow(4);
    const answered = await rig.post(
      "chat/completions",
      {
        model: "claude-sonnet-4-5",
        stream: true,
        messages: [{ role: "user", content: orderInText({ events: 9, gate }) }],
      },
      { authorization: `Bearer ${KEYS.hasty}` },
    );
    expect(await answered.text()).toContain("idle for 1 seconds");
    await good.waitFor((request) => request.closed && request.leftEarly);
  });

  test("altogether is ended, however busily it sends", async () => {
    const answered = await ask("hasty", { events: 1000, everyMs: 50 }, { stream: true });
    const events = [];
    for await (const event of arrivingEvents(answered)) events.push(event);
    expect(events.length).toBeGreaterThan(10);
    expect(JSON.stringify(events.at(-1))).toContain("more than 3 seconds in total");
    await good.waitFor((request) => request.closed && request.leftEarly);
  });

  test("is not one that shows in time that it lives", async () => {
    const answered = await ask("hasty", { events: 5, everyMs: 400, comments: true }, { stream: true });
    expect(await answered.text()).toContain("[DONE]");
  });
});
