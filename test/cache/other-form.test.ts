import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import type { ChatCompletion } from "openai/resources/chat/completions";
import { describe, expect, test } from "vitest";
import { isStorable } from "../../mint-server/cache/complete-answer.ts";
import { utf8 } from "../../mint-server/contract/bytes.ts";
import { findModelEndpoint } from "../../mint-server/contract/endpoints.ts";
import { createStreamProbe } from "../../mint-server/contract/sse.ts";
import type { ChatAnswer } from "../../mint-server/wire/chat-answer.ts";
import type { ChatRequest } from "../../mint-server/wire/chat-request.ts";
import { streamOf, wholeOf } from "../../mint-server/wire/other-form.ts";
import { CLIENTS } from "../wire/support/clients.ts";
import { collect, decodeStream } from "../wire/support/collect.ts";
import { joined } from "../wire/support/converse.ts";
import { CALLERS, type ChatSchema, schemas, wireOf, wires } from "../wire/support/formats.ts";
import { expectConsistent, isTerminal, tell, toldEvents } from "../wire/support/listeners.ts";
import { CLOCK, call, chatRequest, createStamp, say, WEATHER } from "../wire/support/samples.ts";
import { STREAMS } from "../wire/support/streams.ts";
import { recordedStreams } from "./corpus.ts";
import { NATIVE } from "./native-answers.ts";

const SCHEMAS: readonly ChatSchema[] = ["chat", "completions", "responses", "anthropic", "google"];
const WITH_USAGE = { includeUsage: true };

interface Answered {
  readonly name: string;
  readonly answer: ChatAnswer;
  readonly request: ChatRequest;
}

const REQUEST = chatRequest({ stream: true, tools: [WEATHER, CLOCK], reasoning: { effort: "high", show: true } });
const usage = { inputTokens: 12, outputTokens: 34, cachedTokens: 5, reasoningTokens: 6 };

/** Answers in no provider's words: what the modelled streams say, and what they do not. */
const ANSWERS: readonly Answered[] = [
  ...STREAMS.filter(({ ends }) => ends === "whole").map(({ name, wire, request, pieces }) => {
    const answer = collect(decodeStream(wire, joined(pieces), request));
    if (!answer) throw new Error(`${name} is not whole`);
    return { name, answer, request };
  }),
  answered("citations", {
    choices: [
      {
        index: 0,
        parts: [
          {
            kind: "text",
            text: "Grüße 👋 aus Bern.",
            citations: [{ url: "https://a.example/", title: "A", start: 0, end: 5, quote: "Grüße" }],
          },
        ],
        finish: { reason: "stop" },
      },
    ],
    usage,
  }),
  answered("logprobs", {
    choices: [
      {
        index: 0,
        parts: [say("Hi")],
        finish: { reason: "length" },
        logprobs: [{ token: "Hi", logprob: -0.25, bytes: [72, 105], top: [{ token: "Ho", logprob: -2, bytes: null }] }],
      },
    ],
    usage,
  }),
  answered("three choices with calls", {
    choices: [
      { index: 0, parts: [call("a", "weather", { city: "Bern" })], finish: { reason: "tool_calls" } },
      { index: 1, parts: [say("B"), call("b", "clock", {})], finish: { reason: "tool_calls" } },
      { index: 2, parts: [{ kind: "refusal", text: "No" }], finish: { reason: "refusal" } },
    ],
    usage,
  }),
  answered("a stop sequence", {
    choices: [{ index: 0, parts: [say("A")], finish: { reason: "stop", stopSequence: "END" } }],
    usage,
  }),
  answered("nothing said", { choices: [{ index: 0, parts: [], finish: { reason: "content_filter" } }], usage }),
  answered("thoughts that are hidden", {
    choices: [
      {
        index: 0,
        parts: [
          { kind: "reasoning", text: "Hm.", signature: { by: "anthropic", value: "c2ln" } },
          { kind: "reasoning", text: "", signature: { by: "anthropic", value: "ZGF0YQ", redacted: true } },
          say("So."),
        ],
        finish: { reason: "stop" },
      },
    ],
    usage,
  }),
];

function answered(name: string, answer: ChatAnswer): Answered {
  return { name, answer: { id: "id-1", model: "model-1", ...answer }, request: REQUEST };
}

const wholeIn = (schema: ChatSchema, { answer, request }: Answered): Record<string, unknown> =>
  JSON.parse(JSON.stringify(schemas[schema].encodeAnswer(answer, request, createStamp()))) as Record<string, unknown>;

function endpointOf(schema: ChatSchema) {
  const paths = {
    chat: "chat/completions",
    completions: "completions",
    responses: "responses",
    anthropic: "anthropic/v1/messages",
    google: "google/v1beta/models/m:streamGenerateContent",
  };
  const endpoint = findModelEndpoint(paths[schema])?.endpoint;
  if (!endpoint) throw new Error(`no endpoint of ${schema}`);
  return endpoint;
}

/** A stream's text, which must be one that could be stored itself. */
function expectStream(schema: ChatSchema, stream: string | undefined): string {
  const endpoint = endpointOf(schema);
  const body = utf8(stream ?? "");
  const probe = createStreamProbe(endpoint.terminal);
  probe.feed(body);
  expect(probe.state).toBe("complete");
  const headers = { "content-type": "text/event-stream" };
  expect(isStorable(endpoint, { status: 200, headers, body, isComplete: true })).toBe(true);
  return stream ?? "";
}

const counted = (schema: ChatSchema, { answer }: Answered): boolean =>
  Boolean(answer.usage) || (schema !== "chat" && schema !== "completions");

describe.each(SCHEMAS)("a whole answer of %s as a stream", (schema) => {
  test.each(ANSWERS.filter((one) => counted(schema, one)))("has everything that was in it: $name", (one) => {
    const whole = wholeIn(schema, one);
    const stream = expectStream(schema, streamOf(schema, JSON.stringify(whole), WITH_USAGE));
    expect(JSON.parse(wholeOf(schema, stream) ?? "null")).toEqual(whole);
    const events = toldEvents(stream, schema);
    expectConsistent(events, schema);
    expect(events.map((event) => isTerminal(event, schema)).indexOf(true)).toBe(events.length - 1);
  });

  test.each(ANSWERS.filter((one) => !counted(schema, one)))("is none where its usage is not known: $name", (one) => {
    const whole = JSON.stringify(wholeIn(schema, one));
    expect(streamOf(schema, whole, WITH_USAGE)).toBeUndefined();
    expectStream(schema, streamOf(schema, whole, { includeUsage: false }));
  });
});

describe.each(CALLERS)("a whole answer of %s as a stream", (schema) => {
  test.each(ANSWERS.filter((one) => counted(schema, one)))("reaches those who read streams: $name", (one) => {
    const whole = wholeIn(schema, one);
    const stream = streamOf(schema, JSON.stringify(whole), WITH_USAGE) ?? "";
    const wire = wires[wireOf(schema)];
    const expected = wire.decodeAnswer(whole, one.request);
    const { serviceTier: _, ...told } = expected ?? {};
    expect(collect(decodeStream(wireOf(schema), utf8(stream), one.request))).toEqual(told);
    // A client of Chat Completions that keeps what most do: no annotations.
    const kept = schema === "chat" && one.name === "citations" ? {} : expected;
    expect(wire.decodeAnswer(CLIENTS[schema].gather(stream), one.request)).toMatchObject(kept ?? {});
  });
});

/** What an SDK makes of a stream, without what it adds itself. */
const SDKS: Readonly<Partial<Record<ChatSchema, (stream: string) => Promise<unknown>>>> = {
  chat: (stream) => openaiWith(stream).chat.completions.stream({ model: "m", messages: [] }).finalChatCompletion(),
  responses: (stream) => openaiWith(stream).responses.stream({ model: "m", input: "" }).finalResponse(),
  anthropic: (stream) =>
    new Anthropic({ apiKey: "key", maxRetries: 0, fetch: answering(stream) }).messages
      .stream({ model: "m", max_tokens: 1, messages: [] })
      .finalMessage(),
};

function openaiWith(stream: string): OpenAI {
  return new OpenAI({ apiKey: "key", maxRetries: 0, fetch: answering(stream) });
}

function answering(stream: string): () => Promise<Response> {
  return async () => new Response(stream, { headers: { "content-type": "text/event-stream" } });
}

describe.each(["chat", "responses", "anthropic"] as const)("a whole answer of %s as a stream", (schema) => {
  const wholes = [
    ...ANSWERS.filter((one) => counted(schema, one)).map((one) => ({ name: one.name, whole: wholeIn(schema, one) })),
    ...NATIVE.filter((one) => one.schema === schema),
  ];

  test.each(wholes)("is put together again by the SDK: $name", async ({ whole }) => {
    const stream = streamOf(schema, JSON.stringify(whole), WITH_USAGE) ?? "";
    expect(await SDKS[schema]?.(stream)).toMatchObject(whole);
  });
});

test("usage is told to those who ask for it, and to nobody else", () => {
  for (const schema of ["chat", "completions"] as const) {
    for (const one of ANSWERS.filter((any) => any.answer.usage)) {
      const whole = JSON.stringify(wholeIn(schema, one));
      expect(streamOf(schema, whole, WITH_USAGE)).toContain('"prompt_tokens"');
      const without = expectStream(schema, streamOf(schema, whole, { includeUsage: false }));
      expect(without).not.toContain("usage");
      // Nor can the whole answer be had from that.
      expect(wholeOf(schema, without)).toBeUndefined();
    }
  }
});

const WHOLE = STREAMS.filter(({ ends }) => ends === "whole");

describe.each(SCHEMAS)("a stream of %s as a whole answer", (schema) => {
  test.each(WHOLE)("is what the schema's own encoder gives: $name", (stream) => {
    const { name, request, pieces, wire } = stream;
    const answer = collect(decodeStream(wire, joined(pieces), request));
    if (!answer) throw new Error(`${name} is not whole`);
    const one = { name, answer, request };
    const text = tell(stream, schema, pieces).join("");
    if (!counted(schema, one)) return expect(wholeOf(schema, text)).toBeUndefined();
    const whole = JSON.parse(wholeOf(schema, text) ?? "null") as Record<string, unknown>;
    if (schema === "completions") return expect(whole).toEqual(wholeIn(schema, one));
    const own = wires[wireOf(schema)];
    expect(own.decodeAnswer(whole, request)).toEqual(own.decodeAnswer(wholeIn(schema, one), request));
    if (schema !== "google") expect(whole).toEqual(wholeIn(schema, one));
  });

  test.each(WHOLE)("is none where any event is missing at the end: $name", (stream) => {
    const text = tell(stream, schema, stream.pieces).join("");
    for (const { index } of text.matchAll(/\r?\n\r?\n/g)) {
      const beginning = text.slice(0, index + 1);
      if (wholeOf(schema, beginning) !== undefined) expect.fail(`a whole answer of ${beginning.slice(-200)}`);
    }
  });

  test("is none of one that failed", () => {
    for (const stream of STREAMS.filter(({ ends }) => ends === "error")) {
      expect(wholeOf(schema, tell(stream, schema, stream.pieces).join(""))).toBeUndefined();
    }
  });
});

test("whatever of the corpus can be had as a whole answer can be had as a stream again, with the same answer", () => {
  let count = 0;
  for (const { name, schema, text } of recordedStreams()) {
    const whole = wholeOf(schema, text);
    if (whole === undefined) {
      // Without usage; or with something in it that nobody here knows.
      expect(/without usage|two choices|refusal that is cut|passed through/.test(name), name).toBe(true);
      continue;
    }
    count++;
    const again = streamOf(schema, whole, WITH_USAGE);
    expect(JSON.parse(wholeOf(schema, again ?? "") ?? "null"), name).toEqual(JSON.parse(whole));
  }
  expect(count).toBeGreaterThan(400);
});

describe("what only its own provider says stays", () => {
  test.each(NATIVE)("$schema: $name, from the whole answer and back", ({ schema, whole }) => {
    const stream = expectStream(schema, streamOf(schema, JSON.stringify(whole), WITH_USAGE));
    expect(JSON.parse(wholeOf(schema, stream) ?? "null")).toEqual(whole);
  });

  test.each(NATIVE.flatMap(({ stream, ...one }) => (stream ? [{ ...one, stream }] : [])))(
    "$schema: $name, from the provider's stream",
    ({ schema, whole, stream }) => {
      expect(JSON.parse(wholeOf(schema, expectStream(schema, stream)) ?? "null")).toEqual(whole);
    },
  );
});

const chunk = (body: object): string => `data: ${JSON.stringify(body)}\n\n`;
const said = (choice: object, rest: object = {}): string =>
  chunk({ id: "c", model: "m", created: 1, choices: [{ index: 0, delta: {}, ...choice }], ...rest });
const END = `${chunk({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } })}data: [DONE]\n\n`;
const piece = (call: object) => said({ delta: { tool_calls: [call] } });

test("choices and calls stand in their own order, whichever comes first", () => {
  const call = (index: number, id: string) => ({ index, id, function: { name: "f", arguments: "{}" } });
  const steps = [
    said({ index: 1, delta: { tool_calls: [call(1, "d")] } }),
    said({ index: 1, delta: { tool_calls: [call(0, "c")] }, finish_reason: "tool_calls" }),
    said({ delta: { content: "A" }, finish_reason: "stop" }),
  ];
  const whole = JSON.parse(wholeOf("chat", `${steps.join("")}${END}`) ?? "null") as ChatCompletion;
  expect(whole.choices.map(({ index }) => index)).toEqual([0, 1]);
  expect(whole.choices[1]?.message.tool_calls?.map(({ id }) => id)).toEqual(["c", "d"]);
});

test("the beginning of a stream tells nothing of what is counted or known at its end", () => {
  for (const { schema, whole } of NATIVE) {
    const [first] = toldEvents(streamOf(schema, JSON.stringify(whole), WITH_USAGE) ?? "", schema);
    const begun = JSON.parse(first?.data ?? "null") as Record<string, unknown>;
    if (schema === "responses") {
      expect(begun.response).toMatchObject({ status: "in_progress", output: [], usage: null, completed_at: null });
    }
    if (schema === "anthropic") {
      expect(begun.message).toMatchObject({ content: [], stop_reason: null, usage: { output_tokens: 0 } });
    }
  }
});

test.each<[string, ChatSchema, string]>([
  ["no finish reason", "chat", `${said({ delta: { content: "A" } })}${END}`],
  ["no end", "chat", `${said({ finish_reason: "stop" }, { usage: { prompt_tokens: 1 } })}`],
  ["no choices", "chat", END],
  ["an error in its middle", "chat", `${chunk({ error: { message: "x" } })}${said({ finish_reason: "stop" })}${END}`],
  ["an error of another kind", "chat", `${chunk({ type: "error" })}${said({ finish_reason: "stop" })}${END}`],
  [
    "a block that is not over",
    "anthropic",
    [
      { type: "message_start", message: { type: "message" } },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "So" } },
      { type: "message_delta", delta: { stop_reason: "end_turn" } },
      { type: "message_stop" },
    ]
      .map(chunk)
      .join(""),
  ],
  [
    "calls without an index",
    "chat",
    `${piece({ id: "a", function: { name: "f", arguments: "{}" } })}${piece({ id: "b", function: { name: "g", arguments: "{}" } })}${said({ finish_reason: "stop" })}${END}`,
  ],
  [
    "calls that share an index",
    "chat",
    `${piece({ index: 0, id: "a", function: { name: "f", arguments: "{}" } })}${piece({ index: 0, id: "b", function: { name: "g", arguments: "{}" } })}${said({ finish_reason: "stop" })}${END}`,
  ],
  [
    "a recording in pieces",
    "chat",
    `${said({ delta: { audio: { data: "AA==" } } })}${said({ delta: { audio: { data: "BB==" } } })}${said({ finish_reason: "stop" })}${END}`,
  ],
  ["two models", "chat", `${said({ finish_reason: "stop" })}${said({}, { model: "n" })}${END}`],
  [
    "an unknown delta",
    "anthropic",
    WHOLE.filter(({ wire }) => wire === "anthropic")
      .map(({ pieces }) => new TextDecoder().decode(joined(pieces)))
      .join(""),
  ],
  [
    "an item that never ended",
    "responses",
    `${chunk({ type: "response.output_item.added", output_index: 0, item: { type: "future" } })}${chunk({ type: "response.completed", response: { status: "completed", output: [] } })}`,
  ],
  [
    "a response that failed",
    "responses",
    chunk({ type: "response.failed", response: { status: "failed", output: [], error: { code: "x" } } }),
  ],
  [
    "sources told in two ways",
    "google",
    `${chunk({ candidates: [{ groundingMetadata: { groundingChunks: [1] } }] })}${chunk({ candidates: [{ groundingMetadata: { groundingChunks: [2] }, finishReason: "STOP" }] })}`,
  ],
  [
    "places that count the parts",
    "google",
    chunk({
      candidates: [{ groundingMetadata: { groundingSupports: [{ segment: { partIndex: 1 } }] }, finishReason: "STOP" }],
    }),
  ],
  ["an event that is no JSON", "google", `data: {\n\n${chunk({ candidates: [{ finishReason: "STOP" }] })}`],
  ["nothing", "google", ""],
])("no whole answer is made of a stream with %s", (_, schema, stream) => {
  expect(wholeOf(schema, stream)).toBeUndefined();
});

test.each<[string, ChatSchema, string]>([
  ["an error", "chat", '{"error":{"message":"x"}}'],
  ["no choices", "completions", "{}"],
  ["a broken text", "chat", '{"choices":['],
  ["a list", "google", "[]"],
  ["no candidates", "google", '{"totalTokens":1}'],
  ["Claude's error", "anthropic", '{"type":"error","error":{}}'],
  ["no reason to end", "anthropic", '{"type":"message","content":[],"stop_reason":null}'],
  ["a response under way", "responses", '{"status":"in_progress","output":[]}'],
  ["a response that failed", "responses", '{"status":"failed","output":[],"error":{"code":"x"}}'],
])("no stream is made of %s", (_, schema, whole) => {
  expect(streamOf(schema, whole, WITH_USAGE)).toBeUndefined();
});

test("what has but one form has no other", () => {
  for (const schema of ["embeddings", "google-embeddings", "openai"] as const) {
    expect(streamOf(schema, '{"data":[1]}', WITH_USAGE)).toBeUndefined();
    expect(wholeOf(schema, "data: [DONE]\n\n")).toBeUndefined();
  }
});
