import { randomBytes } from "node:crypto";
import * as incubating from "@opentelemetry/semantic-conventions/incubating";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { issueBound, type PostOptions, type Rig, startRig } from "../support/rig.ts";
import { orderInText } from "../support/stand-in/orders.ts";
import { chat } from "../support/work.ts";
import type { MetricData, SpanData } from "./otlp-json.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

const SERVER = 2;
const CLIENT = 3;
const USAGE = { input: 30, cached: 10, output: 12, reasoning: 5 };
/** gpt-4o: 2.5 dollars a million of input, 1.25 of what was cached, 10 of output; in whole micro-dollars. */
const COST = Math.ceil(20 * 2.5 + 10 * 1.25 + 12 * 10) / 1e6;

let receiver: Receiver;
let rig: Rig;
beforeAll(async () => {
  receiver = await startReceiver();
  rig = await startRig({
    settings: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20of-the-receiver,x-team=a",
    },
  });
});
afterAll(async () => {
  await rig.stop();
  await receiver.stop();
});
afterEach(() => receiver.forget());

const isServer = ({ kind }: SpanData): boolean => kind === SERVER;

/** Not the one that was told to come again with a nonce. */
const isLast = ({ attributes }: SpanData): boolean => attributes["error.type"] !== "use_dpop_nonce";

interface Spans {
  readonly server: SpanData;
  readonly clients: readonly SpanData[];
}

/** The spans of one request, known by its trace: those of others may still come in. */
async function spansOf(traceId: string): Promise<Spans> {
  const [server] = await receiver.untilSpans(1, (span) => isServer(span) && span.traceId === traceId && isLast(span));
  if (!server) throw new Error("no span of the request");
  return { server, clients: receiver.spans().filter((span) => span.kind === CLIENT && span.traceId === traceId) };
}

const newId = (digits: number): string => randomBytes(digits / 2).toString("hex");

type Asking = PostOptions & { readonly trace?: string };

/** Sends a request in a trace of its own, reads its answer, and waits for its spans. */
async function watched(
  body: object,
  { trace = newId(32), headers, ...rest }: Asking = {},
): Promise<Spans & { text: string }> {
  const traced = { "x-bt-use-cache": "never", traceparent: `00-${trace}-${newId(16)}-01`, ...headers };
  const answer = await rig.post("chat/completions", body, { ...rest, headers: traced });
  const text = await answer.text();
  return { ...(await spansOf(trace)), text };
}

const never = { headers: { "x-bt-use-cache": "never" } };

describe.each([
  ["whole", false],
  ["streamed", true],
] as const)("a %s answer", (_, stream) => {
  test("is a span of the server's with one of a client's within, after the conventions", async () => {
    const { server, clients } = await watched(chat({ usage: USAGE, events: 3 }, { stream }));
    const [client] = clients;
    expect(clients).toHaveLength(1);
    expect(client).toMatchObject({
      traceId: server.traceId,
      parentSpanId: server.spanId,
      name: "chat gpt-4o",
      isError: false,
    });
    expect(client?.attributes).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "gpt-4o",
      "gen_ai.request.stream": stream,
      "gen_ai.usage.input_tokens": USAGE.input,
      "gen_ai.usage.output_tokens": USAGE.output,
      "gen_ai.usage.cache_read.input_tokens": USAGE.cached,
      "gen_ai.usage.reasoning.output_tokens": USAGE.reasoning,
      "mintgate.cost.usd": COST,
    });
    expect(client?.attributes["gen_ai.response.model"]).toMatch(/^gpt-4o/);
    expect(typeof client?.attributes["gen_ai.response.time_to_first_chunk"]).toBe(stream ? "number" : "undefined");
    expect(server).toMatchObject({ name: "POST /chat/completions", isError: false });
    expect(server.attributes).toMatchObject({
      "http.request.method": "POST",
      "http.route": "/chat/completions",
      "http.response.status_code": 200,
      "mintgate.org": "default",
      "mintgate.caller": "project-key",
      "mintgate.attempts": 1,
    });
    expect(server.resource).toMatchObject({ "service.name": "mintgate" });
    expect((client?.startNanos ?? 0n) >= server.startNanos && (client?.endNanos ?? 0n) <= server.endNanos).toBe(true);
  });

  test("shows its caller no more for being watched", async () => {
    const asked = chat({ usage: USAGE, text: "Well said." }, { stream });
    const answer = await rig.post("chat/completions", asked, never);
    const text = await answer.text();
    expect(text.includes('"usage":{')).toBe(!stream);
    expect(text.includes("[DONE]")).toBe(stream);
    await receiver.untilSpans(1, isServer);
  });
});

describe("attributes, metrics and their names", () => {
  const known: ReadonlySet<unknown> = new Set(Object.values(incubating).filter((value) => typeof value === "string"));
  const own = /^mintgate\./;

  test("are those of OpenTelemetry's conventions, or begin with our own name", async () => {
    await Promise.all([
      rig.post("chat/completions", chat({ usage: USAGE }, { stream: true }), never).then((answer) => answer.text()),
      rig.post("chat/completions", chat({ status: 400, body: {} }), never).then((answer) => answer.text()),
    ]);
    const spans = await receiver.untilSpans(4);
    const measured = await metricsFor(() => receiver.metrics().length > 4);
    const names = [...spans, ...measured].flatMap(({ attributes }) => Object.keys(attributes));
    expect(names.filter((name) => !known.has(name) && !own.test(name))).toEqual([]);
    expect(measured.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
    for (const { attributes } of spans.filter(({ kind }) => kind === CLIENT)) {
      expect(Object.values(incubating)).toContain(attributes["gen_ai.operation.name"]);
      expect(Object.values(incubating)).toContain(attributes["gen_ai.provider.name"]);
    }
  });

  test("measure what was used and how long it took", async () => {
    // Of a model that no other test asks: what these did is measured, too, and may come only now.
    const asked = chat({ usage: USAGE }, { model: "gpt-4o-mini", stream: true });
    await rig.post("chat/completions", asked, never).then((answer) => answer.text());
    const isOwn = ({ attributes }: MetricData) => attributes["gen_ai.request.model"] === "gpt-4o-mini";
    const all = await metricsFor((metrics) => metrics.filter(isOwn).length === 4);
    const measured = all.filter(isOwn);
    const sums = Object.fromEntries(
      measured
        .filter(({ name }) => name === "gen_ai.client.token.usage")
        .map(({ attributes, sum, count }) => [attributes["gen_ai.token.type"], [sum, count]]),
    );
    expect(sums).toEqual({ input: [USAGE.input, 1], output: [USAGE.output, 1] });
    for (const name of ["gen_ai.client.operation.duration", "gen_ai.server.time_to_first_token"])
      expect(
        measured.filter((one) => one.name === name),
        name,
      ).toHaveLength(1);
    expect(all.map(({ name }) => name)).toContain("http.server.request.duration");
  });
});

async function metricsFor(isEnough: (metrics: readonly MetricData[]) => boolean): Promise<readonly MetricData[]> {
  await expect.poll(() => isEnough(receiver.metrics()), { timeout: 10_000 }).toBe(true);
  return receiver.metrics();
}

describe("a trace", () => {
  const TRACE = newId(32);
  const PARENT = "b7ad6b7169203331";
  const from = (traceparent: string) => ({ trace: TRACE, headers: { ...never.headers, traceparent } });

  test("that the page began goes on", async () => {
    const { server, clients } = await watched(chat(), from(`00-${TRACE}-${PARENT}-01`));
    expect(server).toMatchObject({ traceId: TRACE, parentSpanId: PARENT });
    expect(clients[0]).toMatchObject({ traceId: TRACE, parentSpanId: server.spanId });
  });

  test.each([
    `00-${"0".repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `ff-${TRACE}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01-more`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    "x".repeat(4000),
  ])("that is none begins anew: %s", async (traceparent) => {
    const model = `gpt-4o-${newId(8)}`;
    await rig.post("chat/completions", chat({}, { model }), from(traceparent)).then((answer) => answer.text());
    const [server] = await receiver.untilSpans(
      1,
      (span) => isServer(span) && span.attributes["gen_ai.request.model"] === model,
    );
    expect([server?.traceId, server?.parentSpanId]).toEqual([expect.not.stringMatching(TRACE), undefined]);
  });

  test("that nobody keeps is not exported, but measured", async () => {
    await rig
      .post("chat/completions", chat(), { headers: { ...never.headers, traceparent: `00-${newId(32)}-${PARENT}-00` } })
      .then((answer) => answer.text());
    await metricsFor((metrics) => metrics.length > 0);
    expect(receiver.spans().filter(({ traceId }) => traceId === TRACE)).toEqual([]);
  });

  test("is not told to a provider whose endpoint does not want it", async () => {
    rig.standIn.requests.length = 0;
    await watched(chat());
    expect(rig.standIn.requests[0]?.headers).not.toHaveProperty("traceparent");
  });
});

test("the receiver gets its headers, and they go nowhere else", async () => {
  rig.standIn.requests.length = 0;
  await watched(chat());
  expect(receiver.exports[0]?.headers).toMatchObject({ authorization: "Bearer of-the-receiver", "x-team": "a" });
  expect(JSON.stringify(rig.standIn.requests.map(({ headers }) => headers))).not.toContain("of-the-receiver");
});

describe("where a request is filed", () => {
  test("is what its credential's issuer says, whatever the request says", async () => {
    const { key } = await rig.issue({ logging: { project_name: "my project" } });
    const headers = { "x-bt-parent": "project_name:other" };
    const { server } = await watched(chat(), { authorization: `Bearer ${key}`, headers });
    const parent = receiver.exports.find(({ path, body }) => path === "/v1/traces" && body.includes(server.traceId));
    expect(parent?.headers["x-bt-parent"]).toBe("project_name:my project");
    expect(server.attributes).toMatchObject({ "mintgate.caller": "credential" });
    expect(server.attributes["mintgate.credential.id"]).toMatch(/./);
  });

  test("is what the request says, each batch by itself", async () => {
    const ask = (parent?: string) =>
      rig
        .post("chat/completions", chat(), { headers: { ...never.headers, ...(parent && { "x-bt-parent": parent }) } })
        .then((answer) => answer.text());
    await Promise.all([ask("project_name:a"), ask("project_id:b"), ask()]);
    await receiver.untilSpans(3, isServer);
    const parents = receiver.exports
      .filter(({ path }) => path === "/v1/traces")
      .map(({ headers }) => headers["x-bt-parent"]);
    expect(new Set(parents)).toEqual(new Set(["project_name:a", "project_id:b", undefined]));
  });
});

describe("an answer of the object that has those under way", () => {
  test("is recorded with its call's usage; one from the cache with none", async () => {
    const asked = chat({ usage: USAGE }, { temperature: 0, seed: 7, stream: true });
    const { client, credential } = await issueBound(rig);
    const ask = async () => {
      const trace = newId(32);
      const answer = await client.fetch(rig.url("chat/completions"), {
        method: "POST",
        credential,
        headers: { "content-type": "application/json", traceparent: `00-${trace}-${newId(16)}-01` },
        body: JSON.stringify(asked),
      });
      await answer.text();
      return spansOf(trace);
    };
    const first = await ask();
    expect(first.clients).toHaveLength(1);
    expect(first.clients[0]).toMatchObject({ parentSpanId: first.server.spanId });
    expect(first.clients[0]?.attributes).toMatchObject({
      "gen_ai.usage.output_tokens": USAGE.output,
      "mintgate.cost.usd": COST,
    });
    expect(first.server.attributes).not.toHaveProperty("mintgate.cached");
    await expect
      .poll(async () => {
        const again = await ask();
        return [again.server.attributes["mintgate.cached"], again.clients.length];
      })
      .toEqual(["edge", 0]);
  });
});

describe("failures", () => {
  test("of a provider are errors of both spans, by their kind", async () => {
    const { server, clients } = await watched(chat({ status: 500, body: { error: { message: "no" } } }));
    expect(server.isError).toBe(true);
    expect(server.attributes).toMatchObject({ "error.type": "upstream_error", "http.response.status_code": 502 });
    expect(clients.length).toBeGreaterThan(0);
    expect(clients.map(({ isError, attributes }) => [isError, attributes["error.type"]])).toEqual(
      clients.map(() => [true, "upstream_error"]),
    );
  });

  test("of a caller are no errors of the server's", async () => {
    const { server, clients } = await watched({ model: "gpt-4o", messages: 1 });
    expect([server.isError, server.attributes["error.type"], clients]).toEqual([false, "bad_field", []]);
  });

  test("within a stream are told of", async () => {
    const { server } = await watched(chat({ events: 5, cutAfterEvents: 2 }, { stream: true }));
    expect([server.isError, server.attributes["error.type"]]).toEqual([true, "failed_in_stream"]);
  });

  test("that a caller left is known though the provider is silent", async () => {
    const abort = new AbortController();
    const asked = chat({ events: 5, gate: "left" }, { stream: true });
    const trace = newId(32);
    const headers = { ...never.headers, traceparent: `00-${trace}-${newId(16)}-01` };
    const answer = rig.post("chat/completions", asked, { headers, signal: abort.signal }).catch(() => undefined);
    await expect.poll(() => rig.standIn.requests.some(({ orders }) => orders.gate === "left")).toBe(true);
    abort.abort();
    await answer;
    const { server } = await spansOf(trace);
    expect(server.attributes["error.type"]).toBe("caller_left");
  });
});

test("what was said is in no span unless the organisation wants it", async () => {
  const said = "canary-of-the-answer-4b";
  const asked = chat(
    { text: said },
    { messages: [{ role: "user", content: `canary-of-the-prompt-9e ${orderInText({})}` }] },
  );
  for (const stream of [false, true]) {
    const { text } = await watched({ ...asked, stream });
    expect(text).toContain("canary");
  }
  expect(JSON.stringify(receiver.exports)).not.toContain("canary");
});
