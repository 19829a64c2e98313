import { type Content, type FunctionCall, FunctionCallingConfigMode, GoogleGenAI, type Part } from "@google/genai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type StandIn, startStandIn } from "../../stand-in.ts";
import { orderInText } from "../orders.ts";
import * as say from "../test-orders.ts";

let standIn: StandIn;
let client: GoogleGenAI;
beforeAll(async () => {
  standIn = await startStandIn({ apiKeys: ["right"] });
  const baseUrl = `${new URL(standIn.url).origin}/any/base`;
  client = new GoogleGenAI({ apiKey: "right", httpOptions: { baseUrl, retryOptions: { attempts: 1 } } });
});
afterAll(() => standIn.stop());

const model = "gemini-3-pro-preview";
const tools = [{ functionDeclarations: [{ name: "weather", parametersJsonSchema: say.WEATHER_SCHEMA }] }];

async function streamed(contents: string | Content[], config: object = {}): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const event of await client.models.generateContentStream({ model, contents, config })) {
    parts.push(...(event.candidates?.[0]?.content?.parts ?? []));
  }
  return parts;
}

const textOf = (parts: readonly Part[], thought = false) =>
  parts
    .filter((part) => (part.thought ?? false) === thought)
    .map(({ text }) => text ?? "")
    .join("");

test("says a text, whole and streamed, with one part in an event and with several", async () => {
  const whole = await client.models.generateContent({ model, contents: say.SAYS });
  expect([whole.text, whole.candidates?.[0]?.finishReason]).toEqual([say.TEXT, "STOP"]);
  expect(textOf(await streamed(say.SAYS))).toBe(say.TEXT);
  expect(textOf(await streamed(`Hi. ${orderInText({ text: say.TEXT, partsPerEvent: 3 })}`))).toBe(say.TEXT);
  const [first] = standIn.requests.at(-1)?.answer.toString().split("\r\n\r\n") ?? [];
  expect(JSON.parse(first?.slice("data: ".length) ?? "").candidates[0].content.parts).toHaveLength(3);
});

test("thinks, calls tools and takes their results, whole and streamed", async () => {
  const whole = await client.models.generateContent({ model, contents: say.CALLS, config: { tools } });
  for (const parts of [whole.candidates?.[0]?.content?.parts ?? [], await streamed(say.CALLS, { tools })]) {
    expect(textOf(parts, true)).toBe(say.THOUGHTS);
    const calls = parts.flatMap(({ functionCall }) => functionCall ?? []);
    expect(calls).toMatchObject([
      { name: "weather", args: say.PARIS },
      { name: "weather", args: say.OSLO },
    ]);
    const signed = parts.filter(({ functionCall }) => functionCall).map((part) => part.thoughtSignature !== undefined);
    expect(signed).toEqual([true, false]);
    const next = await client.models.generateContent({ model, contents: answered(parts, calls), config: { tools } });
    const results = calls.map(({ id }, at) => ({ id, name: "weather", text: `result ${at}` }));
    expect(next.text).toBe(`Tool results: ${JSON.stringify(results)}`);

    const unsigned = parts.map(({ thoughtSignature: _, ...part }) => part);
    const lost = client.models.generateContent({ model, contents: answered(unsigned, calls), config: { tools } });
    await expect(lost).rejects.toThrow("missing a thought_signature");
    const changed = parts.map((part) => ({ ...part, ...(part.thoughtSignature && { thoughtSignature: "c2ln" }) }));
    const forged = client.models.generateContent({ model, contents: answered(changed, calls), config: { tools } });
    await expect(forged).rejects.toThrow("Thought signature is not valid");
  }
});

function answered(parts: Part[], calls: readonly FunctionCall[]): Content[] {
  const responses = calls.map(({ id, name }, at) => ({
    functionResponse: { id, name, response: { output: `result ${at}` } },
  }));
  return [
    { role: "user", parts: [{ text: say.CALLS }] },
    { role: "model", parts },
    { role: "user", parts: responses as Part[] },
  ];
}

test("counts thoughts beside the answer", async () => {
  const { usageMetadata } = await client.models.generateContent({ model, contents: say.COUNTED });
  expect(usageMetadata).toMatchObject({
    promptTokenCount: 100,
    cachedContentTokenCount: 30,
    candidatesTokenCount: 40,
    thoughtsTokenCount: 10,
    totalTokenCount: 150,
  });
});

test("goes on where events and parts are new to the client", async () => {
  expect(textOf(await streamed(say.STRANGE))).toBe(say.TEXT);
  expect(standIn.requests.at(-1)?.answer.toString()).toContain("futurePart");
});

test("fails with its provider's errors, before a stream and within", async () => {
  await expect(streamed(say.FAILS)).rejects.toMatchObject({ status: 429 });
  await expect(streamed(say.BREAKS)).rejects.toMatchObject({ status: 503 });
  const stranger = await fetch(`${standIn.url}/models/${model}:generateContent`, {
    method: "POST",
    headers: { authorization: "Bearer right" },
    body: "{}",
  });
  expect([stranger.status, await stranger.json()]).toMatchObject([401, { error: { status: "UNAUTHENTICATED" } }]);
});

test("streams an array of JSON where no event stream is asked for", async () => {
  const answer = await fetch(`${standIn.url}/models/${model}:streamGenerateContent`, {
    method: "POST",
    headers: { "x-goog-api-key": "right" },
    body: JSON.stringify({ contents: [{ parts: [{ text: say.SAYS }] }] }),
  });
  const events = (await answer.json()) as { candidates: [{ content: { parts: Part[] } }] }[];
  expect(textOf(events.flatMap(({ candidates }) => candidates[0].content.parts))).toBe(say.TEXT);
});

test("calls what it must, and nothing where it may not", async () => {
  const ask = (mode: FunctionCallingConfigMode) =>
    client.models.generateContent({
      model,
      contents: "call:weather",
      config: { tools, toolConfig: { functionCallingConfig: { mode } } },
    });
  expect((await ask(FunctionCallingConfigMode.AUTO)).functionCalls).toMatchObject([
    { args: { city: "sample", days: 1 } },
  ]);
  expect((await ask(FunctionCallingConfigMode.NONE)).functionCalls).toBeUndefined();
});

test("embeds and counts", async () => {
  const { embeddings } = await client.models.embedContent({ model: "gemini-embedding-001", contents: ["a", "b"] });
  expect(embeddings?.map(({ values }) => values?.length)).toEqual([16, 16]);
  expect((await client.models.countTokens({ model, contents: "one two three" })).totalTokens).toBe(3);
});

const call = { functionCall: { name: "weather", args: {} }, thoughtSignature: "skip_thought_signature_validator" };
const answer = (more: object = {}) => ({
  functionResponse: { name: "weather", response: { output: "Sun." }, ...more },
});
const talk = (...turns: object[][]) => ({
  contents: turns.map((parts, at) => ({ role: at % 2 === 0 ? "user" : "model", parts })),
});
const declare = (parameters: object) => ({ tools: [{ functionDeclarations: [{ name: "weather", parameters }] }] });
const hi = [{ text: "Hi." }];

test.each<[string, object]>([
  ['Unknown name "max_completion_tokens": Cannot find field', { max_completion_tokens: 1 }],
  ["Unknown name \"stop\" at 'generation_config'", { generationConfig: { stop: ["a"] } }],
  ['Unknown name "additionalProperties"', declare({ type: "OBJECT", additionalProperties: false })],
  ['Unknown name "$schema"', declare({ $schema: "x", type: "OBJECT" })],
  ["cannot start list", declare({ type: ["STRING", "NULL"] })],
  ["contents is not specified", { contents: [] }],
  ["valid role", { contents: [{ role: "assistant", parts: hi }] }],
  ["must not be empty", talk([])],
  ["function call turn comes immediately after a user turn", { contents: [{ role: "model", parts: [call] }] }],
  ["function response turn comes immediately after a function call turn", talk([answer()])],
  ["number of function response parts", talk(hi, [call, call], [answer()])],
  ["no function call of the turn before is named call_1", talk(hi, [call], [answer({ name: "call_1" })])],
  ["google.protobuf.Struct", talk(hi, [call], [answer({ response: "Sun." })])],
  ["temperature must be in the range", { generationConfig: { temperature: 3 } }],
  ["application/json", { generationConfig: { responseSchema: { type: "OBJECT" } } }],
  ["Invalid function name", { tools: [{ functionDeclarations: [{ name: "1 x" }] }] }],
  [
    "the mode must be ANY",
    { toolConfig: { functionCallingConfig: { mode: "AUTO", allowedFunctionNames: ["weather"] } } },
  ],
])("refuses what is wrong: %s", async (message, more) => {
  const refused = await fetch(`${standIn.url}/models/${model}:generateContent`, {
    method: "POST",
    headers: { "x-goog-api-key": "right" },
    body: JSON.stringify({ ...talk(hi), ...more }),
  });
  const { error } = (await refused.json()) as { error: { message: string } };
  expect([refused.status, error]).toMatchObject([400, { code: 400, status: "INVALID_ARGUMENT" }]);
  expect(error.message).toContain(message);
});

test("is at Vertex too, with a token and embeddings by prediction", async () => {
  const base = `${new URL(standIn.url).origin}/v1/projects/p/locations/global/publishers/google/models`;
  const post = async (call: string, body: object) => {
    const headers = { authorization: "Bearer right", "content-type": "application/json" };
    return (await fetch(`${base}/${call}`, { method: "POST", headers, body: JSON.stringify(body) })).json();
  };
  expect(await post(`${model}:generateContent`, talk([{ text: say.SAYS }]))).toMatchObject({ modelVersion: model });
  const predicted = await post("text-embedding-005:predict", { instances: [{ content: "a" }, { content: "b" }] });
  expect(predicted).toMatchObject({ predictions: [{ embeddings: { values: expect.any(Array) } }, {}] });
});
