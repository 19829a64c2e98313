import fc from "fast-check";
import OpenAI from "openai";
import type { ChatCompletion, ChatCompletionChunk } from "openai/resources/chat/completions";
import { describe, expect, test } from "vitest";
import { packCallId, unpackCallId } from "../../mint-server/wire/carry.ts";
import { type ChatAnswer, eventsOf, type StreamEvent } from "../../mint-server/wire/chat-answer.ts";
import type { ChatRequest } from "../../mint-server/wire/chat-request.ts";
import { chat } from "../../mint-server/wire/openai/format.ts";

import { call, decodeMessages, request, SIGNED, STAMP, text } from "./openai-rig.ts";

const completion = (message: object, choice: object = {}, body: object = {}) => ({
  id: "c1",
  object: "chat.completion",
  model: "m-1",
  created: 1,
  choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason: "stop", ...choice }],
  ...body,
});
const read = (value: unknown, model = "m") => chat.decodeAnswer(value, request({ model }));
const partsOf = (message: object, choice: object = {}) => read(completion(message, choice))?.choices[0];

describe("whole answers of providers", () => {
  test("keep id, model, usage, tier and all choices", () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 3 },
      completion_tokens_details: { reasoning_tokens: 2 },
    };
    const second = { index: 1, message: { content: "B" }, finish_reason: "length" };
    const { choices, ...body } = completion({ content: "A", refusal: null });
    expect(read({ ...body, usage, service_tier: "default", choices: [...choices, second] })).toEqual({
      id: "c1",
      model: "m-1",
      choices: [
        { index: 0, parts: [text("A")], finish: { reason: "stop" } },
        { index: 1, parts: [text("B")], finish: { reason: "length" } },
      ],
      usage: { inputTokens: 10, outputTokens: 5, cachedTokens: 4, cacheWriteTokens: 3, reasoningTokens: 2 },
      serviceTier: "default",
    });
  });

  test("count thoughts as output even where the provider counts them beside it", () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 22,
      completion_tokens_details: { reasoning_tokens: 7 },
    };
    expect(read(completion({ content: "A" }, {}, { usage }))?.usage).toEqual({
      inputTokens: 10,
      outputTokens: 12,
      reasoningTokens: 7,
    });
    const deepseek = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, prompt_cache_hit_tokens: 8 };
    expect(read(completion({ content: "A" }, {}, { usage: deepseek }))?.usage).toMatchObject({ cachedTokens: 8 });
  });

  test.each([
    [
      "thoughts to be given back",
      { content: "A", reasoning_content: "Hm.", reasoning: "Hm." },
      [{ kind: "reasoning", text: "Hm.", signature: { by: "chat", value: "m" } }, text("A")],
    ],
    ["thoughts to be shown", { content: "A", reasoning: "Hm." }, [{ kind: "reasoning", text: "Hm." }, text("A")]],
    [
      "Mistral's chunks",
      {
        content: [
          { type: "thinking", thinking: [{ type: "text", text: "Hm." }] },
          { type: "text", text: "A" },
          { type: "reference", reference_ids: [1] },
        ],
      },
      [{ kind: "reasoning", text: "Hm." }, text("A")],
    ],
    ["a refusal", { content: null, refusal: "No." }, [{ kind: "refusal", text: "No." }]],
    [
      "a call of the older API",
      { content: null, function_call: { name: "f", arguments: "{}" } },
      [{ ...call(""), id: expect.stringMatching(/^call_\w{13}$/) }],
    ],
    [
      "arguments that are an object",
      { content: "", tool_calls: [{ id: "a", function: { name: "f", arguments: { a: 1 } } }] },
      [call("a", "f", '{"a":1}')],
    ],
  ])("hold %s", (_, message, parts) => {
    expect(partsOf(message)?.parts).toEqual(parts);
  });

  test("keep every tool call, and make the same id each time for one without", () => {
    const tool_calls = [
      { id: "a", type: "function", function: { name: "f", arguments: "{}" } },
      { function: { name: "g", arguments: "{}" } },
      { function: { name: "g", arguments: "{}" } },
    ];
    const parts = partsOf({ content: null, tool_calls })?.parts ?? [];
    const ids = parts.map((part) => part.kind === "tool_call" && part.id);
    expect(new Set(ids).size).toBe(3);
    expect(partsOf({ content: null, tool_calls })?.parts).toEqual(parts);
  });

  test.each([
    ["tool_calls", {}, "tool_calls"],
    ["function_call", {}, "tool_calls"],
    ["content_filter", {}, "content_filter"],
    ["model_length", {}, "length"],
    [null, {}, "stop"],
    ["eos", {}, "stop"],
    [null, { tool_calls: [{ id: "a", function: { name: "f", arguments: "{}" } }] }, "tool_calls"],
    ["stop", { tool_calls: [{ id: "a", function: { name: "f", arguments: "{}" } }] }, "tool_calls"],
    ["stop", { refusal: "No." }, "refusal"],
  ])("that finish with %j and %j end with %s", (finish_reason, message, reason) => {
    expect(partsOf({ content: "", ...message }, { finish_reason })?.finish).toEqual({ reason });
  });

  test("keep where the text comes from", () => {
    const annotations = [
      { type: "url_citation", url_citation: { url: "https://a.test", title: "A", start_index: 0, end_index: 2 } },
      { type: "file" },
    ];
    expect(partsOf({ content: "So", annotations })?.parts).toEqual([
      { ...text("So"), citations: [{ url: "https://a.test", title: "A", start: 0, end: 2 }] },
    ]);
    const sources = {
      citations: ["https://a.test"],
      search_results: [{ url: "https://a.test", title: "A", snippet: "Aa" }],
    };
    expect(read(completion({ content: "So" }, {}, sources))?.choices[0]?.parts).toEqual([
      { ...text("So"), citations: [{ url: "https://a.test", title: "A", quote: "Aa" }] },
    ]);
    expect(read(completion({ content: "So" }, {}, { citations: ["https://a.test"] }))?.choices[0]?.parts).toEqual([
      { ...text("So"), citations: [{ url: "https://a.test" }] },
    ]);
  });

  test("keep log probabilities", () => {
    const token = { token: "A", logprob: -0.5, bytes: [65] };
    const logprobs = { content: [{ ...token, top_logprobs: [token] }], refusal: null };
    expect(partsOf({ content: "A" }, { logprobs })?.logprobs).toEqual([{ ...token, top: [token] }]);
  });

  test.each([
    [{ error: { message: "down", code: 502 } }],
    [{ ...completion({ content: "A" }), error: { message: "late" } }],
    [{ choices: [] }],
    [{ choices: [{ index: 0 }] }],
    ["text"],
    [null],
    [[]],
  ])("that are none are told apart: %j", (body) => {
    expect(read(body)).toBeUndefined();
  });
});

describe("errors of providers", () => {
  test.each([
    ['{"error":{"message":"m","type":"t","param":"p","code":"c"}}', { message: "m", type: "t", param: "p", code: "c" }],
    [
      '{"object":"error","message":"m","type":"t","param":null,"code":"3001"}',
      { message: "m", type: "t", param: null, code: "3001" },
    ],
    ['[{"error":{"message":"m","code":400}}]', { message: "m", type: "upstream_error", param: null, code: null }],
    ['{"error":"m"}', { message: "m", type: "upstream_error", code: null }],
    [
      '{"detail":[{"loc":["body","n"],"msg":"Extra"}]}',
      { message: "body.n: Extra", type: "upstream_error", param: null, code: null },
    ],
    [
      '{"object":"error","message":{"detail":[{"loc":["n"],"msg":"Extra"}]},"type":"t"}',
      { message: "n: Extra", type: "t", param: null, code: null },
    ],
    ['{"choices":[]}', undefined],
    ["<html>", undefined],
  ])("are read from %s", (body, details) => {
    expect(chat.decodeError(body)).toEqual(details);
  });
});

const delta = (fields: object, choice: object = {}, body: object = {}) => ({
  id: "c1",
  object: "chat.completion.chunk",
  model: "m-1",
  choices: [{ index: 0, delta: fields, finish_reason: null, ...choice }],
  ...body,
});
const done = (finish_reason: string | null = "stop") => [delta({}, { finish_reason }), "[DONE]"];
const toolDelta = (...calls: object[]) => delta({ tool_calls: calls });

function streamOf(...chunks: unknown[]): StreamEvent[] {
  const decoder = chat.createStreamDecoder(request({ model: "m" }));
  const events: StreamEvent[] = [];
  for (const chunk of chunks) {
    const data = typeof chunk === "string" ? chunk : JSON.stringify(chunk);
    decoder.decode({ event: undefined, data }, (event) => events.push(event));
  }
  return events;
}

const START = { type: "start", id: "c1", model: "m-1" };
const END = [{ type: "finish", choice: 0, finish: { reason: "stop" } }, { type: "end" }];

/** A stream's tool calls as `name id arguments`, and how it ended. */
function callsIn(events: readonly StreamEvent[]) {
  const calls: string[] = [];
  for (const event of events) {
    if (event.type === "tool_start") calls[event.call] = `${event.name} ${event.id} `;
    if (event.type === "tool_arguments") calls[event.call] += event.text;
  }
  return calls;
}

describe("streams of providers", () => {
  test("tell each step as it comes", () => {
    expect(
      streamOf(
        { id: "", object: "", model: "", choices: [], prompt_filter_results: [{}] },
        delta({ role: "assistant", content: "", refusal: null }),
        delta({ reasoning_content: "H" }),
        delta({ reasoning_content: "m." }),
        delta(
          { content: "A\n\ndata: x" },
          { logprobs: { content: [{ token: "A", logprob: -1, bytes: null, top_logprobs: [] }] } },
        ),
        delta({
          annotations: [
            { type: "url_citation", url_citation: { url: "https://a.test", title: "A", start_index: 0, end_index: 1 } },
          ],
        }),
        delta({}, { finish_reason: "stop" }, { usage: null }),
        { id: "c1", choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } },
        "[DONE]",
        delta({ content: "late" }),
      ),
    ).toEqual([
      START,
      { type: "reasoning", choice: 0, text: "H" },
      { type: "reasoning", choice: 0, text: "m." },
      { type: "reasoning_end", choice: 0, signature: { by: "chat", value: "m" } },
      { type: "text", choice: 0, text: "A\n\ndata: x" },
      { type: "logprobs", choice: 0, logprobs: [{ token: "A", logprob: -1, top: [] }] },
      { type: "citation", choice: 0, citation: { url: "https://a.test", title: "A", start: 0, end: 1 } },
      END[0],
      { type: "usage", usage: { inputTokens: 1, outputTokens: 2 } },
      END[1],
    ]);
  });

  test("tell Mistral's chunks, Perplexity's sources once, and usage that comes with the last word", () => {
    const citations = ["https://a.test"];
    expect(
      streamOf(
        delta({ content: [{ type: "thinking", thinking: [{ type: "text", text: "Hm." }] }] }),
        delta({ content: [{ type: "text", text: "A" }] }, {}, { citations }),
        delta(
          { content: "B" },
          { message: { content: "AB" }, finish_reason: "stop" },
          { citations, usage: { prompt_tokens: 1, completion_tokens: 2 } },
        ),
        "[DONE]",
      ),
    ).toEqual([
      START,
      { type: "reasoning", choice: 0, text: "Hm." },
      { type: "reasoning_end", choice: 0 },
      { type: "text", choice: 0, text: "A" },
      { type: "citation", choice: 0, citation: { url: "https://a.test" } },
      { type: "text", choice: 0, text: "B" },
      END[0],
      { type: "usage", usage: { inputTokens: 1, outputTokens: 2 } },
      END[1],
    ]);
  });

  test("keep choices apart, and finish those that were left open", () => {
    const events = streamOf(
      delta({ content: "A" }),
      delta({ content: "B" }, { index: 1 }),
      delta({}, { index: 1, finish_reason: "length" }),
      "[DONE]",
    );
    expect(events.slice(1)).toEqual([
      { type: "text", choice: 0, text: "A" },
      { type: "text", choice: 1, text: "B" },
      { type: "finish", choice: 1, finish: { reason: "length" } },
      ...END,
    ]);
  });

  const a = { index: 0, id: "a", type: "function", function: { name: "f", arguments: "" } };
  const piece = (index: number | undefined, text: string, more: object = {}) => ({
    ...(index !== undefined && { index }),
    ...more,
    function: { arguments: text },
  });
  test.each<[string, unknown[], string[]]>([
    [
      "in pieces, in turns",
      [
        toolDelta(a),
        toolDelta({ ...a, index: 1, id: "b" }),
        toolDelta(piece(1, "{")),
        toolDelta(piece(0, "{}")),
        toolDelta(piece(1, "}")),
      ],
      ["f a {}", "f b {}"],
    ],
    [
      "whole, in one chunk",
      [
        toolDelta(
          { ...a, function: { name: "f", arguments: "{}" } },
          { index: 1, id: "b", function: { name: "g", arguments: '{"b":1}' } },
        ),
      ],
      ["f a {}", 'g b {"b":1}'],
    ],
    [
      "without indices",
      [
        toolDelta(
          { id: "a", function: { name: "f", arguments: "{}" } },
          { id: "b", function: { name: "f", arguments: "{}" } },
        ),
      ],
      ["f a {}", "f b {}"],
    ],
    [
      "without indices, in pieces",
      [
        toolDelta({ id: "a", function: { name: "f", arguments: "{" } }),
        toolDelta(piece(undefined, "}")),
        toolDelta({ id: "b", function: { name: "f" } }),
        toolDelta(piece(undefined, "{}")),
      ],
      ["f a {}", "f b {}"],
    ],
    [
      "all with index 0",
      [
        toolDelta({ ...a, function: { name: "f", arguments: "{}" } }),
        toolDelta({ ...a, id: "b", function: { name: "f", arguments: "{}" } }),
        toolDelta({ index: 0, function: { name: "g", arguments: "{}" } }),
      ],
      ["f a {}", "f b {}", "g"],
    ],
    [
      "with indices that start anew",
      [
        toolDelta({ ...a, function: { name: "f", arguments: "{}" } }),
        toolDelta({ index: 0, id: "b", function: { name: "g", arguments: "{" } }),
        toolDelta(piece(0, "}")),
      ],
      ["f a {}", "g b {}"],
    ],
    [
      "with id and name in every piece",
      [
        toolDelta(a),
        toolDelta({ ...a, function: { name: "f", arguments: "{" } }),
        toolDelta({ ...a, function: { name: "f", arguments: "}" } }),
      ],
      ["f a {}"],
    ],
    [
      "with a new id in every piece",
      [toolDelta(a), toolDelta(piece(0, "{", { id: "x" })), toolDelta(piece(0, "}", { id: "y" }))],
      ["f a {}"],
    ],
    [
      "with the name after the id",
      [
        toolDelta({ index: 0, id: "a" }),
        toolDelta(piece(0, "{")),
        toolDelta({ index: 0, function: { name: "f", arguments: "}" } }),
      ],
      ["f a {}"],
    ],
    ["with empty ids after the first", [toolDelta(a), toolDelta(piece(0, "{}", { id: "" }))], ["f a {}"]],
  ])("tell tool calls apart that come %s", (_, chunks, calls) => {
    const events = streamOf(...chunks, ...done("tool_calls"));
    expect(callsIn(events)).toEqual(
      calls.map((call) => (call === "g" ? expect.stringMatching(/^g call_\w{13} \{\}$/) : call)),
    );
    expect(events.at(-2)).toEqual({ type: "finish", choice: 0, finish: { reason: "tool_calls" } });
  });

  test("tell the older API's call, and end thoughts before it", () => {
    const events = streamOf(
      delta({ reasoning: "Hm." }),
      delta({ function_call: { name: "f", arguments: "" } }),
      delta({ function_call: { arguments: "{}" } }),
      ...done("function_call"),
    );
    expect(events.map(({ type }) => type)).toEqual([
      "start",
      "reasoning",
      "reasoning_end",
      "tool_start",
      "tool_arguments",
      "finish",
      "end",
    ]);
    expect(callsIn(events)).toEqual([expect.stringMatching(/^f call_\w{13} \{\}$/)]);
  });

  test.each([
    [
      { error: { message: "down", type: "server_error", code: "x" } },
      { message: "down", type: "server_error", param: null, code: "x" },
    ],
    [
      { object: "error", message: "down" },
      { message: "down", type: "upstream_error", param: null, code: null },
    ],
    [
      delta({}, { finish_reason: "error" }, { error: { message: "down", code: 502 } }),
      { message: "down", type: "upstream_error", param: null, code: null },
    ],
    ["{broken", { code: "upstream_malformed" }],
  ])("end with the provider's error: %j", (chunk, details) => {
    const events = streamOf(delta({ content: "A" }), chunk, delta({ content: "B" }), "[DONE]");
    expect(events.slice(2)).toEqual([{ type: "error", details: expect.objectContaining(details) }]);
  });

  test("pass over what they do not know", () => {
    const odd = [
      "",
      "7",
      { choices: [null, { index: 0, delta: { content: 5, tool_calls: "no" } }] },
      { choices: "none" },
      { ping: true },
    ];
    expect(streamOf(...odd, delta({ content: "A" }), ...done())).toEqual([
      expect.objectContaining({ type: "start" }),
      { type: "text", choice: 0, text: "A" },
      ...END,
    ]);
  });
});

const ANSWER: ChatAnswer = {
  id: "msg_1",
  model: "claude-1",
  choices: [
    {
      index: 0,
      parts: [
        SIGNED,
        { ...text("So."), citations: [{ url: "https://a.test", title: "A" }] },
        call("toolu_1", "f", ""),
        call("toolu_2", "g", '{"a":1}'),
      ],
      finish: { reason: "tool_calls" },
      logprobs: [{ token: "So", logprob: -1, top: [] }],
    },
  ],
  usage: { inputTokens: 10, outputTokens: 5, cachedTokens: 4, reasoningTokens: 2 },
  serviceTier: "standard",
};
const PACKED = packCallId("toolu_1", { reasoning: [SIGNED] });

describe("answers to callers", () => {
  test("hold everything, with the thoughts' signature in the call's id", () => {
    expect(chat.encodeAnswer(ANSWER, request(), STAMP)).toEqual({
      id: "msg_1",
      object: "chat.completion",
      created: 1_700_000_000,
      model: "claude-1",
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: "So.",
            refusal: null,
            reasoning_content: "Hm.",
            annotations: [
              {
                type: "url_citation",
                url_citation: { url: "https://a.test", title: "A", start_index: 0, end_index: 3 },
              },
            ],
            tool_calls: [
              { id: PACKED, type: "function", function: { name: "f", arguments: "{}" } },
              { id: "toolu_2", type: "function", function: { name: "g", arguments: '{"a":1}' } },
            ],
          } as ChatCompletion.Choice["message"],
          logprobs: { content: [{ token: "So", logprob: -1, bytes: null, top_logprobs: [] }], refusal: null },
          finish_reason: "tool_calls",
        },
      ],
      usage: {
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 15,
        prompt_tokens_details: { cached_tokens: 4 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
    } satisfies ChatCompletion);
  });

  test("come back with the signature where the provider wants it", () => {
    const { choices } = chat.encodeAnswer(ANSWER, request(), STAMP) as unknown as ChatCompletion;
    const [message] = decodeMessages(choices[0]?.message);
    expect(message?.parts).toEqual([SIGNED, text("So."), call("toolu_1", "f", "{}"), call("toolu_2", "g", '{"a":1}')]);
  });

  test.each([
    ["a refusal in words", [{ kind: "refusal", text: "No." }], "refusal", { content: null, refusal: "No." }, "stop"],
    ["a refusal without words", [], "refusal", { content: "", refusal: null }, "content_filter"],
    ["a pause", [text("A")], "pause", { content: "A" }, "length"],
    ["a call alone", [call("a")], "tool_calls", { content: null }, "tool_calls"],
  ] as const)("say %s as this schema does", (_, parts, reason, message, finish_reason) => {
    const answer: ChatAnswer = { choices: [{ index: 0, parts, finish: { reason } }] };
    expect(chat.encodeAnswer(answer, request(), STAMP)).toMatchObject({
      id: "chatcmpl-new",
      model: "gpt-4o",
      choices: [{ message, finish_reason }],
    });
  });
});

type Annotations = ChatCompletion.Choice["message"]["annotations"];

const write = (events: Iterable<StreamEvent>, fields: Partial<ChatRequest> = {}) => {
  const encoder = chat.createStreamEncoder(request(fields), STAMP);
  return [...events].map((event) => encoder.encode(event)).join("");
};
const chunksOf = (stream: string) =>
  stream
    .split("\n\n")
    .filter((event) => event.startsWith("data: {"))
    .map((event) => JSON.parse(event.slice(6)) as ChatCompletionChunk);
const clientFor = (stream: string) =>
  new OpenAI({
    apiKey: "k",
    maxRetries: 0,
    fetch: async () => new Response(stream, { headers: { "content-type": "text/event-stream" } }),
  });

describe("streams to callers", () => {
  test("are put together by OpenAI's SDK into the whole answer", async () => {
    const stream = write(eventsOf(ANSWER), { includeUsage: true });
    const client = clientFor(stream);
    const final = await client.chat.completions.stream({ model: "gpt-4o", messages: [] }).finalChatCompletion();
    expect(final).toMatchObject({
      id: "msg_1",
      model: "claude-1",
      choices: [
        {
          finish_reason: "tool_calls",
          message: {
            content: "So.",
            tool_calls: [
              { id: PACKED, function: { name: "f", arguments: "{}" } },
              { id: "toolu_2", function: { name: "g", arguments: '{"a":1}' } },
            ],
          },
          logprobs: { content: [{ token: "So" }] },
        },
      ],
      usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    });
  });

  test("begin with the role, keep id, model and time, and tell usage only if asked", () => {
    const steps = [
      ...eventsOf({
        ...ANSWER,
        choices: [{ index: 0, parts: [text("A\n\ndata: [DONE]")], finish: { reason: "stop" } }],
      }),
    ];
    const plain = write(steps);
    expect(chunksOf(plain).map(({ choices }) => choices[0]?.delta)).toEqual([
      { role: "assistant", content: "", refusal: null },
      { content: "A\n\ndata: [DONE]" },
      {},
    ]);
    expect(plain).not.toContain("usage");
    const asked = chunksOf(write(steps, { includeUsage: true }));
    expect(asked.map(({ usage }) => (usage ? usage.total_tokens : usage))).toEqual([null, null, null, 15]);
    expect(asked.at(-1)?.choices).toEqual([]);
    expect(new Set(asked.map(({ id, model, created }) => `${id} ${model} ${created}`))).toEqual(
      new Set(["msg_1 claude-1 1700000000"]),
    );
    expect(plain.endsWith('"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')).toBe(true);
  });

  test("give arguments to a call that has none, once", () => {
    const open: StreamEvent[] = [
      { type: "tool_start", choice: 0, call: 0, id: "a", name: "f" },
      { type: "tool_start", choice: 0, call: 1, id: "b", name: "f" },
      { type: "tool_end", choice: 0, call: 0 },
      { type: "finish", choice: 0, finish: { reason: "tool_calls" } },
    ];
    const calls = chunksOf(write(open)).flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    expect(calls.map(({ index, id, function: called }) => [index, id, called?.arguments])).toEqual([
      [0, "a", ""],
      [1, "b", ""],
      [0, undefined, "{}"],
      [1, undefined, "{}"],
    ]);
  });

  test("carry each call's own thoughts and signature, and part thoughts from each other", () => {
    const events: StreamEvent[] = [
      { type: "reasoning", choice: 0, text: "One." },
      { type: "reasoning_end", choice: 0, signature: { by: "anthropic", value: "1" } },
      { type: "reasoning_end", choice: 0, signature: { by: "anthropic", value: "2", redacted: true } },
      { type: "tool_start", choice: 0, call: 0, id: "a", name: "f" },
      { type: "reasoning", choice: 0, text: "Two." },
      { type: "reasoning_end", choice: 0 },
      { type: "tool_start", choice: 0, call: 1, id: "b", name: "f", signature: { by: "google", value: "3" } },
    ];
    const deltas = chunksOf(write(events)).map(({ choices }) => choices[0]?.delta);
    const ids = deltas.flatMap((part) => part?.tool_calls?.map(({ id }) => unpackCallId(id ?? "")) ?? []);
    expect(ids).toEqual([
      {
        id: "a",
        reasoning: [
          { kind: "reasoning", text: "One.", signature: { by: "anthropic", value: "1" } },
          { kind: "reasoning", text: "", signature: { by: "anthropic", value: "2", redacted: true } },
        ],
      },
      { id: "b", signature: { by: "google", value: "3" }, reasoning: [] },
    ]);
    const shown = deltas
      .map((part) => (part as { reasoning_content?: string } | undefined)?.reasoning_content ?? "")
      .join("");
    expect(shown).toBe("One.\n\nTwo.");
  });

  test("place citations by the text they follow", () => {
    const cite = { type: "citation", choice: 0, citation: { url: "https://a.test" } } as const;
    const events: StreamEvent[] = [
      { type: "text", choice: 0, text: "abc" },
      cite,
      { type: "text", choice: 0, text: "de" },
      { type: "text", choice: 0, text: "f" },
      cite,
      { type: "citation", choice: 0, citation: { quote: "of no page" } },
    ];
    const places = chunksOf(write(events))
      .flatMap(({ choices }) => (choices[0]?.delta as { annotations?: Annotations } | undefined)?.annotations ?? [])
      .map(({ url_citation }) => [url_citation.start_index, url_citation.end_index]);
    expect(places).toEqual([
      [0, 3],
      [3, 6],
    ]);
  });

  test("end with an error that the SDK throws, and nothing after it", async () => {
    const details = { message: "down", type: "upstream_error", code: "x" };
    const stream = write([{ type: "text", choice: 0, text: "A" }, { type: "error", details }, { type: "end" }]);
    expect(stream).not.toContain("[DONE]");
    const read = async () => {
      for await (const _ of await clientFor(stream).chat.completions.create({
        model: "m",
        messages: [],
        stream: true,
      }));
    };
    await expect(read()).rejects.toThrow("down");
    expect(write([{ type: "end" }, { type: "text", choice: 0, text: "A" }])).toBe("data: [DONE]\n\n");
  });

  test("say the same when a provider of this schema is read and written again", () => {
    const events = streamOf(...chunksOf(write(eventsOf(ANSWER), { includeUsage: true })), "[DONE]");
    expect(callsIn(events)).toEqual([`f ${PACKED} {}`, 'g toolu_2 {"a":1}']);
    expect(events).toContainEqual({ type: "usage", usage: ANSWER.usage });
    expect(events.at(-1)).toEqual({ type: "end" });
  });
});

test("nothing that a provider may send makes reading throw", () => {
  const names =
    "choices index delta message content type text thinking reasoning_content refusal tool_calls function_call function id " +
    "name arguments finish_reason logprobs token top_logprobs bytes annotations url_citation url citations search_results " +
    "usage prompt_tokens prompt_tokens_details error x_groq";
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom(null, 0, -1, "", "{", "stop", "text", "url_citation", true),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names.split(" ")), tie("value"), { maxKeys: 6 }),
    ),
  }));
  const choices = fc.array(
    fc.record({ delta: value, message: value, logprobs: value, index: value, finish_reason: value }),
  );
  fc.assert(
    fc.property(value, choices, value, (any, odd, usage) => {
      for (const body of [any, { choices: odd, usage }]) {
        read(body);
        chat.decodeError(JSON.stringify(body));
        streamOf({ choices: [{ delta: any }] }, body, "[DONE]");
      }
    }),
  );
});
