import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Rig, startRig } from "../support/rig.ts";
import { orderInText } from "../support/stand-in/orders.ts";
import type { SpanData } from "./otlp-json.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

const OPEN = "project-key-of-the-org-that-shows-content";
const SHUT = "project-key-of-the-org-that-shows-nothing";

let receiver: Receiver;
let rig: Rig;
beforeAll(async () => {
  receiver = await startReceiver();
  rig = await startRig({
    settings: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
    config: (baseURL) => {
      const endpoint = { name: "openai", provider: "openai", apiKey: "$OPENAI_API_KEY", baseURL };
      return {
        orgs: {
          open: { keys: [OPEN], logging: { content: true }, endpoints: [{ ...endpoint, passesTrace: true }] },
          shut: { keys: [SHUT], logging: { content: false }, endpoints: [endpoint] },
        },
      };
    },
  });
});
afterAll(async () => {
  await rig.stop();
  await receiver.stop();
});

const told = `Say it. ${orderInText({ text: "Grüße, said the model." })}`;
const chat = {
  model: "gpt-4o",
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: told },
  ],
};
const REQUESTS: readonly (readonly [string, object])[] = [
  ["chat/completions", chat],
  ["chat/completions", { ...chat, stream: true }],
  [
    "anthropic/v1/messages",
    { model: "gpt-4o", max_tokens: 50, system: "Be brief.", messages: [{ role: "user", content: told }], stream: true },
  ],
  [
    "google/v1beta/models/gpt-4o:generateContent",
    { systemInstruction: { parts: [{ text: "Be brief." }] }, contents: [{ role: "user", parts: [{ text: told }] }] },
  ],
  ["responses", { model: "gpt-4o", instructions: "Be brief.", input: told, stream: true }],
];

async function clientSpan(key: string, path: string, body: object): Promise<SpanData> {
  receiver.forget();
  const headers = { "x-bt-use-cache": "never" };
  const answer = await rig.post(path, body, { authorization: `Bearer ${key}`, headers });
  expect(answer.status, await answer.text()).toBe(200);
  const [span] = await receiver.untilSpans(1, ({ kind }) => kind === 3);
  if (!span) throw new Error("no span");
  return span;
}

const parsed = (value: unknown): unknown => JSON.parse(String(value));

describe("an organisation that wants content in its spans", () => {
  test.each(REQUESTS)("has what was asked and answered at %s, in the conventions' form", async (path, body) => {
    const { attributes } = await clientSpan(OPEN, path, body);
    const input = parsed(attributes["gen_ai.input.messages"]) as {
      role: string;
      parts: { type: string; content: string }[];
    }[];
    expect(input.map(({ role }) => role)).toEqual(["system", "user"]);
    expect(input[1]?.parts).toEqual([{ type: "text", content: told }]);
    expect(parsed(attributes["gen_ai.output.messages"])).toEqual([
      { role: "assistant", parts: [{ type: "text", content: "Grüße, said the model." }] },
    ]);
  });
});

test.each(REQUESTS)("an organisation that does not has none of it: %s", async (path, body) => {
  const { attributes } = await clientSpan(SHUT, path, body);
  expect(Object.keys(attributes).filter((name) => /messages/.test(name))).toEqual([]);
  expect(JSON.stringify(receiver.exports)).not.toMatch(/Be brief|Grüße/);
});

test("an endpoint that wants it is told of the trace: its own span's place, and the caller's state", async () => {
  for (const [key, passes] of [
    [OPEN, true],
    [SHUT, false],
  ] as const) {
    rig.standIn.requests.length = 0;
    receiver.forget();
    const traceId = "1234567890abcdef1234567890abcdef";
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01`, tracestate: "a=b", "x-bt-use-cache": "never" };
    await rig
      .post("chat/completions", chat, { authorization: `Bearer ${key}`, headers })
      .then((answer) => answer.text());
    const [span] = await receiver.untilSpans(1, ({ kind }) => kind === 3);
    const sent = rig.standIn.requests[0]?.headers ?? {};
    const expected = passes ? [`00-${traceId}-${span?.spanId}-01`, "a=b"] : [undefined, undefined];
    expect([sent.traceparent, sent.tracestate]).toEqual(expected);
  }
});
