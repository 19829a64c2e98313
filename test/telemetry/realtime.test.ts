import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  byHeader,
  type Client,
  type ClientInit,
  connectTo,
  pcm,
  type RealtimeRig,
  startRealtimeRig,
  userText,
} from "../realtime/rig.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

const METRICS_KEY = "the-key-of-those-who-read-metrics-0123";
const ADMIN_KEY = "the-admin-key-of-those-who-look-0123456";
const CLIENT = 3;
const SERVER = 2;

let receiver: Receiver;
let rig: RealtimeRig;
beforeAll(async () => {
  receiver = await startReceiver();
  rig = await startRealtimeRig({
    settings: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, METRICS_KEY, ADMIN_KEY },
  });
});
afterAll(async () => {
  await rig.stop();
  await receiver.stop();
});
afterEach(() => receiver.forget());

/** Text 100 in, 40 of it cached, and 20 out; voice 50 in and 30 out. */
const USAGE = {
  total_tokens: 200,
  input_tokens: 150,
  output_tokens: 50,
  input_token_details: {
    text_tokens: 100,
    audio_tokens: 50,
    cached_tokens: 40,
    cached_tokens_details: { text_tokens: 40, audio_tokens: 0 },
  },
  output_token_details: { text_tokens: 20, audio_tokens: 30 },
};
/** gpt-realtime: dollars a million of text 4, cached 0.4, out 16; of voice 32 and 64. */
const COST = Math.ceil(60 * 4 + 40 * 0.4 + 50 * 32 + 20 * 16 + 30 * 64) / 1e6;

/** One session with so many responses, closed by its client; its spans. */
async function session(init: ClientInit, { query = "?model=gpt-realtime", responses = 1 } = {}) {
  const traceId = randomBytes(16).toString("hex");
  const headers = { ...init.headers, traceparent: `00-${traceId}-${randomBytes(8).toString("hex")}-01` };
  const client = await connectTo(rig.socketURL(query), { ...init, headers });
  if (query === "") client.send({ type: "session.update", session: { type: "realtime", model: "gpt-realtime" } });
  await client.next("session.created");
  for (let count = 0; count < responses; count++) await respond(client);
  client.socket.close(1000);
  await client.closed;
  const spans = await receiver.untilSpans(2, (span) => span.traceId === traceId);
  return { server: spans.find(({ kind }) => kind === SERVER), client: spans.find(({ kind }) => kind === CLIENT) };
}

async function respond(client: Client): Promise<void> {
  rig.provider.scripts.push({ text: "Hello.", usage: USAGE });
  client.send(userText("Hi."));
  client.send({ type: "response.create" });
  await client.next("response.done");
}

async function samples(): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(`${rig.server.url}/metrics`, { headers: { authorization: `Bearer ${METRICS_KEY}` } });
  const lines = (await answer.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
}

async function usageOf(org: string, subject?: string) {
  const query = `org=${org}${subject === undefined ? "" : `&subject=${encodeURIComponent(subject)}`}`;
  const answer = await fetch(rig.url(`admin/usage?${query}`), { headers: { authorization: `Bearer ${ADMIN_KEY}` } });
  expect(answer.status).toBe(200);
  return (await answer.json()) as {
    readonly used: Readonly<Record<string, number>>;
    readonly instance: { readonly realtime: Readonly<Record<string, number>> };
  };
}

describe.each([
  ["a key's, whose frames pass unread", async () => rig.server.projectKey ?? "", "?model=gpt-realtime"],
  ["a credential's", async () => (await rig.issue({ models: ["gpt-realtime*"] })).key, "?model=gpt-realtime"],
  ["one that names its model in its first event", async () => rig.server.projectKey ?? "", ""],
])("a session: %s", (_, keyOf, query) => {
  test("is a span as long as it was, with one of the provider's within that has what it used", async () => {
    const { server, client } = await session(byHeader(await keyOf()), { query, responses: 2 });
    expect(server).toMatchObject({
      name: "GET /realtime",
      isError: false,
      attributes: {
        "http.response.status_code": 101,
        "gen_ai.request.model": "gpt-realtime",
        "mintgate.endpoint": "openai",
      },
    });
    expect(client).toMatchObject({
      name: "realtime gpt-realtime",
      parentSpanId: server?.spanId,
      isError: false,
      attributes: {
        "gen_ai.operation.name": "realtime",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-realtime",
        "gen_ai.usage.input_tokens": 300,
        "gen_ai.usage.cache_read.input_tokens": 80,
        "gen_ai.usage.output_tokens": 100,
        "mintgate.cost.usd": expect.closeTo(2 * COST, 9),
        "mintgate.realtime.responses": 2,
        "mintgate.realtime.close_code": 1000,
        "mintgate.realtime.close_reason": "client",
      },
    });
    const seconds = Number(client?.attributes["mintgate.realtime.seconds"]);
    const spanSeconds = Number((server?.endNanos ?? 0n) - (server?.startNanos ?? 0n)) / 1e9;
    expect(seconds).toBeGreaterThan(0);
    expect(spanSeconds).toBeGreaterThanOrEqual(seconds);
  });
});

test("voice is counted where frames are read, and nothing that was said is told", async () => {
  const { key } = await rig.issue({ models: ["gpt-realtime"] });
  const client = await connectTo(rig.socketURL(), byHeader(key));
  await client.next("session.created");
  client.send({ type: "input_audio_buffer.append", audio: pcm(1500) });
  client.send(userText("a canary of what was said"));
  rig.provider.scripts.push({ seconds: 2, usage: USAGE });
  client.send({ type: "response.create" });
  await client.next("response.done");
  client.socket.close(1000);
  const [span] = await receiver.untilSpans(1, ({ kind }) => kind === CLIENT);
  expect(span?.attributes["mintgate.realtime.audio_in_seconds"]).toBeCloseTo(1.5, 3);
  expect(span?.attributes["mintgate.realtime.audio_out_seconds"]).toBeCloseTo(2, 3);
  expect(JSON.stringify(receiver.exports)).not.toContain("canary of what");
});

test("a session that its provider breaks is a failure by its kind", async () => {
  const client = await connectTo(rig.socketURL(), byHeader(rig.server.projectKey ?? ""));
  await client.next("session.created");
  rig.provider.connections.at(-1)?.cut();
  expect((await client.closed).code).toBe(1011);
  const [span] = await receiver.untilSpans(1, ({ kind }) => kind === CLIENT);
  expect(span).toMatchObject({ isError: true, attributes: { "error.type": "upstream_lost" } });
});

test("a session that no provider takes is one request that failed, with each attempt in it", async () => {
  rig.provider.refuse(500);
  await expect(connectTo(rig.socketURL(), byHeader(rig.server.projectKey ?? ""))).rejects.toThrow("502");
  rig.provider.refuse(undefined);
  const spans = await receiver.untilSpans(3);
  expect(spans.filter(({ kind }) => kind === CLIENT)).toHaveLength(2);
  for (const span of spans) {
    expect(span).toMatchObject({ isError: true, attributes: { "error.type": "upstream_error" } });
    expect(span.attributes["gen_ai.request.model"]).toBe("gpt-realtime");
  }
});

test.each([
  ["its client's own mistake is no failure", "a model that nobody serves", undefined],
  ["a provider that refuses it is one", "gpt-realtime", "upstream_error"],
])("a session that was let in and came to nothing: %s", async (_, model, kind) => {
  const traceparent = `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-01`;
  rig.provider.refuse(500);
  const { headers } = byHeader(rig.server.projectKey ?? "");
  const client = await connectTo(rig.socketURL(""), { headers: { ...headers, traceparent } });
  client.send({ type: "session.update", session: { type: "realtime", model } });
  await client.closed;
  rig.provider.refuse(undefined);
  const ofTrace = ({ kind: of, traceId }: { kind: number; traceId: string }) =>
    of === SERVER && traceparent.includes(traceId);
  const [span] = await receiver.untilSpans(1, ofTrace);
  expect(span?.isError).toBe(kind !== undefined);
  expect(span?.attributes["error.type"]).toBe(kind);
});

test("metrics have sessions, their seconds, tokens and cost; a session's request took as long as its handshake", async () => {
  const before = await samples();
  const of = 'model="gpt-realtime",endpoint="openai"';
  const open = await connectTo(rig.socketURL(), byHeader(rig.server.projectKey ?? ""));
  await open.next("session.created");
  expect((await samples()).get("mintgate_realtime_sessions_open")).toBe(1);
  await session(byHeader(rig.server.projectKey ?? ""));
  open.socket.close(1000);
  const grown = async (name: string): Promise<number> => ((await samples()).get(name) ?? 0) - (before.get(name) ?? 0);
  await expect.poll(() => grown(`mintgate_realtime_sessions_total{${of},close_code="1000"}`)).toBe(2);
  expect(await grown(`mintgate_tokens_total{${of},type="input"}`)).toBe(150);
  expect(await grown(`mintgate_cost_usd_total{${of}}`)).toBeCloseTo(COST, 9);
  const seconds = await grown(`mintgate_realtime_seconds_total{${of}}`);
  expect(seconds).toBeGreaterThan(0);
  expect(await grown(`mintgate_request_seconds_count{route="/realtime",${of}}`)).toBe(2);
  expect((await samples()).get("mintgate_realtime_sessions_open")).toBe(0);
  expect((await samples()).get("mintgate_requests_under_way")).toBe(0);
});

test("an admin sees an organisation's sessions of this instance, and what was counted of a subject's time", async () => {
  const before = (await usageOf("default")).instance.realtime;
  const { key, subject } = await rig.issue({ subject: "speaker", limits: { realtimeSeconds: 60, per: "day" } });
  await session(byHeader(key));
  const { realtime } = (await usageOf("default")).instance;
  expect((realtime.sessions ?? 0) - (before.sessions ?? 0)).toBe(1);
  expect((realtime.tokens ?? 0) - (before.tokens ?? 0)).toBe(200);
  expect((realtime.usd ?? 0) - (before.usd ?? 0)).toBeCloseTo(COST, 9);
  expect(realtime.open).toBe(0);
  // What is left of a lease of 30 seconds is given back.
  await expect.poll(async () => (await usageOf("default", subject)).used.realtime_seconds).toBeLessThan(20);
  expect((await usageOf("default", subject)).used.realtime_seconds).toBeGreaterThan(0);
  const own = await fetch(rig.url("usage"), { headers: { authorization: `Bearer ${key}` } });
  const { data } = (await own.json()) as { readonly data: readonly object[] };
  expect(data).toContainEqual({
    of: "subject",
    period: expect.stringMatching(/^day:/),
    used: { realtime_seconds: expect.any(Number) },
    limit: { realtime_seconds: 60 },
  });
});
