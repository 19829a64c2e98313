import { createOpenAI } from "@ai-sdk/openai";
import { generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { type ChatAnswer, eventsOf } from "../../mint-server/wire/chat-answer.ts";
import type { ChatRequest, Part } from "../../mint-server/wire/chat-request.ts";
import { responses } from "../../mint-server/wire/responses/format.ts";
import { say } from "./responses-rig.ts";

const SIGNED: Part = { kind: "reasoning", text: "Hm.", signature: { by: "anthropic", value: "sig==" } };
const CALL: Part = {
  kind: "tool_call",
  id: "call_1",
  name: "weather",
  arguments: '{"city":"Oslo"}',
  signature: { by: "google", value: "c2ln" },
};

function answerOf(...parts: readonly Part[]): ChatAnswer {
  const reason = parts.some(({ kind }) => kind === "tool_call") ? "tool_calls" : "stop";
  const usage = { inputTokens: 5, outputTokens: 4, reasoningTokens: 1 };
  return { model: "claude-x", choices: [{ index: 0, parts, finish: { reason } }], usage };
}

/** A server that gives these answers in turn, and keeps what it was asked. */
function serve(...answers: readonly ChatAnswer[]) {
  const requests: ChatRequest[] = [];
  const fetch: typeof globalThis.fetch = async (_, init) => {
    const body = JSON.parse(String(init?.body)) as { model: string; stream?: boolean };
    const stream = body.stream === true;
    const request = responses.decodeRequest({ ...body }, { model: body.model, stream });
    const number = requests.push(request);
    const answer = answers[number - 1];
    if (!answer) throw new Error("asked too often");
    const stamp = { created: 1, newId: (prefix: string) => `${prefix}${number}` };
    if (!stream) return Response.json(responses.encodeAnswer(answer, request, stamp));
    const encoder = responses.createStreamEncoder(request, stamp);
    const text = [...eventsOf(answer)].map((event) => encoder.encode(event)).join("");
    return new Response(text, { headers: { "content-type": "text/event-stream" } });
  };
  return { fetch, requests };
}

const WEATHER = {
  type: "function",
  name: "weather",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  strict: true,
} as const;

describe("the openai package", () => {
  const client = (fetch: typeof globalThis.fetch) => new OpenAI({ apiKey: "k", fetch, maxRetries: 0 });

  test("reads a stream's answer as the one that comes in one piece", async () => {
    const citations = [{ url: "https://a.example", title: "A", start: 0, end: 2 }];
    const answer = answerOf(SIGNED, { kind: "text", text: "It rains.", citations }, CALL, { ...CALL, id: "call_2" });
    const body = { model: "claude-x", input: "Hi", tools: [WEATHER] };
    const stream = client(serve(answer).fetch).responses.stream(body);
    let text = "";
    stream.on("response.output_text.delta", ({ delta }) => {
      text += delta;
    });
    const streamed = await stream.finalResponse();
    const parsed = await client(serve(answer).fetch).responses.parse(body);
    expect(text).toBe("It rains.");
    expect(streamed.output).toEqual(parsed.output);
    expect(streamed.output_text).toBe("It rains.");
    expect(streamed).toMatchObject({ status: "completed", usage: { total_tokens: 9 } });
    expect(streamed.output.map(({ type }) => type)).toEqual(["reasoning", "message", "function_call", "function_call"]);
    expect(streamed.output[2]).toMatchObject({ parsed_arguments: { city: "Oslo" } });
  });

  test("parses an answer that follows a schema", async () => {
    const schema = { type: "object", properties: { n: { type: "number" } } };
    const server = serve(answerOf(say('{"n":3}')));
    const parsed = await client(server.fetch).responses.parse<
      Parameters<OpenAI["responses"]["parse"]>[0],
      { n: number }
    >({
      model: "claude-x",
      input: "Hi",
      text: { format: { type: "json_schema", name: "n", schema, strict: true } },
    });
    expect(parsed.output_parsed).toEqual({ n: 3 });
    expect(server.requests[0]?.output).toMatchObject({ kind: "schema", name: "n", schema });
  });

  test("returns its parsed items, and everything in them is found again", async () => {
    const server = serve(answerOf(SIGNED, CALL), answerOf(say("Rain.")));
    const openai = client(server.fetch);
    const input: OpenAI.Responses.ResponseInput = [{ role: "user", content: "Hi" }];
    const first = await openai.responses.parse({ model: "claude-x", input, tools: [WEATHER] });
    const call = first.output.find(({ type }) => type === "function_call");
    if (call?.type !== "function_call") throw new Error("no call");
    const result = { type: "function_call_output", call_id: call.call_id, output: "rain" } as const;
    const again = [...input, ...(first.output as OpenAI.Responses.ResponseInput), result];
    const second = await openai.responses.create({ model: "claude-x", input: again, tools: [WEATHER] });
    expect(second.output_text).toBe("Rain.");
    expect(server.requests[1]?.messages).toEqual([
      { role: "user", parts: [say("Hi")] },
      { role: "assistant", parts: [SIGNED, CALL] },
      { role: "user", parts: [{ kind: "tool_result", callId: "call_1", parts: [say("rain")], at: "input[3]" }] },
    ]);
  });

  test("raises the error that ends a stream", async () => {
    const fetch: typeof globalThis.fetch = async () => {
      const request = responses.decodeRequest({ input: "Hi" }, { model: "m", stream: true });
      const encoder = responses.createStreamEncoder(request, { created: 1, newId: (prefix) => `${prefix}1` });
      const details = { message: "Slow down.", type: "rate_limit_error", code: "rate_limit_exceeded" };
      const text = encoder.encode({ type: "start" }) + encoder.encode({ type: "error", details });
      return new Response(text, { headers: { "content-type": "text/event-stream" } });
    };
    const stream = await client(fetch).responses.create({ model: "m", input: "Hi", stream: true });
    const drain = async () => {
      for await (const _ of stream);
    };
    await expect(drain()).rejects.toMatchObject({ message: "Slow down.", code: "rate_limit_exceeded" });
  });
});

describe("the ai package's default model", () => {
  const weather = tool({
    inputSchema: jsonSchema<{ city: string }>(WEATHER.parameters),
    execute: async ({ city }) => `rain in ${city}`,
  });

  test.each([false, true])("works through a tool call and gives thoughts back (stream: %s)", async (streams) => {
    const server = serve(answerOf(SIGNED, say("Let me see."), CALL), answerOf(say("It rains.")));
    const options = {
      model: createOpenAI({ apiKey: "k", fetch: server.fetch })("claude-x"),
      prompt: "Weather?",
      tools: { weather },
      stopWhen: stepCountIs(2),
      maxRetries: 0,
      providerOptions: { openai: { store: false } },
    } as const;
    const text = streams ? await streamText(options).text : (await generateText(options)).text;
    expect(text).toContain("It rains.");
    expect(server.requests[1]?.messages).toMatchObject([
      { role: "user" },
      { role: "assistant", parts: [SIGNED, say("Let me see."), CALL] },
      { role: "user", parts: [{ kind: "tool_result", callId: "call_1", parts: [say("rain in Oslo")] }] },
    ]);
  });
});
