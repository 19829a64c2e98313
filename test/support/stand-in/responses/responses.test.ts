import OpenAI from "openai";
import type { ResponseInput, ResponseInputItem, ResponseStreamEvent } from "openai/resources/responses/responses";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type StandIn, startStandIn } from "../../stand-in.ts";
import { orderInText } from "../orders.ts";
import * as say from "../test-orders.ts";

let standIn: StandIn;
let client: OpenAI;
beforeAll(async () => {
  standIn = await startStandIn();
  client = new OpenAI({ apiKey: "any", baseURL: standIn.url, maxRetries: 0 });
});
afterAll(() => standIn.stop());

const model = "gpt-5";
const tools = [{ type: "function" as const, name: "weather", parameters: say.WEATHER_SCHEMA as never, strict: true }];
const include = ["reasoning.encrypted_content" as const];
const ask = (input: string | ResponseInput, more: object = {}) => client.responses.create({ model, input, ...more });

async function eventsOf(input: string): Promise<ResponseStreamEvent[]> {
  return Array.fromAsync(await client.responses.create({ model, input, stream: true }));
}

test("says a text, whole and streamed", async () => {
  expect((await ask(say.SAYS)).output_text).toBe(say.TEXT);
  expect((await client.responses.stream({ model, input: say.SAYS }).finalResponse()).output_text).toBe(say.TEXT);
});

test("thinks, calls tools and takes their results, whole and streamed", async () => {
  for (const { output } of [
    await ask(say.CALLS, { tools, include }),
    await client.responses.stream({ model, input: say.CALLS, tools, include }).finalResponse(),
  ]) {
    const [thought, ...calls] = output;
    expect(thought).toMatchObject({ type: "reasoning", summary: [{ text: say.THOUGHTS }] });
    const made = calls.flatMap((item) => (item.type === "function_call" ? [item] : []));
    expect(made.map((item) => JSON.parse(item.arguments))).toEqual([say.PARIS, say.OSLO]);
    const answers = made.map(({ call_id }, at) => ({
      type: "function_call_output" as const,
      call_id,
      output: `result ${at}`,
    }));
    const input = [{ role: "user" as const, content: say.CALLS }, ...output.map(plain), ...answers];
    const results = made.map(({ call_id }, at) => ({ id: call_id, name: "weather", text: `result ${at}` }));
    expect((await ask(input, { tools })).output_text).toBe(`Tool results: ${JSON.stringify(results)}`);

    const forged = input.map((item) => ("encrypted_content" in item ? { ...item, encrypted_content: "c2ln" } : item));
    await expect(ask(forged, { tools })).rejects.toMatchObject({ code: "invalid_encrypted_content" });
  }
});

/** An item as it may be sent back: the SDK's stream adds fields of its own. */
function plain(item: object): ResponseInputItem {
  const { parsed_arguments: _, ...rest } = item as { parsed_arguments?: unknown };
  return rest as ResponseInputItem;
}

test("refuses, is cut short and filtered", async () => {
  const refused = await ask(`No. ${orderInText({ text: "No.", finish: "refusal" })}`);
  expect(refused.output).toMatchObject([{ content: [{ type: "refusal", refusal: "No." }] }]);
  const cut = `Go. ${orderInText({ text: "A", finish: "length" })}`;
  expect(await ask(cut)).toMatchObject({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
  expect((await eventsOf(cut)).at(-1)?.type).toBe("response.incomplete");
});

test("gives structured output, citations and the details of its usage", async () => {
  const text = { format: { type: "json_schema", name: "weather", strict: true, schema: say.WEATHER_SCHEMA } };
  expect((await ask(`Go. ${orderInText({ json: say.PARIS })}`, { text })).output_text).toBe(JSON.stringify(say.PARIS));
  const cited = await ask(
    `Go. ${orderInText({ text: "A", citations: [{ url: "https://one.example/", title: "One" }] })}`,
  );
  expect(cited.output).toMatchObject([{ content: [{ annotations: [{ type: "url_citation", title: "One" }] }] }]);
  expect((await ask(say.COUNTED)).usage).toEqual({
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 30, cache_write_tokens: 20 },
    output_tokens: 50,
    output_tokens_details: { reasoning_tokens: 10 },
    total_tokens: 150,
  });
});

test("goes on where events and items are new to the client", async () => {
  const texts = (await eventsOf(say.STRANGE)).map((event) =>
    event.type === "response.output_text.delta" ? event.delta : "",
  );
  expect(texts.join("")).toBe(say.TEXT);
  expect(standIn.requests.at(-1)?.answer.toString()).toContain("event: response.future.delta");
});

test("fails with its provider's errors, before a stream and within", async () => {
  await expect(ask(say.FAILS)).rejects.toThrow(OpenAI.RateLimitError);
  const events = await eventsOf(say.BREAKS).catch((error: Error) => error.message);
  expect(JSON.stringify(events)).toContain("ordered to fail in the middle");
});

const user = { role: "user", content: "Hi." };
const call = { type: "function_call", call_id: "call_1", name: "weather", arguments: "{}" };
const output = { type: "function_call_output", call_id: "call_1", output: "Sun." };

test.each<[string, object]>([
  ["Unknown parameter: 'messages'", { messages: [] }],
  ["Unknown parameter: 'stream_options.include_usage'", { stream_options: { include_usage: true } }],
  ["No tool call found for function call output with call_id call_1", { input: [user, output] }],
  ["No tool output found for function call call_1", { input: [user, call] }],
  ["Expected an ID that begins with 'fc'", { input: [user, { ...call, id: "call_1" }, output] }],
  ["without its required following item", { input: [user, { type: "reasoning", id: "rs_1", summary: [] }] }],
  ["Invalid 'max_output_tokens'", { max_output_tokens: 5 }],
  ["Missing required parameter: 'tools[0].name'", { tools: [{ type: "function", function: { name: "weather" } }] }],
])("refuses what is wrong: %s", async (message, more) => {
  await expect(ask("Hi.", more)).rejects.toThrow(message);
});
