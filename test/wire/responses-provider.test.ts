import type { Response, ResponseCreateParams, ResponseStreamEvent } from "openai/resources/responses/responses";
import { describe, expect, test } from "vitest";
import { type ChatAnswer, eventsOf, type StreamEvent } from "../../mint-server/wire/chat-answer.ts";
import type { Part, Setting } from "../../mint-server/wire/chat-request.ts";
import { responses } from "../../mint-server/wire/responses/format.ts";
import { checkSupport } from "../../mint-server/wire/support.ts";
import { eventsIn, problemOf, read, request, STAMP, say } from "./responses-rig.ts";

describe("a request to a model that answers on /responses only", () => {
  test("holds all that was asked, and keeps nothing there", () => {
    const body = responses.encodeRequest(
      request({
        stream: true,
        tools: [
          { kind: "function", name: "weather", description: "W", parameters: { type: "object" }, strict: true },
          { kind: "function", name: "time" },
        ],
        toolChoice: { kind: "allowed", names: ["time"], required: true },
        parallelToolCalls: false,
        output: { kind: "schema", name: "n", schema: { type: "object" } },
        verbosity: "low",
        reasoning: { budgetTokens: 9000, show: true },
        maxTokens: 100,
        temperature: 0.5,
        logprobs: true,
        topLogprobs: 2,
        user: "u",
        metadata: { a: "b", n: 1 },
        serviceTier: "flex",
        promptCacheKey: "k",
      }),
      {},
    );
    expect(body).toEqual({
      model: "o1-pro",
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "Hello" }] }],
      stream: true,
      store: false,
      include: ["reasoning.encrypted_content", "message.output_text.logprobs"],
      reasoning: { effort: "high", summary: "auto" },
      tools: [
        { type: "function", name: "weather", description: "W", parameters: { type: "object" }, strict: true },
        { type: "function", name: "time", parameters: { type: "object", properties: {} }, strict: false },
      ],
      tool_choice: { type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "time" }] },
      parallel_tool_calls: false,
      text: { format: { type: "json_schema", name: "n", schema: { type: "object" }, strict: false }, verbosity: "low" },
      max_output_tokens: 100,
      top_logprobs: 2,
      user: "u",
      metadata: { a: "b" },
      service_tier: "flex",
      prompt_cache_key: "k",
    } satisfies ResponseCreateParams);
  });

  test("keeps every message and call in its place, and gives back only thoughts of its own", () => {
    const messages = [
      { role: "system", parts: [say("Rules.")] },
      { role: "developer", parts: [say("More.")] },
      { role: "user", parts: [say("Hi"), { kind: "file", source: { kind: "uploaded", id: "file-1" }, at: "x" }] },
      {
        role: "assistant",
        parts: [
          { kind: "reasoning", text: "Theirs.", signature: { by: "anthropic", value: "s" } },
          { kind: "reasoning", text: "Own.", signature: { by: "responses", value: "enc", id: "rs_1" } },
          { kind: "reasoning", text: "", signature: { by: "responses", value: "enc2" } },
          // An id alone, which would be looked up.
          { kind: "reasoning", text: "", signature: { by: "responses", value: "", id: "rs_2" } },
          say("Let me see."),
          { kind: "tool_call", id: "a", name: "f", arguments: "" },
          { kind: "tool_call", id: "b", name: "g", arguments: "{}" },
        ],
      },
      {
        role: "user",
        parts: [
          { kind: "tool_result", callId: "b", parts: [say("bad")], isError: true, at: "x" },
          { kind: "tool_result", callId: "a", parts: [say("1"), say("2")], at: "x" },
          { kind: "image", source: { kind: "base64", mediaType: "image/png", data: "AAAA" }, at: "x" },
        ],
      },
      { role: "system", parts: [say("Late.")] },
      { role: "assistant", parts: [{ kind: "refusal", text: "No." }] },
    ] as const;
    const text = (words: string) => ({ type: "input_text", text: words });
    expect(responses.encodeRequest(request({ messages }), {}).input).toEqual([
      { type: "message", role: "system", content: [text("Rules.")] },
      { type: "message", role: "developer", content: [text("More.")] },
      { type: "message", role: "user", content: [text("Hi"), { type: "input_file", file_id: "file-1" }] },
      {
        type: "reasoning",
        id: "rs_1",
        summary: [{ type: "summary_text", text: "Own." }],
        encrypted_content: "enc",
      },
      { type: "reasoning", summary: [], encrypted_content: "enc2" },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Let me see." }] },
      { type: "function_call", call_id: "a", name: "f", arguments: "{}" },
      { type: "function_call", call_id: "b", name: "g", arguments: "{}" },
      { type: "function_call_output", call_id: "b", output: "Error: bad" },
      { type: "function_call_output", call_id: "a", output: [text("1"), text("2")] },
      {
        type: "message",
        role: "user",
        content: [{ type: "input_image", detail: "auto", image_url: "data:image/png;base64,AAAA" }],
      },
      { type: "message", role: "system", content: [text("Late.")] },
      { type: "message", role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
    ]);
  });

  test("shortens long ids of calls, each in the same way in every place", () => {
    const long = (end: string) => `call_${"x".repeat(70)}${end}`;
    const parts = ["a", "b"].map((end): Part => ({ kind: "tool_call", id: long(end), name: "f", arguments: "{}" }));
    const result: Part = { kind: "tool_result", callId: long("b"), parts: [say("1")], at: "x" };
    const messages = [
      { role: "assistant", parts },
      { role: "user", parts: [result] },
    ] as const;
    const { input } = responses.encodeRequest(request({ messages }), {}) as { input: { call_id: string }[] };
    const [first, second, third] = input.map(({ call_id }) => call_id);
    expect(new Set([first, second]).size).toBe(2);
    expect(third).toBe(second);
    expect(first?.length).toBeLessThanOrEqual(64);
  });

  test("leaves out what the model would refuse", () => {
    const wish = { temperature: 0, topP: 1, reasoning: { effort: "low", show: true } } as const;
    expect(responses.encodeRequest(request({ model: "gpt-5-pro", ...wish }), {})).toMatchObject({
      reasoning: { effort: "high", summary: "auto" },
      include: ["reasoning.encrypted_content"],
    });
    expect(responses.encodeRequest(request({ model: "gpt-5-pro", ...wish }), {})).not.toHaveProperty("temperature");
    const plain = responses.encodeRequest(request({ model: "gpt-4.1", ...wish }), {});
    expect(plain).toMatchObject({ temperature: 0, top_p: 1, include: [] });
    expect(plain).not.toHaveProperty("reasoning");
    expect(responses.encodeRequest(request({ model: "own-thinker", ...wish }), {})).toMatchObject({
      temperature: 0,
      reasoning: { effort: "low", summary: "auto" },
    });
  });

  test("marks how far to keep the prompt where the model knows such marks", () => {
    const messages = [{ role: "user", parts: [{ kind: "text", text: "long", cache: {} }] }] as const;
    const inputOf = (model: string) => responses.encodeRequest(request({ model, messages }), {}).input;
    const content = { type: "input_text", text: "long" };
    const marked = { ...content, prompt_cache_breakpoint: { mode: "explicit" } };
    expect(inputOf("gpt-5.6-pro")).toEqual([{ type: "message", role: "user", content: [marked] }]);
    expect(inputOf("o1-pro")).toEqual([{ type: "message", role: "user", content: [content] }]);
  });

  test("stores the answer where the caller asked for it", () => {
    const asked = new Map<Setting, string>([["store", "store"]]);
    expect(responses.encodeRequest(request({ asked }), {}).store).toBe(true);
  });

  test.each<[Setting, string]>([
    ["choices", "n"],
    ["logitBias", "logit_bias"],
    ["stop", "stop"],
    ["audioOutput", "modalities"],
    ["hostedTools", "tools[0].type"],
  ])("is refused for %s", (setting, field) => {
    const asked = new Map([[setting, field]]);
    expect(problemOf(() => checkSupport(request({ asked }), responses.support))).toBe(field);
  });

  test("goes without what changes chances only", () => {
    const asked = new Map<Setting, string>([
      ["seed", "seed"],
      ["presencePenalty", "presence_penalty"],
      ["frequencyPenalty", "frequency_penalty"],
    ]);
    const wish = request({ asked, seed: 1, presencePenalty: 1, frequencyPenalty: 1 });
    expect(() => checkSupport(wish, responses.support)).not.toThrow();
    expect(Object.keys(responses.encodeRequest(wish, {}))).toEqual(["model", "input", "store", "include"]);
  });

  test.each<Part>([
    { kind: "audio", source: { kind: "base64", mediaType: "audio/wav", data: "AAAA" }, at: "here" },
    { kind: "image", source: { kind: "text", text: "x" }, at: "here" },
  ])("is refused where it holds what the API has no place for: %j", (part) => {
    const run = () => responses.encodeRequest(request({ messages: [{ role: "user", parts: [part] }] }), {});
    expect(problemOf(run)).toBe("here");
  });
});

const USAGE = {
  input_tokens: 10,
  input_tokens_details: { cached_tokens: 4, cache_write_tokens: 1 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 3 },
  total_tokens: 17,
};
const BODY = {
  id: "resp_1",
  object: "response",
  model: "o1-pro-2025-03-19",
  status: "completed",
  error: null,
  service_tier: "default",
  output: [
    {
      type: "reasoning",
      id: "rs_1",
      summary: [
        { type: "summary_text", text: "A." },
        { type: "summary_text", text: "B." },
      ],
      encrypted_content: "enc",
    },
    { type: "web_search_call", id: "ws_1", status: "completed" },
    {
      type: "message",
      id: "msg_1",
      role: "assistant",
      status: "completed",
      content: [
        { type: "output_text", text: "One. ", annotations: [] },
        {
          type: "output_text",
          text: "Two.",
          annotations: [
            { type: "url_citation", url: "https://a.example", title: "A", start_index: 0, end_index: 3 },
            { type: "file_path", file_id: "f", index: 0 },
          ],
          logprobs: [{ token: "Two", bytes: [84], logprob: -0.5, top_logprobs: [] }],
        },
      ],
    },
    { type: "function_call", id: "fc_1", call_id: "call_1", name: "f", arguments: '{"a":1}', status: "completed" },
    { type: "function_call", id: "fc_2", call_id: "call_2", name: "f", arguments: "{}", status: "completed" },
  ],
  usage: USAGE,
};
const citation = { url: "https://a.example", title: "A", start: 5, end: 8 };
const usage = { inputTokens: 10, outputTokens: 7, cachedTokens: 4, cacheWriteTokens: 1, reasoningTokens: 3 };
const signature = { by: "responses", value: "enc", id: "rs_1" };
const DECODED: ChatAnswer = {
  id: "resp_1",
  model: "o1-pro-2025-03-19",
  serviceTier: "default",
  choices: [
    {
      index: 0,
      parts: [
        { kind: "reasoning", text: "A.\n\nB.", signature },
        say("One. "),
        { kind: "text", text: "Two.", citations: [citation] },
        { kind: "tool_call", id: "call_1", name: "f", arguments: '{"a":1}' },
        { kind: "tool_call", id: "call_2", name: "f", arguments: "{}" },
      ],
      finish: { reason: "tool_calls" },
      logprobs: [{ token: "Two", logprob: -0.5, bytes: [84], top: [] }],
    },
  ],
  usage,
};

describe("a model's answer", () => {
  test("is read whole, with the ids of calls and not those of items", () => {
    expect(responses.decodeAnswer(BODY, request())).toEqual(DECODED);
  });

  test.each([
    [{ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }, "length"],
    [{ status: "incomplete", incomplete_details: { reason: "content_filter" } }, "content_filter"],
    [{ status: "completed", output: [] }, "stop"],
    [{ output: [{ type: "message", content: [{ type: "refusal", refusal: "No." }] }] }, "refusal"],
  ])("that says %j ended with %s", (fields, reason) => {
    expect(responses.decodeAnswer({ ...BODY, ...fields }, request())?.choices[0]?.finish).toEqual({ reason });
  });

  test.each([
    null,
    "text",
    {},
    { output: {} },
    { ...BODY, status: "cancelled" },
    { ...BODY, status: "failed", error: { code: "server_error", message: "Oh." } },
  ])("is none: %j", (body) => {
    expect(responses.decodeAnswer(body, request())).toBeUndefined();
  });

  test.each([
    [
      { error: { message: "No.", type: "invalid_request_error", param: "input", code: "bad" } },
      "invalid_request_error",
    ],
    [{ status: "failed", error: { code: "server_error", message: "No." } }, "upstream_error"],
    [{ type: "error", code: "server_error", message: "No.", param: null, sequence_number: 1 }, "upstream_error"],
  ])("that is an error is read as one: %j", (body, type) => {
    expect(responses.decodeError(JSON.stringify(body))).toMatchObject({ message: "No.", type });
  });
});

type Loose = { readonly type: ResponseStreamEvent["type"] | "response.new" } & Record<string, unknown>;

function decode(events: readonly (Loose | string)[]): readonly StreamEvent[] {
  const decoder = responses.createStreamDecoder(request());
  const emitted: StreamEvent[] = [];
  for (const event of events) {
    const data = typeof event === "string" ? event : JSON.stringify(event);
    decoder.decode({ data }, (decoded) => emitted.push(decoded));
  }
  return emitted;
}

const CREATED: Loose = { type: "response.created", response: { id: "resp_1", model: "m", status: "in_progress" } };
const COMPLETED: Loose = { type: "response.completed", response: { status: "completed", usage: USAGE, output: [] } };
const call = (name: string) => ({ type: "function_call", id: `fc_${name}`, call_id: `call_${name}`, name });

describe("a model's stream", () => {
  test("is told step by step", () => {
    const at = { output_index: 1, item_id: "msg_1" };
    const [page] = BODY.output[2]?.content?.[1]?.annotations ?? [];
    expect(
      decode([
        CREATED,
        { ...CREATED, type: "response.in_progress" },
        { type: "response.output_item.added", output_index: 0, item: { type: "reasoning", id: "rs_1", summary: [] } },
        { type: "response.reasoning_summary_part.added", summary_index: 0, part: { type: "summary_text", text: "" } },
        { type: "response.reasoning_summary_text.delta", summary_index: 0, delta: "A." },
        { type: "response.reasoning_summary_text.done", summary_index: 0, text: "A." },
        { type: "response.reasoning_summary_part.added", summary_index: 1, part: { type: "summary_text", text: "" } },
        { type: "response.reasoning_summary_text.delta", summary_index: 1, delta: "B." },
        { type: "response.output_item.done", output_index: 0, item: BODY.output[0] },
        { type: "response.output_item.added", output_index: 1, item: { type: "message", id: "msg_1", content: [] } },
        { type: "response.content_part.added", ...at, content_index: 0, part: { type: "output_text", text: "" } },
        { type: "response.output_text.delta", ...at, content_index: 0, delta: "One. ", logprobs: [] },
        { type: "response.output_text.done", ...at, content_index: 0, text: "One. " },
        { type: "response.content_part.added", ...at, content_index: 1, part: { type: "output_text", text: "" } },
        {
          type: "response.output_text.delta",
          ...at,
          content_index: 1,
          delta: "Two.",
          logprobs: [{ token: "Two", logprob: -0.5, top_logprobs: [] }],
        },
        { type: "response.output_text.annotation.added", ...at, annotation: page },
        { type: "response.new", delta: "?" },
        { type: "response.output_item.done", output_index: 1, item: BODY.output[2] },
        { type: "response.refusal.delta", ...at, delta: "No." },
        COMPLETED,
      ]),
    ).toEqual([
      { type: "start", id: "resp_1", model: "m" },
      { type: "reasoning", choice: 0, text: "A." },
      { type: "reasoning", choice: 0, text: "\n\n" },
      { type: "reasoning", choice: 0, text: "B." },
      { type: "reasoning_end", choice: 0, signature },
      { type: "text", choice: 0, text: "One. " },
      { type: "text", choice: 0, text: "Two." },
      { type: "logprobs", choice: 0, logprobs: [{ token: "Two", logprob: -0.5, top: [] }] },
      { type: "citation", choice: 0, citation },
      { type: "refusal", choice: 0, text: "No." },
      { type: "finish", choice: 0, finish: { reason: "refusal" } },
      { type: "usage", usage },
      { type: "end" },
    ]);
  });

  const added = (name: string, fields: object = {}): Loose => ({
    type: "response.output_item.added",
    item: { ...call(name), arguments: "" },
    ...fields,
  });
  const delta = (text: string, fields: object): Loose => ({
    type: "response.function_call_arguments.delta",
    delta: text,
    ...fields,
  });
  const done = (name: string, text: string, fields: object = {}): Loose => ({
    type: "response.output_item.done",
    item: { ...call(name), arguments: text },
    ...fields,
  });
  test.each<[string, readonly Loose[]]>([
    [
      "in turns",
      [
        added("f", { output_index: 0 }),
        added("g", { output_index: 1 }),
        delta('{"a"', { output_index: 0, item_id: "fc_f" }),
        delta("[1]", { output_index: 1, item_id: "fc_g" }),
        delta(":1}", { output_index: 0, item_id: "fc_f" }),
        done("f", '{"a":1}', { output_index: 0 }),
        done("g", "[1]", { output_index: 1 }),
      ],
    ],
    [
      "with ids that change",
      [
        added("f", { output_index: 0 }),
        added("g", { output_index: 1 }),
        delta('{"a":1}', { output_index: 0, item_id: "x1" }),
        delta("[1]", { output_index: 1, item_id: "x2" }),
        done("f", '{"a":1}', { output_index: 0 }),
        done("g", "[1]", { output_index: 1 }),
      ],
    ],
    [
      "all at the same index",
      [
        added("f", { output_index: 0 }),
        delta('{"a":1}', { output_index: 0 }),
        done("f", '{"a":1}', { output_index: 0 }),
        added("g", { output_index: 0 }),
        delta("[1]", { output_index: 0 }),
        done("g", "[1]", { output_index: 0 }),
      ],
    ],
    ["and are told of twice", [added("f"), done("f", '{"a":1}'), done("f", '{"a":1}'), added("g"), done("g", "[1]")]],
    ["without pieces", [added("f"), done("f", '{"a":1}'), done("g", "[1]")]],
    ["that nothing ends", [added("f"), delta('{"a":1}', {}), added("g"), delta("[1]", {})]],
  ])("keeps tool calls apart that come %s", (_, events) => {
    const decoded = decode([CREATED, ...events, COMPLETED]);
    const starts = decoded.filter((event) => event.type === "tool_start");
    expect(starts).toEqual([
      { type: "tool_start", choice: 0, call: 0, id: "call_f", name: "f" },
      { type: "tool_start", choice: 0, call: 1, id: "call_g", name: "g" },
    ]);
    const texts = [0, 1].map((number) =>
      decoded.map((event) => (event.type === "tool_arguments" && event.call === number ? event.text : "")).join(""),
    );
    expect(texts).toEqual(['{"a":1}', "[1]"]);
    expect(decoded.filter(({ type }) => type === "tool_end")).toHaveLength(2);
    expect(decoded).toContainEqual({ type: "finish", choice: 0, finish: { reason: "tool_calls" } });
  });

  test("that holds nothing but the whole answer tells all of it", () => {
    const { serviceTier: _, ...answer } = DECODED;
    const told = decode([{ type: "response.completed", response: BODY }]);
    expect(told).toEqual([
      { type: "start", id: answer.id, model: answer.model },
      ...[...eventsOf(answer)].filter(({ type }) => type !== "start"),
    ]);
  });

  test.each<[string, Loose | string, object]>([
    [
      "a failed answer",
      { type: "response.failed", response: { error: { code: "rate_limit_exceeded", message: "Slow." } } },
      { message: "Slow.", code: "rate_limit_exceeded", type: "upstream_error" },
    ],
    [
      "an error event",
      { type: "error", code: "server_error", message: "Oh.", param: null, sequence_number: 3 },
      { message: "Oh.", code: "server_error", type: "upstream_error" },
    ],
    ["an error object", '{"error":{"message":"Oh.","type":"server_error"}}', { message: "Oh.", type: "server_error" }],
    ["a failed answer without a reason", { type: "response.failed" }, { type: "upstream_error" }],
    ["no JSON", "{", { code: "upstream_malformed" }],
  ])("ends in an error for %s", (_, event, details) => {
    expect(decode([CREATED, event])).toMatchObject([{ type: "start" }, { type: "error", details }]);
  });

  test("that was cut by length says so, and `[DONE]` says nothing", () => {
    const response = { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
    expect(decode([CREATED, { type: "response.incomplete", response }, "[DONE]"])).toEqual([
      { type: "start", id: "resp_1", model: "m" },
      { type: "finish", choice: 0, finish: { reason: "length" } },
      { type: "end" },
    ]);
  });
});

test("what the caller's side writes, the provider's side reads", () => {
  const encoder = responses.createStreamEncoder(read({}, true), STAMP);
  const { serviceTier: _, ...answer } = DECODED;
  const events = [...eventsOf(answer)];
  const text = events.map((event) => encoder.encode(event)).join("");
  const decoded = decode(eventsIn(text).map(({ data }) => JSON.stringify(data)));
  const ends: readonly StreamEvent["type"][] = ["start", "reasoning_end", "logprobs"];
  const told = (list: readonly StreamEvent[]) => list.filter(({ type }) => !ends.includes(type));
  expect(told(decoded)).toEqual(told(events));

  const body = responses.encodeAnswer(answer, read({}), STAMP);
  expect((body as unknown as Response).id).toBe("resp_1");
  const [first, second] = responses.decodeAnswer(body, request())?.choices[0]?.parts ?? [];
  // The packed signature is opaque to whoever reads it as a provider's.
  expect(first).toMatchObject({ kind: "reasoning", text: "A.\n\nB." });
  expect(second).toEqual({ kind: "text", text: "One. Two.", citations: [citation] });
});
