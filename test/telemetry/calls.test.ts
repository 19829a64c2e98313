import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Rig, startRig } from "../support/rig.ts";
import { type CallsStandIn, startCallsStandIn } from "../support/stand-in/calls/calls.ts";
import { type LiveStandIn, startLiveStandIn } from "../support/stand-in/live/live.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

const KEYS = { calls: "project-key-of-the-calls", live: "project-key-of-the-live" } as const;
const OFFER = "v=0\r\no=- 7 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
const CLIENT = 3;

let receiver: Receiver;
let calls: CallsStandIn;
let live: LiveStandIn;
let rig: Rig;
beforeAll(async () => {
  [receiver, calls, live] = await Promise.all([startReceiver(), startCallsStandIn(), startLiveStandIn()]);
  const at = (url: string) => [{ name: "openai", provider: "openai", apiKey: "sk-any", baseURL: url }];
  const orgs = {
    calls: { keys: [KEYS.calls], endpoints: at(calls.url) },
    live: { keys: [KEYS.live], endpoints: at(live.url) },
  };
  const settings = { MINT_CONFIG: JSON.stringify({ orgs }), OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
  rig = await startRig({ settings });
});
afterAll(async () => {
  await rig.stop();
  await Promise.all([receiver.stop(), calls.stop(), live.stop()]);
});

/** Places a call for a credential, in a trace of its own. */
async function place(org: keyof typeof KEYS, path: string, { type, body }: { type: string; body: string }) {
  const { key } = await rig.issue({ logging: { project_name: "voices" } }, `Bearer ${KEYS[org]}`);
  const traceId = randomBytes(16).toString("hex");
  const traceparent = `00-${traceId}-${randomBytes(8).toString("hex")}-01`;
  const headers = { authorization: `Bearer ${key}`, "content-type": type, traceparent };
  const answer = await fetch(rig.url(path), { method: "POST", headers, body });
  expect(answer.ok, await answer.text()).toBe(true);
  return traceId;
}

/** The spans of a call: that of the request, that of placing it, and, once it is over, its own. */
async function spansOf(traceId: string) {
  const spans = await receiver.untilSpans(3, (span) => span.traceId === traceId);
  const server = spans.find(({ kind }) => kind !== CLIENT);
  const own = spans.find(({ attributes }) => attributes["mintgate.realtime.seconds"] !== undefined);
  expect(spans).toHaveLength(3);
  expect(own?.parentSpanId).toBe(server?.spanId);
  expect(
    receiver.exports.filter(({ path }) => path === "/v1/traces").map(({ headers }) => headers["x-bt-parent"]),
  ).toContain("project_name:voices");
  return own;
}

test("a call over WebRTC has a span of its own when it is over, in its request's trace, with what it used", async () => {
  const traceId = await place("calls", "realtime/calls?model=gpt-realtime", { type: "application/sdp", body: OFFER });
  const call = calls.calls.at(-1);
  calls.scripts.push({
    text: "Hello.",
    usage: {
      ...{ total_tokens: 30, input_tokens: 10, output_tokens: 20 },
      input_token_details: { text_tokens: 10, audio_tokens: 0 },
      output_token_details: { text_tokens: 20, audio_tokens: 0 },
    },
  });
  call?.fromClient({ type: "response.create" });
  await calls.until(() => call?.told.some(({ type }) => type === "response.done"));
  await rig.post("credentials/revoke", { all: true }, { authorization: `Bearer ${KEYS.calls}` });
  expect(await spansOf(traceId)).toMatchObject({
    name: "realtime gpt-realtime",
    isError: false,
    attributes: {
      "gen_ai.usage.input_tokens": 10,
      "gen_ai.usage.output_tokens": 20,
      // Dollars a million: 4 for text in, 16 for text out.
      "mintgate.cost.usd": expect.closeTo((10 * 4 + 20 * 16) / 1e6, 9),
      "mintgate.realtime.responses": 1,
      "mintgate.realtime.close_reason": "credential_revoked",
      "mintgate.endpoint": "openai",
    },
  });
});

test("so has a Live session, by the seconds that its provider tells of", async () => {
  const offer = { session: { model: "gpt-live-1" }, transport: { type: "webrtc", sdp: OFFER } };
  const traceId = await place("live", "live/sessions", { type: "application/json", body: JSON.stringify(offer) });
  const session = live.sessions.at(-1);
  session?.tell({ type: "session.usage.updated", event_id: "event_1", usage: { seconds: 90 } });
  session?.hangUp();
  expect(await spansOf(traceId)).toMatchObject({
    name: "realtime gpt-live-1",
    isError: false,
    attributes: {
      // One second at five cents a minute: the stand-in's last word, in whole micro-dollars.
      "mintgate.cost.usd": 0.000834,
      "mintgate.realtime.close_code": 1000,
      "mintgate.realtime.close_reason": "client",
    },
  });
});
