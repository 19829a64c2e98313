import { describe, expect, test } from "vitest";
import { readTraceparent } from "../../mint-server/contract/trace-context.ts";
import { createTokenWatch } from "../../sw/timing.ts";
import { CHAT, createRig } from "./rig.ts";

const POST = { method: "POST", headers: { "content-type": "application/json" }, body: '{"model":"m","messages":[]}' };
const EVENTS = [
  'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n',
  'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n',
  "data: [DONE]\n\n",
];

describe("the trace of a request", () => {
  test("is begun where the page has none, anew for each, and told in its last event", async () => {
    const rig = createRig();
    for (let round = 0; round < 2; round++) await rig.call(CHAT, POST).then((answer) => answer.text());
    const traces = rig.server.calls().map(({ headers }) => readTraceparent(headers.get("traceparent"))?.traceId);
    expect(new Set(traces).size).toBe(2);
    const told = rig.events.flatMap((event) => (event.type === "done" ? [event.traceId] : []));
    expect(told).toEqual(traces);
  });

  test("is the page's own where it has one", async () => {
    const rig = createRig();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await rig.call(CHAT, { ...POST, headers: { ...POST.headers, traceparent } }).then((answer) => answer.text());
    expect(rig.server.calls()[0]?.headers.get("traceparent")).toBe(traceparent);
    expect(rig.events.at(-1)).toMatchObject({ type: "done", traceId: "0af7651916cd43dd8448eb211c80319c" });
  });
});

describe("the first token", () => {
  test("is no sooner than the model said something", () => {
    const hasToken = createTokenWatch();
    expect(EVENTS.slice(0, 2).map((event) => hasToken(new TextEncoder().encode(event)))).toEqual([false, true]);
  });

  test("is found wherever the stream is cut", () => {
    const bytes = new TextEncoder().encode(EVENTS.join(""));
    const said = EVENTS[0]?.length ?? 0;
    const end = EVENTS.join("").indexOf("Hi") + 1;
    for (let size = 1; size <= 30; size++) {
      const hasToken = createTokenWatch();
      let found = -1;
      for (let at = 0; at < bytes.length && found < 0; at += size) {
        if (hasToken(bytes.subarray(at, at + size))) found = at + size;
      }
      expect(found, `pieces of ${size}`).toBeGreaterThan(said);
      expect(found, `pieces of ${size}`).toBeLessThan(end + 2 * size);
    }
  });

  test.each([
    ["Anthropic", 'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Hi"}}\n\n', true],
    ["Anthropic's start", 'data: {"type":"content_block_start","content_block":{"type":"text","text":""}}\n\n', false],
    ["Responses", 'data: {"type":"response.output_text.delta","delta":"Hi"}\n\n', true],
    ["Gemini", 'data: {"candidates":[{"content":{"parts":[{"text": "Hi"}],"role":"model"}}]}\n\n', true],
    ["a tool's arguments", 'data: {"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{"}}]}}]}\n\n', true],
  ])("of %s", (_, event, expected) => {
    expect(createTokenWatch()(new TextEncoder().encode(event))).toBe(expected);
  });

  test("is timed in streams alone", async () => {
    const rig = createRig();
    const answer = (type: string) => async () => new Response(EVENTS.join(""), { headers: { "content-type": type } });
    rig.server.answer = answer("text/event-stream");
    await rig.call(CHAT, POST).then((response) => response.text());
    const streamed = rig.events.at(-1);
    expect(streamed?.type === "done" && streamed.firstTokenMs).toBeGreaterThanOrEqual(0);
    rig.server.answer = answer("application/json");
    await rig.call(CHAT, POST).then((response) => response.text());
    expect(rig.events.at(-1)).not.toHaveProperty("firstTokenMs");
  });
});
