import type { Response, ResponseCreateParamsNonStreaming, ResponseInput } from "openai/resources/responses/responses";
import { describe, expect, test } from "vitest";
import { packSignature } from "../../mint-server/wire/carry.ts";
import { type ChatAnswer, eventsOf, type Finish, type StreamEvent } from "../../mint-server/wire/chat-answer.ts";
import type { Message, Part, Signature } from "../../mint-server/wire/chat-request.ts";
import { responses } from "../../mint-server/wire/responses/format.ts";
import { eventsIn, problemOf, read, STAMP, say } from "./responses-rig.ts";

const WEATHER = { type: "function", name: "weather", parameters: { type: "object" }, strict: true } as const;
const SCHEMA = { type: "object", properties: { n: { type: "number" } } };

describe("a caller's request", () => {
  test("is read with all that it asks for", () => {
    const body = {
      model: "m",
      input: "Hello",
      instructions: "Be brief.",
      tools: [WEATHER, { type: "function", name: "time", description: "The time.", parameters: null, strict: null }],
      tool_choice: { type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "time" }] },
      parallel_tool_calls: false,
      text: { format: { type: "json_schema", name: "n", schema: SCHEMA, strict: true }, verbosity: "low" },
      reasoning: { effort: "high", summary: "auto" },
      max_output_tokens: 100,
      max_tool_calls: 3,
      temperature: 0,
      top_p: 0.5,
      top_logprobs: 2,
      include: ["reasoning.encrypted_content", "message.output_text.logprobs"],
      truncation: "auto",
      metadata: { a: "b" },
      safety_identifier: "someone",
      prompt_cache_key: "k",
      service_tier: "flex",
      store: true,
      background: false,
      previous_response_id: null,
    } satisfies ResponseCreateParamsNonStreaming;
    const { asked, echo: _, ...rest } = responses.decodeRequest(body, { model: "m", stream: false });
    expect(rest).toEqual({
      model: "m",
      stream: false,
      messages: [
        { role: "system", parts: [say("Be brief.")] },
        { role: "user", parts: [say("Hello")] },
      ],
      tools: [
        { kind: "function", name: "weather", parameters: { type: "object" }, strict: true },
        { kind: "function", name: "time", description: "The time." },
      ],
      toolChoice: { kind: "allowed", names: ["time"], required: true },
      parallelToolCalls: false,
      output: { kind: "schema", name: "n", schema: SCHEMA, strict: true },
      verbosity: "low",
      reasoning: { effort: "high", show: true },
      maxTokens: 100,
      temperature: 0,
      topP: 0.5,
      logprobs: true,
      topLogprobs: 2,
      metadata: { a: "b" },
      user: "someone",
      promptCacheKey: "k",
      serviceTier: "flex",
      includeUsage: true,
    });
    expect(Object.fromEntries(asked)).toEqual({
      tools: "tools",
      strictTools: "tools[0].strict",
      singleToolCall: "parallel_tool_calls",
      toolChoice: "tool_choice",
      jsonSchema: "text.format",
      verbosity: "text.verbosity",
      reasoning: "reasoning.effort",
      logprobs: "include",
      maxTokens: "max_output_tokens",
      temperature: "temperature",
      topP: "top_p",
      user: "safety_identifier",
      metadata: "metadata",
      serviceTier: "service_tier",
      promptCacheKey: "prompt_cache_key",
    });
  });

  test("that asks for what happens anyway asks for nothing", () => {
    const body = {
      tools: [],
      tool_choice: "none",
      parallel_tool_calls: false,
      text: { format: { type: "text" }, verbosity: "medium" },
      reasoning: { effort: null, summary: null },
      top_logprobs: 0,
      include: ["reasoning.encrypted_content", "web_search_call.action.sources"],
      metadata: {},
      service_tier: "auto",
      store: true,
      truncation: "disabled",
      stream_options: { include_obfuscation: false },
      prompt_cache_retention: "24h",
      user: null,
    };
    expect([...read(body).asked]).toEqual([]);
  });

  test.each([
    ["auto", { kind: "auto" }],
    ["none", { kind: "none" }],
    ["required", { kind: "required" }],
    [
      { type: "function", name: "weather" },
      { kind: "function", name: "weather" },
    ],
  ])("reads the choice of tools %j", (tool_choice, expected) => {
    const { toolChoice, asked } = read({ tools: [WEATHER], tool_choice });
    expect(toolChoice).toEqual(expected);
    expect(asked.has("toolChoice")).toBe(tool_choice !== "auto");
  });

  test("hands hosted tools on for the provider's side to judge", () => {
    const { tools, asked } = read({ tools: [WEATHER, { type: "web_search" }] });
    expect(tools[1]).toEqual({ kind: "hosted", type: "web_search", at: "tools[1]" });
    expect(asked.get("hostedTools")).toBe("tools[1].type");
    expect(read({ tool_choice: { type: "file_search" } }).asked.get("hostedTools")).toBe("tool_choice.type");
  });

  test.each([
    ["previous_response_id", { previous_response_id: "resp_1" }],
    ["conversation", { conversation: "conv_1" }],
    ["background", { background: true }],
    ["prompt", { prompt: { id: "pmpt_1" } }],
    ["moderation", { moderation: { model: "omni" } }],
    ["surprise", { surprise: 1 }],
    ["input", { input: null }],
    ["include[0]", { include: ["everything"] }],
    ["reasoning.effort", { reasoning: { effort: "some" } }],
    ["reasoning.mode", { reasoning: { mode: "pro" } }],
    ["text.format.type", { text: { format: { type: "grammar" } } }],
    ["text.shape", { text: { shape: 1 } }],
    ["tools[0].type", { tools: [{ type: "custom", name: "sh" }] }],
    ["tools[0].async", { tools: [{ ...WEATHER, async: true }] }],
    ["tools[0].name", { tools: [{ type: "function" }] }],
    ["tool_choice", { tool_choice: "any" }],
    ["tool_choice.type", { tool_choice: { type: "custom", name: "sh" } }],
    ["tool_choice.tools[0].type", { tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "mcp" }] } }],
    ["input[0]", { input: [{ type: "item_reference", id: "msg_1" }] }],
    ["input[0].type", { input: [{ type: "web_search_call", id: "ws_1" }] }],
    ["input[0].surprise", { input: [{ role: "user", content: "x", surprise: 1 }] }],
    ["input[0].role", { input: [{ role: "tool", content: "x" }] }],
    ["input[0].content", { input: [{ role: "user" }] }],
    ["input[0].content[0].type", { input: [{ role: "user", content: [{ type: "text", text: "x" }] }] }],
    ["input[0].content[0].type", { input: [{ role: "assistant", content: [{ type: "input_image" }] }] }],
    ["input[0].content[0].image_url", { input: [{ role: "user", content: [{ type: "input_image" }] }] }],
    ["input[0].call_id", { input: [{ type: "function_call_output", output: "x" }] }],
  ])("is refused for %s", (param, body) => {
    expect(problemOf(() => read(body))).toBe(param);
  });
});

describe("a caller's items", () => {
  test("become messages, each call and result in its place", () => {
    const input = [
      { role: "developer", content: "Rules." },
      { role: "user", content: [{ type: "input_text", text: "Hi" }], type: "message" },
      { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "Hm." }], encrypted_content: "enc" },
      {
        type: "message",
        id: "msg_1",
        role: "assistant",
        status: "completed",
        content: [{ type: "output_text", text: "Let me see.", annotations: [] }],
      },
      { type: "function_call", id: "fc_1", call_id: "call_1", name: "weather", arguments: '{"city":"Oslo"}' },
      { type: "function_call", id: "fc_2", call_id: "call_2", name: "time", arguments: "" },
      { type: "function_call_output", call_id: "call_2", output: "noon" },
      { type: "function_call_output", call_id: "call_1", output: [{ type: "input_text", text: "rain" }] },
      { role: "user", content: "And now?" },
      { role: "system", content: "Late rule." },
      { role: "assistant", content: "One." },
      { role: "assistant", content: "Two." },
    ] satisfies ResponseInput;
    const signature = { by: "responses", value: "enc", id: "rs_1" };
    expect(read({ input }).messages).toEqual([
      { role: "developer", parts: [say("Rules.")] },
      { role: "user", parts: [say("Hi")] },
      {
        role: "assistant",
        parts: [
          { kind: "reasoning", text: "Hm.", signature },
          say("Let me see."),
          { kind: "tool_call", id: "call_1", name: "weather", arguments: '{"city":"Oslo"}' },
          { kind: "tool_call", id: "call_2", name: "time", arguments: "" },
        ],
      },
      {
        role: "user",
        parts: [
          { kind: "tool_result", callId: "call_2", parts: [say("noon")], at: "input[6]" },
          { kind: "tool_result", callId: "call_1", parts: [say("rain")], at: "input[7]" },
        ],
      },
      { role: "user", parts: [say("And now?")] },
      { role: "system", parts: [say("Late rule.")] },
      { role: "assistant", parts: [say("One.")] },
      { role: "assistant", parts: [say("Two.")] },
    ]);
  });

  const base64 = (mediaType: string) => ({ kind: "base64", mediaType, data: "AAAA" });
  test.each([
    [
      { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "high" },
      { kind: "image", source: base64("image/png"), detail: "high" },
    ],
    [
      { type: "input_image", image_url: "https://a.example/b.png", detail: "auto" },
      { kind: "image", source: { kind: "url", url: "https://a.example/b.png" } },
    ],
    [
      { type: "input_image", file_id: "file-1" },
      { kind: "image", source: { kind: "uploaded", id: "file-1" } },
    ],
    [
      { type: "input_file", file_data: "data:text/csv;base64,AAAA", filename: "a.csv" },
      { kind: "file", source: base64("text/csv"), name: "a.csv" },
    ],
    [
      { type: "input_file", file_data: "AAAA" },
      { kind: "file", source: base64("application/pdf") },
    ],
    [
      { type: "input_file", file_url: "https://a.example/b.pdf" },
      { kind: "file", source: { kind: "url", url: "https://a.example/b.pdf" } },
    ],
    [
      { type: "input_audio", input_audio: { data: "AAAA", format: "mp3" } },
      { kind: "audio", source: base64("audio/mpeg") },
    ],
  ])("hold %j", (part, expected) => {
    const [message] = read({ input: [{ role: "user", content: [part] }] }).messages;
    expect(message?.parts).toEqual([{ ...expected, at: "input[0].content[0]" }]);
  });

  test("hold refusals, marks for the cache, and what a tool shows", () => {
    const mark = { prompt_cache_breakpoint: { mode: "explicit" } };
    const { messages } = read({
      input: [
        { role: "user", content: [{ type: "input_text", text: "long", ...mark }] },
        { type: "message", role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
        {
          type: "function_call_output",
          call_id: "c",
          output: [{ type: "input_image", image_url: "https://a.example/i" }],
        },
      ],
    });
    const image = { kind: "image", source: { kind: "url", url: "https://a.example/i" }, at: "input[2].output[0]" };
    expect(messages.map(({ parts }) => parts)).toEqual([
      [{ kind: "text", text: "long", cache: {} }],
      [{ kind: "refusal", text: "No." }],
      [{ kind: "tool_result", callId: "c", parts: [image], at: "input[2]" }],
    ]);
  });
});

const GOOGLES: Signature = { by: "google", value: "c2lnbmVk" };
const ANTHROPICS: Signature = { by: "anthropic", value: "sig==" };
const PARTS: readonly Part[] = [
  { kind: "reasoning", text: "Let me\nthink. data: x", signature: ANTHROPICS },
  { kind: "reasoning", text: "", signature: { by: "anthropic", value: "hidden", redacted: true } },
  {
    kind: "text",
    text: "It rains. 🌧",
    citations: [
      { url: "https://a.example", title: "A", start: 3, end: 8 },
      { url: "https://b.example" },
      { quote: "no page" },
    ],
  },
  { kind: "tool_call", id: "call_1", name: "weather", arguments: '{"city":"Oslo"}', signature: GOOGLES },
  { kind: "tool_call", id: "call_2", name: "time", arguments: "" },
  say("Wait."),
];
const ANSWER: ChatAnswer = {
  id: "msg_01",
  model: "claude-sonnet-4-5-20250929",
  choices: [{ index: 0, parts: PARTS, finish: { reason: "tool_calls" } }],
  usage: { inputTokens: 10, outputTokens: 7, cachedTokens: 4, cacheWriteTokens: 2, reasoningTokens: 3 },
};
const NAME = "0".repeat(32);

function encode(answer: ChatAnswer, body: Record<string, unknown> = {}): Response {
  return responses.encodeAnswer(answer, read(body), STAMP) as unknown as Response;
}

function streamOf(events: Iterable<StreamEvent>, body: Record<string, unknown> = {}) {
  const encoder = responses.createStreamEncoder(read(body, true), STAMP);
  return eventsIn([...events].map((event) => encoder.encode(event)).join(""));
}

describe("an answer", () => {
  test("holds everything that the model gave, in order, and what was asked", () => {
    const asked = {
      instructions: "Be brief.",
      temperature: 0.5,
      tools: [WEATHER],
      reasoning: { effort: "low" },
      metadata: { a: "b" },
      max_output_tokens: 99,
      text: { verbosity: "low" },
    };
    expect(encode(ANSWER, asked)).toEqual({
      id: `resp_${NAME}`,
      object: "response",
      created_at: STAMP.created,
      status: "completed",
      error: null,
      incomplete_details: null,
      model: "claude-sonnet-4-5-20250929",
      output: [
        {
          type: "reasoning",
          id: `rs_${NAME}_0`,
          summary: [{ type: "summary_text", text: "Let me\nthink. data: x" }],
          encrypted_content: packSignature(ANTHROPICS, "responses"),
        },
        { type: "reasoning", id: `rs_${NAME}_1`, summary: [], encrypted_content: expect.stringMatching(/^mg1_/) },
        {
          type: "message",
          id: `msg_${NAME}_2`,
          role: "assistant",
          status: "completed",
          content: [
            {
              type: "output_text",
              text: "It rains. 🌧",
              annotations: [
                { type: "url_citation", url: "https://a.example", title: "A", start_index: 3, end_index: 8 },
                {
                  type: "url_citation",
                  url: "https://b.example",
                  title: "https://b.example",
                  start_index: 0,
                  end_index: 12,
                },
              ],
            },
          ],
        },
        {
          type: "function_call",
          id: `fc_${NAME}_3`,
          call_id: expect.stringMatching(/^call_1_mg1_/),
          name: "weather",
          arguments: '{"city":"Oslo"}',
          status: "completed",
        },
        {
          type: "function_call",
          id: `fc_${NAME}_4`,
          call_id: "call_2",
          name: "time",
          arguments: "{}",
          status: "completed",
        },
        {
          type: "message",
          id: `msg_${NAME}_5`,
          role: "assistant",
          status: "completed",
          content: [{ type: "output_text", text: "Wait.", annotations: [] }],
        },
      ],
      usage: {
        input_tokens: 10,
        input_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
        output_tokens: 7,
        output_tokens_details: { reasoning_tokens: 3 },
        total_tokens: 17,
      },
      access_programs: null,
      background: false,
      instructions: "Be brief.",
      max_output_tokens: 99,
      max_tool_calls: null,
      metadata: { a: "b" },
      parallel_tool_calls: true,
      previous_response_id: null,
      reasoning: { effort: "low", summary: null },
      service_tier: null,
      store: false,
      temperature: 0.5,
      text: { format: { type: "text" }, verbosity: "low" },
      tool_choice: "auto",
      tools: [WEATHER],
      top_logprobs: 0,
      top_p: null,
      truncation: "disabled",
    });
  });

  test("keeps the id of a provider that names answers as this API does", () => {
    expect(encode({ ...ANSWER, id: "resp_abc" })).toMatchObject({ id: "resp_abc", output: { 0: { id: "rs_abc_0" } } });
  });

  test.each<[Finish["reason"], string, unknown]>([
    ["stop", "completed", null],
    ["tool_calls", "completed", null],
    ["length", "incomplete", { reason: "max_output_tokens" }],
    ["content_filter", "incomplete", { reason: "content_filter" }],
    ["refusal", "incomplete", { reason: "content_filter" }],
    ["pause", "incomplete", null],
  ])("that ended with %s is %s", (reason, status, incomplete_details) => {
    const choice = { index: 0, parts: [say("Some")], finish: { reason } };
    const answer = encode({ choices: [choice] });
    expect(answer).toMatchObject({ status, incomplete_details, output: [{ status }], usage: null });
    expect(streamOf(eventsOf({ choices: [choice] })).at(-1)).toMatchObject({
      event: `response.${status}`,
      data: { response: answer },
    });
  });

  test("that is a refusal in words is complete", () => {
    const parts: Part[] = [say("Hm. "), { kind: "refusal", text: "No." }];
    const answer = encode({ choices: [{ index: 0, parts, finish: { reason: "refusal" } }] });
    expect(answer.status).toBe("completed");
    expect(answer.output).toMatchObject([{ content: [{ text: "Hm. " }, { type: "refusal", refusal: "No." }] }]);
  });

  test("gives probabilities with the text, and citations where they stand in its part", () => {
    const logprobs = [{ token: "Two", logprob: -0.5, bytes: [84], top: [{ token: "2", logprob: -1 }] }];
    const parts: Part[] = [
      say("One. "),
      { kind: "reasoning", text: "Hm." },
      { kind: "text", text: "Two.", citations: [{ url: "https://a.example", title: "A", start: 5, end: 8 }] },
    ];
    const answer = { choices: [{ index: 0, parts, finish: { reason: "stop" }, logprobs } as const] };
    const expected = {
      text: "Two.",
      annotations: [{ start_index: 0, end_index: 3 }],
      logprobs: [{ token: "Two", logprob: -0.5, bytes: [84], top_logprobs: [{ token: "2", logprob: -1, bytes: [] }] }],
    };
    expect(encode(answer).output[2]).toMatchObject({ content: [expected] });
  });
});

describe("what a provider wants back", () => {
  const asInput = (answer: Response) => read({ input: answer.output, tools: [WEATHER] }).messages;

  test("comes back with the items that were answered", () => {
    const [first, second] = asInput(encode(ANSWER)) as [Message, Message];
    const { citations: _, ...text } = PARTS[2] as Extract<Part, { kind: "text" }>;
    const empty = { ...(PARTS[4] as Part), arguments: "{}" };
    expect(first).toEqual({ role: "assistant", parts: [PARTS[0], PARTS[1], text, PARTS[3], empty] });
    expect(second).toEqual({ role: "assistant", parts: [say("Wait.")] });
  });

  test("comes back with a call that was rebuilt from its call_id, and its result", () => {
    const call_id = encode(ANSWER).output.flatMap((item) => (item.type === "function_call" ? [item.call_id] : []))[0];
    const [assistant, user] = read({
      input: [
        { type: "function_call", call_id, name: "weather", arguments: "{}" },
        { type: "function_call_output", call_id, output: "rain" },
      ],
    }).messages;
    expect(assistant?.parts).toMatchObject([{ kind: "tool_call", id: "call_1", signature: GOOGLES }]);
    expect(user?.parts).toMatchObject([{ kind: "tool_result", callId: "call_1" }]);
  });

  test("comes back for text that was signed", () => {
    const parts: Part[] = [{ kind: "text", text: "Hi", signature: GOOGLES }];
    const [message] = asInput(encode({ choices: [{ index: 0, parts, finish: { reason: "stop" } }] }));
    expect(message?.parts).toEqual([say("Hi"), { kind: "reasoning", text: "", signature: GOOGLES }]);
  });
});

describe("a stream", () => {
  test("ends with the same answer as if it had come in one piece", () => {
    const sent = streamOf(eventsOf(ANSWER), { tools: [WEATHER] });
    expect(sent.at(-1)?.data.response).toEqual(encode(ANSWER, { tools: [WEATHER] }));
  });

  test("has each event of the API in its order, numbered, with the same ids", () => {
    const parts: Part[] = [
      { kind: "reasoning", text: "Hm.", signature: ANTHROPICS },
      { kind: "text", text: "Hi", citations: [{ url: "https://a.example" }] },
      { kind: "refusal", text: "No." },
      { kind: "tool_call", id: "c", name: "f", arguments: "{}" },
    ];
    const sent = streamOf(eventsOf({ ...ANSWER, choices: [{ index: 0, parts, finish: { reason: "stop" } }] }));
    expect(sent.map(({ event, data }) => [event.replace("response.", ""), data.item_id ?? data.output_index])).toEqual([
      ["created", undefined],
      ["in_progress", undefined],
      ["output_item.added", 0],
      ["reasoning_summary_part.added", `rs_${NAME}_0`],
      ["reasoning_summary_text.delta", `rs_${NAME}_0`],
      ["reasoning_summary_text.done", `rs_${NAME}_0`],
      ["reasoning_summary_part.done", `rs_${NAME}_0`],
      ["output_item.done", 0],
      ["output_item.added", 1],
      ["content_part.added", `msg_${NAME}_1`],
      ["output_text.delta", `msg_${NAME}_1`],
      ["output_text.annotation.added", `msg_${NAME}_1`],
      ["output_text.done", `msg_${NAME}_1`],
      ["content_part.done", `msg_${NAME}_1`],
      ["content_part.added", `msg_${NAME}_1`],
      ["refusal.delta", `msg_${NAME}_1`],
      ["refusal.done", `msg_${NAME}_1`],
      ["content_part.done", `msg_${NAME}_1`],
      ["output_item.done", 1],
      ["output_item.added", 2],
      ["function_call_arguments.delta", `fc_${NAME}_2`],
      ["function_call_arguments.done", `fc_${NAME}_2`],
      ["output_item.done", 2],
      ["completed", undefined],
    ]);
    expect(sent.map(({ data }) => data.sequence_number)).toEqual(sent.map((_, index) => index));
    expect(sent.map(({ data }) => data.type)).toEqual(sent.map(({ event }) => event));
    expect(sent[0]?.data.response).toMatchObject({ status: "in_progress", output: [], usage: null });
  });

  test("keeps calls apart whose pieces come in turns, and tells of each when it is whole", () => {
    const sent = streamOf([
      { type: "start" },
      { type: "tool_start", choice: 0, call: 0, id: "a", name: "f" },
      { type: "tool_start", choice: 0, call: 1, id: "b", name: "g" },
      { type: "tool_arguments", choice: 0, call: 1, text: "[" },
      { type: "tool_arguments", choice: 0, call: 0, text: "{}" },
      { type: "tool_end", choice: 0, call: 0 },
      { type: "tool_arguments", choice: 0, call: 1, text: "]" },
      { type: "finish", choice: 0, finish: { reason: "tool_calls" } },
      { type: "end" },
    ]);
    const done = sent.filter(({ event }) => event === "response.output_item.done").map(({ data }) => data.item);
    expect(done).toMatchObject([
      { call_id: "a", arguments: "{}", status: "completed" },
      { call_id: "b", arguments: "[]", status: "completed" },
    ]);
  });

  test("holds one answer, however many there are", () => {
    const choice = (index: number) => ({ index, parts: [say(`${index}`)], finish: { reason: "stop" } }) as const;
    const both = { choices: [choice(0), choice(1)] };
    expect(encode(both)).toEqual(encode({ choices: [choice(0)] }));
    expect(streamOf(eventsOf(both))).toEqual(streamOf(eventsOf({ choices: [choice(0)] })));
  });

  test("marks a call that was cut off", () => {
    const parts: Part[] = [{ kind: "tool_call", id: "a", name: "f", arguments: '{"x":' }];
    const answer = { choices: [{ index: 0, parts, finish: { reason: "length" } } as const] };
    expect(encode(answer).output).toMatchObject([{ status: "incomplete", arguments: '{"x":' }]);
  });

  test("tells of an error in one event of the API's own shape, and of nothing after it", () => {
    const encoder = responses.createStreamEncoder(read({}, true), STAMP);
    encoder.encode({ type: "start" });
    const details = { message: "Too\nmany.", type: "rate_limit_error", code: "rate_limit_exceeded" };
    expect(eventsIn(encoder.encode({ type: "error", details }))).toEqual([
      {
        event: "error",
        data: { type: "error", code: "rate_limit_exceeded", message: "Too\nmany.", param: null, sequence_number: 2 },
      },
    ]);
    expect(encoder.encode({ type: "text", choice: 0, text: "more" })).toBe("");
    expect(encoder.encode({ type: "end" })).toBe("");
  });
});
