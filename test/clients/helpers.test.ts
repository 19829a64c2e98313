import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import { OpenAIEmbeddings } from "@langchain/openai";
import { embedMany, generateObject, jsonSchema, streamObject } from "ai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Rig, startRig } from "../support/rig.ts";
import { orderInText } from "../support/stand-in/orders.ts";
import { OSLO, PARIS, TEXT } from "../support/stand-in/test-orders.ts";
import { type StandIn, startStandIn } from "../support/stand-in.ts";
import { openaiProvider } from "./ai-sdk.ts";
import type { Ask } from "./client.ts";
import { genaiOf } from "./google-genai.ts";
import { openaiOf } from "./openai-chat.ts";
import { PROVIDERS, providerSettings } from "./providers.ts";
import { callWeather, WEATHER } from "./weather.ts";

/* What only one library has: its ways to do with one call what the scenarios do step by step, and vectors. */

let standIn: StandIn;
let rig: Rig;
let access: Pick<Ask, "apiKey" | "baseURL">;
beforeAll(async () => {
  standIn = await startStandIn();
  rig = await startRig({ settings: providerSettings(standIn.port) });
  access = { apiKey: rig.server.projectKey ?? "", baseURL: `${rig.server.url}/v1/proxy` };
});
afterAll(async () => {
  await rig.stop();
  await standIn.stop();
});

const CALLS = `Weather? ${orderInText({
  toolCalls: [PARIS, OSLO].map((input) => ({ name: WEATHER.name, arguments: input })),
})}`;
const SAYS = `Hello. ${orderInText({ text: TEXT })}`;
const JSON_PLEASE = `As JSON. ${orderInText({ json: OSLO })}`;

/** The tool, which notes what it was called with and orders what the model says then. */
function notingTool() {
  const inputs: unknown[] = [];
  const run = (input: unknown) => {
    inputs.push(input);
    return `${callWeather(input)} ${orderInText({ text: TEXT })}`;
  };
  return { inputs, run };
}

describe.each(PROVIDERS)("at $name", ({ model }) => {
  test.each([false, true])("openai runs tools by itself, streaming: %s", async (stream) => {
    const { inputs, run } = notingTool();
    const tool = {
      type: "function" as const,
      function: { ...WEATHER, parameters: { ...WEATHER.parameters }, parse: JSON.parse, function: run },
    };
    const body = { model, messages: [{ role: "user" as const, content: CALLS }], tools: [tool] };
    const { completions } = openaiOf(access).chat;
    const runner = stream ? completions.runTools({ ...body, stream }) : completions.runTools(body);
    expect(await runner.finalContent()).toBe(TEXT);
    expect(inputs).toEqual([PARIS, OSLO]);
  });

  test("openai gives a chat's chunks and a response's events one by one", async () => {
    const openai = openaiOf(access);
    const chunks = await openai.chat.completions.create({
      model,
      messages: [{ role: "user", content: SAYS }],
      stream: true,
    });
    const read = (await Array.fromAsync(chunks)).flatMap(({ id, choices }) =>
      choices.map(({ delta, finish_reason }) => ({ id, text: delta.content ?? "", finish_reason })),
    );
    expect(read.map(({ text }) => text).join("")).toBe(TEXT);
    expect(read.at(-1)?.finish_reason).toBe("stop");
    expect(new Set(read.map(({ id }) => id)).size).toBe(1);

    const events = await Array.fromAsync(await openai.responses.create({ model, input: SAYS, stream: true }));
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual([...events.keys()]);
    expect(events.map((event) => (event.type === "response.output_text.delta" ? event.delta : "")).join("")).toBe(TEXT);
    expect([events[0]?.type, events.at(-1)?.type]).toEqual(["response.created", "response.completed"]);
  });

  test.each([false, true])("@anthropic-ai/sdk runs tools by itself, streaming: %s", async (stream) => {
    const { inputs, run } = notingTool();
    const { name, description, parameters } = WEATHER;
    const tool = betaTool({ name, description, inputSchema: parameters, run });
    const runner = anthropicOf(access).beta.messages.toolRunner({
      model,
      max_tokens: 1000,
      messages: [{ role: "user", content: CALLS }],
      tools: [tool],
      stream,
      // The stand-in for Anthropic holds no threads; at the others, the library learns by itself to go without.
      ...(model.startsWith("claude") && { thread: false as const }),
    });
    const last = await runner.runUntilDone();
    expect(last.content).toMatchObject([{ type: "text", text: TEXT }]);
    expect(inputs).toEqual([PARIS, OSLO]);
  });

  test("@anthropic-ai/sdk gives a message's events one by one", async () => {
    const stream = await anthropicOf(access).messages.create({
      model,
      max_tokens: 1000,
      messages: [{ role: "user", content: SAYS }],
      stream: true,
    });
    const events = await Array.fromAsync(stream);
    expect([events[0]?.type, events.at(-1)?.type]).toEqual(["message_start", "message_stop"]);
    const texts = events.map((event) =>
      event.type === "content_block_delta" && event.delta.type === "text_delta" ? event.delta.text : "",
    );
    expect(texts.join("")).toBe(TEXT);
  });

  test("ai gives objects, whole and as they grow", async () => {
    const options = {
      model: openaiProvider(access)(model),
      schema: jsonSchema(WEATHER.parameters),
      prompt: JSON_PLEASE,
      maxRetries: 0,
    };
    expect((await generateObject(options)).object).toEqual(OSLO);
    const growing = streamObject(options);
    const states = await Array.fromAsync(growing.partialObjectStream);
    expect(states.length).toBeGreaterThan(1);
    expect(await growing.object).toEqual(OSLO);
  });
});

const EMBEDDERS = ["text-embedding-3-small", "gemini-embedding-001", "cohere.embed-multilingual-v3", "mistral-embed"];

describe.each(EMBEDDERS)("vectors of %s", (model) => {
  const texts = ["one", "two"];

  test("by openai, ai and LangChain", async () => {
    const { data, usage } = await openaiOf(access).embeddings.create({ model, input: texts });
    const vectors = data.map(({ embedding }) => embedding);
    expect(vectors.map((vector) => vector.length > 0 && vector.every(Number.isFinite))).toEqual([true, true]);
    expect(vectors[0]).not.toEqual(vectors[1]);
    // Google and Bedrock tell none.
    expect(usage.prompt_tokens > 0).toBe(/^(text|mistral)-/.test(model));

    const { embeddings } = await embedMany({
      model: openaiProvider(access).embedding(model),
      values: texts,
      maxRetries: 0,
    });
    expect(embeddings.map(rounded)).toEqual(vectors.map(rounded));

    const langchain = new OpenAIEmbeddings({
      model,
      apiKey: access.apiKey,
      maxRetries: 0,
      configuration: { baseURL: access.baseURL },
    });
    expect((await langchain.embedDocuments(texts)).map(rounded)).toEqual(vectors.map(rounded));
  });

  test("by @google/genai", async () => {
    const { embeddings } = await genaiOf(access).models.embedContent({ model, contents: texts });
    expect(embeddings?.map(({ values }) => values?.every(Number.isFinite))).toEqual([true, true]);
  });
});

/** The library asks for bytes of 32 bits in some places, and for decimals in others. */
function rounded(vector: readonly number[]): readonly number[] {
  return vector.map((number) => Math.round(number * 1e5));
}

function anthropicOf({ apiKey, baseURL }: typeof access): Anthropic {
  return new Anthropic({ apiKey, baseURL: `${baseURL}/anthropic`, maxRetries: 0 });
}
