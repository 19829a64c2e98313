import Anthropic from "@anthropic-ai/sdk";
import type { MessageCreateParamsNonStreaming, MessageParam } from "@anthropic-ai/sdk/resources/messages/messages";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type StandIn, startStandIn } from "../../stand-in.ts";
import * as say from "../test-orders.ts";

let standIn: StandIn;
let client: Anthropic;
beforeAll(async () => {
  standIn = await startStandIn({ apiKeys: ["right"] });
  client = new Anthropic({ apiKey: "right", baseURL: `${new URL(standIn.url).origin}/any/base`, maxRetries: 0 });
});
afterAll(() => standIn.stop());

const tools = [{ name: "weather", input_schema: say.WEATHER_SCHEMA as never }];
const request = (content: string, more: object = {}): MessageCreateParamsNonStreaming => ({
  model: "claude-sonnet-4-6",
  max_tokens: 4096,
  messages: [{ role: "user", content }],
  ...more,
});

test("says a text, whole and streamed", async () => {
  expect((await client.messages.create(request(say.SAYS))).content).toEqual([
    { type: "text", text: say.TEXT, citations: null },
  ]);
  const stream = client.messages.stream(request(say.SAYS));
  expect(await stream.finalText()).toBe(say.TEXT);
  expect((await stream.finalMessage()).stop_reason).toBe("end_turn");
});

test("thinks, calls tools and takes their results, whole and streamed", async () => {
  const thinking = { type: "enabled", budget_tokens: 1024 } as const;
  for (const answer of [
    await client.messages.create(request(say.CALLS, { tools, thinking })),
    await client.messages.stream(request(say.CALLS, { tools, thinking })).finalMessage(),
  ]) {
    const [thought, ...calls] = answer.content;
    expect(thought).toMatchObject({ type: "thinking", thinking: say.THOUGHTS });
    expect(calls).toMatchObject([
      { type: "tool_use", name: "weather", input: say.PARIS },
      { type: "tool_use", name: "weather", input: say.OSLO },
    ]);
    expect(answer.stop_reason).toBe("tool_use");
    const ids = calls.map((call) => (call.type === "tool_use" ? call.id : ""));
    const messages: MessageParam[] = [
      { role: "user", content: say.CALLS },
      { role: "assistant", content: answer.content as MessageParam["content"] },
      {
        role: "user",
        content: ids.map((id, at) => ({ type: "tool_result", tool_use_id: id, content: `result ${at}` })),
      },
    ];
    const next = await client.messages.create(request("", { tools, thinking, messages }));
    const results = ids.map((id, at) => ({ id, name: "weather", text: `result ${at}` }));
    expect(next.content).toMatchObject([{ type: "text", text: `Tool results: ${JSON.stringify(results)}` }]);
  }
});

test("counts what is cached beside the input", async () => {
  const { usage } = await client.messages.create(request(say.COUNTED));
  expect(usage).toMatchObject({
    input_tokens: 50,
    cache_read_input_tokens: 30,
    cache_creation_input_tokens: 20,
    output_tokens: 50,
    output_tokens_details: { thinking_tokens: 10 },
  });
});

test("goes on where events and blocks are new to the client", async () => {
  expect(await client.messages.stream(request(say.STRANGE)).finalText()).toBe(say.TEXT);
  expect(standIn.requests.at(-1)?.answer.toString()).toContain("event: future_event");
});

test("fails with its provider's errors, before a stream and within", async () => {
  await expect(client.messages.create(request(say.FAILS))).rejects.toThrow(Anthropic.RateLimitError);
  await expect(client.messages.stream(request(say.BREAKS)).finalMessage()).rejects.toThrow("overloaded_error");
  const stranger = new Anthropic({ apiKey: "wrong", baseURL: client.baseURL, maxRetries: 0 });
  await expect(stranger.messages.create(request(say.SAYS))).rejects.toThrow(Anthropic.AuthenticationError);
  const headers = { "x-goog-api-key": "right", "anthropic-version": "2023-06-01" };
  const body = JSON.stringify(request(say.SAYS));
  expect((await fetch(`${client.baseURL}/v1/messages`, { method: "POST", headers, body })).status).toBe(401);
});

const use = (more: object = {}) => ({ type: "tool_use", id: "toolu_1", name: "weather", input: {}, ...more });
const result = (more: object = {}) => ({ type: "tool_result", tool_use_id: "toolu_1", content: "Sun.", ...more });
const talk = (...contents: unknown[]) => ({
  messages: contents.map((content, at) => ({ role: at % 2 === 0 ? "user" : "assistant", content })),
});
const thinking = { type: "enabled", budget_tokens: 2000 };

test.each<[string, object]>([
  ["frequency_penalty: Extra inputs are not permitted", { frequency_penalty: 1 }],
  ["metadata.stand_in: Extra inputs are not permitted", { metadata: { stand_in: "{}" } }],
  ["max_tokens: Field required", { max_tokens: undefined }],
  [
    "tool_use.id: String should match pattern",
    talk("Hi.", [use({ id: "call|1" })], [result({ tool_use_id: "call|1" })]),
  ],
  ["unexpected `tool_use_id` found", talk([result()])],
  ["`tool_use` ids were found without `tool_result` blocks", talk("Hi.", [use()], "And?")],
  [
    "`tool_use` ids were found without `tool_result` blocks",
    talk("Hi.", [use()], [{ type: "text", text: "So:" }, result()]),
  ],
  ["first message must use the", { messages: [{ role: "assistant", content: "Hi." }] }],
  [
    "Unexpected role",
    {
      messages: [
        { role: "system", content: "Be kind." },
        { role: "user", content: "Hi." },
      ],
    },
  ],
  ["text content blocks must be non-empty", talk([{ type: "text", text: "" }])],
  [
    "Invalid `signature` in `thinking` block",
    talk("Hi.", [{ type: "thinking", thinking: "So.", signature: "c2ln" }], "And?"),
  ],
  ["Expected `thinking` or `redacted_thinking`", { ...talk("Hi.", [use()], [result()]), tools, thinking }],
  [
    "`max_tokens` must be greater than `thinking.budget_tokens`",
    { thinking: { type: "enabled", budget_tokens: 5000 } },
  ],
  ["Thinking may not be enabled when tool_choice forces", { tools, thinking, tool_choice: { type: "any" } }],
  ["temperature: range: 0..1", { temperature: 1.5 }],
  ["`temperature` and `top_p` cannot both be specified", { temperature: 0.5, top_p: 0.5 }],
  ["`temperature` is deprecated for this model", { model: "claude-opus-5", temperature: 0.5 }],
  ["tools.0.custom.input_schema: Field required", { tools: [{ name: "weather" }] }],
  ["Tool 'other' not found", { tools, tool_choice: { type: "tool", name: "other" } }],
  [
    "'additionalProperties' must be explicitly set to false",
    { output_config: { format: { type: "json_schema", schema: { type: "object" } } } },
  ],
])("refuses what is wrong: %s", async (message, more) => {
  const headers = { "anthropic-version": "2023-06-01" };
  await expect(client.messages.create(request("Hi.", more), { headers })).rejects.toThrow(message);
});

test.each<[string, object]>([
  ["temperature: Extra inputs are not permitted", { temperature: 1 }],
  ["`document` blocks are not permitted", talk("Hi.", [{ type: "document", source: {} }], "And?")],
  ["citations are not permitted in user messages", talk([{ type: "text", text: "Hi.", citations: [{}] }])],
])("refuses in the newer version of the API: %s", async (message, more) => {
  await expect(client.messages.create(request("Hi.", more))).rejects.toThrow(message);
});

test("refuses thoughts that were changed", async () => {
  const { content } = await client.messages.create(request(say.THINKS));
  const messages = (thought: object) => [
    { role: "user", content: "Hi." },
    { role: "assistant", content: [{ ...content[0], ...thought }, content[1]] },
    { role: "user", content: "And?" },
  ];
  await client.messages.create(request("", { messages: messages({}) }));
  const changed = client.messages.create(request("", { messages: messages({ thinking: "Otherwise." }) }));
  await expect(changed).rejects.toThrow("cannot be modified");
});

test("takes two messages of one role in a row as one", async () => {
  const messages = [
    { role: "user", content: "Hi." },
    { role: "user", content: say.SAYS },
  ];
  expect((await client.messages.create(request("", { messages }))).content).toMatchObject([{ text: say.TEXT }]);
});

test("is at Vertex too, where the path names the model and the key is a token", async () => {
  const base = `${new URL(standIn.url).origin}/v1/projects/p/locations/global/publishers/anthropic/models`;
  const post = (call: string, body: object) =>
    fetch(`${base}/claude-sonnet-4-5@20250929:${call}`, {
      method: "POST",
      headers: { authorization: "Bearer right", "content-type": "application/json" },
      body: JSON.stringify({ anthropic_version: "vertex-2023-10-16", ...body }),
    });
  const { model, ...body } = request(say.SAYS);
  expect(await (await post("rawPredict", body)).json()).toMatchObject({ model: "claude-sonnet-4-5@20250929" });
  expect(await (await post("streamRawPredict", { ...body, stream: true })).text()).toContain("event: message_stop");
  expect((await post("rawPredict", { ...body, model })).status).toBe(400);
  expect((await post("rawPredict", { ...body, anthropic_version: undefined })).status).toBe(400);
});
