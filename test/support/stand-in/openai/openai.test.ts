import OpenAI from "openai";
import type { ChatCompletionChunk, ChatCompletionMessageParam } from "openai/resources/chat/completions";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type StandIn, startStandIn } from "../../stand-in.ts";
import { type Orders, orderInText } from "../orders.ts";
import * as say from "../test-orders.ts";

let standIn: StandIn;
let client: OpenAI;
beforeAll(async () => {
  standIn = await startStandIn({ apiKeys: ["right"] });
  client = new OpenAI({ apiKey: "right", baseURL: standIn.url, maxRetries: 0 });
});
afterAll(() => standIn.stop());

const tools = [{ type: "function" as const, function: { name: "weather", parameters: say.WEATHER_SCHEMA } }];
const request = (content: string, more: object = {}) => ({
  model: "gpt-4o",
  messages: [{ role: "user" as const, content }],
  ...more,
});
const chat = (content: string, more: object = {}) => client.chat.completions.create(request(content, more));
const ordered = (orders: Orders) => `Go. ${orderInText(orders)}`;

async function chunksOf(content: string, more: object = {}): Promise<ChatCompletionChunk[]> {
  return Array.fromAsync(await client.chat.completions.create({ ...request(content, more), stream: true }));
}

test("says a text, whole and streamed", async () => {
  expect((await chat(say.SAYS)).choices[0]?.message.content).toBe(say.TEXT);
  const stream = client.chat.completions.stream(request(say.SAYS));
  expect(await stream.finalContent()).toBe(say.TEXT);
});

test("thinks, calls tools and takes their results, whole and streamed", async () => {
  const whole = (await chat(say.CALLS, { tools })).choices[0]?.message;
  expect(whole).toMatchObject({ content: null, reasoning_content: say.THOUGHTS });
  const streamed = await client.chat.completions.stream(request(say.CALLS, { tools })).finalMessage();
  for (const message of [whole, streamed]) {
    const calls = message?.tool_calls?.flatMap((call) => (call.type === "function" ? [call] : [])) ?? [];
    expect(calls.map((call) => JSON.parse(call.function.arguments))).toEqual([say.PARIS, say.OSLO]);
    const messages: ChatCompletionMessageParam[] = [
      { role: "user", content: say.CALLS },
      { role: "assistant", tool_calls: calls },
      ...calls.map(({ id }, at) => ({ role: "tool" as const, tool_call_id: id, content: `result ${at}` })),
    ];
    const results = calls.map(({ id }, at) => ({ id, name: "weather", text: `result ${at}` }));
    const next = await chat("", { tools, messages });
    expect(next.choices[0]?.message.content).toBe(`Tool results: ${JSON.stringify(results)}`);
  }
});

const two = [
  { name: "weather", arguments: say.PARIS },
  { name: "weather", arguments: say.OSLO },
];

test.each<[NonNullable<Orders["toolIndexes"]>, RegExp]>([
  ["ordinary", /^0{3,}1{3,}$/],
  ["repeated", /^0{6,}$/],
  ["interleaved", /^(?:01){3,}0+$/],
  ["missing", /^--$/],
])("names the call that a chunk belongs to in the %s way", async (toolIndexes, expected) => {
  const chunks = await chunksOf(ordered({ toolCalls: two, toolIndexes }), { tools });
  const deltas = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
  expect(deltas.map(({ index }) => index ?? "-").join("")).toMatch(expected);
  expect(new Set(deltas.flatMap(({ id }) => id ?? [])).size).toBe(2);
});

test("refuses, is cut short and filtered", async () => {
  const refused = (await chat(ordered({ text: "No.", finish: "refusal" }))).choices[0];
  expect(refused).toMatchObject({ finish_reason: "stop", message: { content: null, refusal: "No." } });
  const stream = client.chat.completions.stream(request(ordered({ text: "No.", finish: "refusal" })));
  expect((await stream.finalMessage()).refusal).toBe("No.");
  for (const finish of ["length", "content_filter"] as const) {
    expect((await chat(ordered({ finish }))).choices[0]?.finish_reason).toBe(finish);
    expect((await chunksOf(ordered({ finish }))).at(-1)?.choices[0]?.finish_reason).toBe(finish);
  }
});

test("gives log probabilities, citations and the details of its usage", async () => {
  const cited = ordered({ text: "One two", citations: [{ url: "https://one.example/", title: "One" }] });
  const { choices } = await chat(cited, { logprobs: true, top_logprobs: 2 });
  expect(choices[0]?.logprobs?.content?.map(({ token, top_logprobs }) => [token, top_logprobs.length])).toEqual([
    ["One ", 2],
    ["two", 2],
  ]);
  expect(choices[0]?.message.annotations).toMatchObject([
    { url_citation: { url: "https://one.example/", end_index: 7 } },
  ]);
  expect((await chat(say.COUNTED)).usage).toMatchObject({
    prompt_tokens: 100,
    completion_tokens: 50,
    prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 20 },
    completion_tokens_details: { reasoning_tokens: 10 },
  });
});

const format = (type: string) => ({
  response_format: { type, json_schema: { name: "weather", strict: true, schema: say.WEATHER_SCHEMA } },
});

test("gives JSON where it is asked for, and to no one else", async () => {
  const content = async (text: string, more: object = {}) => (await chat(text, more)).choices[0]?.message.content;
  expect(await content(ordered({ json: say.PARIS }), format("json_schema"))).toBe(JSON.stringify(say.PARIS));
  expect(await content("Go.", format("json_schema"))).toBe('{"city":"sample","days":1}');
  expect(await content(ordered({ json: say.PARIS }))).toBe("The request does not ask for JSON.");
});

test("calls what it must, only what it is offered, and nothing where it may not", async () => {
  const called = async (text: string, more: object) => (await chat(text, { tools, ...more })).choices[0]?.message;
  expect((await called("Hi.", { tool_choice: "required" }))?.tool_calls).toHaveLength(1);
  expect((await called("call:weather", {}))?.tool_calls).toHaveLength(1);
  expect((await called("call:weather", { tool_choice: "none" }))?.tool_calls).toBeUndefined();
  expect((await called(ordered({ toolCalls: two }), { parallel_tool_calls: false }))?.tool_calls).toHaveLength(1);
  const lost = await called(ordered({ toolCalls: [{ name: "other", arguments: {} }] }), {});
  expect(lost?.content).toBe("The request does not offer the tool other.");
});

test("goes on where events and fields are new to the client", async () => {
  const chunks = await chunksOf(say.STRANGE);
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe(say.TEXT);
  expect(standIn.requests.at(-1)?.answer.toString()).toContain("chat.completion.future");
});

test("fails with its provider's errors, before a stream and within", async () => {
  await expect(chat(say.FAILS)).rejects.toThrow(OpenAI.RateLimitError);
  await expect(chunksOf(say.BREAKS)).rejects.toThrow("ordered to fail in the middle");
  const stranger = new OpenAI({ apiKey: "wrong", baseURL: standIn.url, maxRetries: 0 });
  await expect(stranger.models.list()).rejects.toThrow(OpenAI.AuthenticationError);
});

const call = (id: string) => ({
  role: "assistant",
  tool_calls: [{ id, type: "function", function: { name: "weather", arguments: "{}" } }],
});
const result = (id: string) => ({ role: "tool", tool_call_id: id, content: "Sun." });
const user = { role: "user", content: "Hi." };

test.each<[string, object]>([
  ["messages with role 'tool' must be a response", { messages: [user, result("call_1")] }],
  ["did not have response messages: call_1", { messages: [user, call("call_1"), user] }],
  ["maximum length 40", { messages: [user, call("c".repeat(41)), result("c".repeat(41))] }],
  ["with a length of 9", { model: "mistral-large-latest", messages: [user, call("call_1"), result("call_1")] }],
  ["empty array", { messages: [] }],
  ["Invalid 'temperature'", { temperature: 3 }],
  ["Use 'max_completion_tokens' instead", { model: "gpt-5", max_tokens: 5 }],
  ["'tool_choice' is only allowed when 'tools'", { tool_choice: "auto" }],
  ["must contain the word 'json'", { response_format: { type: "json_object" } }],
  [
    "'additionalProperties' is required",
    { response_format: { type: "json_schema", json_schema: { name: "a", strict: true, schema: { type: "object" } } } },
  ],
])("refuses what is wrong: %s", async (message, more) => {
  await expect(chat("Hi.", more)).rejects.toThrow(message);
});

test("speaks as Mistral and Perplexity do, where it stands for them", async () => {
  const at = (id: string) =>
    new OpenAI({ apiKey: "right", baseURL: `${new URL(standIn.url).origin}/at-${id}/v1`, maxRetries: 0 });
  const mistral = await at("mistral").chat.completions.create(request(say.CALLS, { tools }));
  expect(mistral.choices[0]?.message.tool_calls?.[0]?.id).toMatch(/^[a-zA-Z0-9]{9}$/);
  expect(mistral.choices[0]?.message.content).toEqual([
    { type: "thinking", thinking: [{ type: "text", text: say.THOUGHTS }] },
  ]);
  const cited = ordered({ citations: [{ url: "https://one.example/", title: "One" }] });
  const perplexity = await at("perplexity").chat.completions.create(request(cited));
  expect(perplexity).toMatchObject({ citations: ["https://one.example/"], search_results: [{ title: "One" }] });
});
