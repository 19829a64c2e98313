import { Readable } from "node:stream";
import {
  BedrockRuntimeClient,
  type ContentBlock,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  InvokeModelCommand,
  type Message,
  ThrottlingException,
  type ToolConfiguration,
  ValidationException,
} from "@aws-sdk/client-bedrock-runtime";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type StandIn, startStandIn } from "../../stand-in.ts";
import * as say from "../test-orders.ts";

const overHTTP1 = {
  metadata: { handlerProtocol: "http/1.1" },
  async handle({ protocol, hostname, port, path, headers, body }: HttpRequest) {
    const { host: _, ...rest } = headers;
    const answer = await fetch(`${protocol}//${hostname}:${port}${path}`, { method: "POST", headers: rest, body });
    const fields = Object.fromEntries(answer.headers);
    return {
      response: {
        statusCode: answer.status,
        headers: fields,
        body: answer.body && Readable.fromWeb(answer.body as never),
      },
    };
  },
};

interface HttpRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: BodyInit;
}

let standIn: StandIn;
let client: BedrockRuntimeClient;
beforeAll(async () => {
  standIn = await startStandIn({ apiKeys: ["right"] });
  client = new BedrockRuntimeClient({
    region: "eu-central-1",
    endpoint: `${new URL(standIn.url).origin}/any/base`,
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
    maxAttempts: 1,
    // The SDK's own speaks HTTP/2 alone.
    requestHandler: overHTTP1,
  });
});
afterAll(async () => {
  client.destroy();
  await standIn.stop();
});

const modelId = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0";
const toolConfig: ToolConfiguration = {
  tools: [{ toolSpec: { name: "weather", inputSchema: { json: say.WEATHER_SCHEMA as never } } }],
};
const request = (text: string, more: object = {}) =>
  ({ modelId, messages: [{ role: "user", content: [{ text }] }], ...more }) as ConverseCommandInput;
const converse = async (input: ConverseCommandInput) => client.send(new ConverseCommand(input));

async function streamed(input: ConverseCommandInput): Promise<ConverseStreamOutput[]> {
  const { stream } = await client.send(new ConverseStreamCommand(input));
  return stream ? Array.fromAsync(stream) : [];
}

/** What the events of a stream add up to. */
function contentOf(events: readonly ConverseStreamOutput[]): ContentBlock[] {
  const blocks: { text: string; thought: string; signature: string; input: string; id?: string }[] = [];
  for (const { contentBlockStart, contentBlockDelta } of events) {
    const { contentBlockIndex = 0 } = contentBlockStart ?? contentBlockDelta ?? {};
    const block = blocks[contentBlockIndex] ?? { text: "", thought: "", signature: "", input: "" };
    blocks[contentBlockIndex] = block;
    const { text, toolUse, reasoningContent } = contentBlockDelta?.delta ?? {};
    block.text += text ?? "";
    block.input += toolUse?.input ?? "";
    block.thought += reasoningContent?.text ?? "";
    block.signature += reasoningContent?.signature ?? "";
    const id = contentBlockStart?.start?.toolUse?.toolUseId;
    if (id) block.id = id;
  }
  return blocks.filter(Boolean).map(({ id, input, thought, signature, text }) => {
    if (id) return { toolUse: { toolUseId: id, name: "weather", input: JSON.parse(input) } };
    return thought ? { reasoningContent: { reasoningText: { text: thought, signature } } } : { text };
  });
}

test("says a text, whole and streamed, in frames that the SDK checks", async () => {
  const { output, stopReason } = await converse(request(say.SAYS));
  expect([output?.message?.content, stopReason]).toEqual([[{ text: say.TEXT }], "end_turn"]);
  const events = await streamed(request(say.SAYS));
  expect(contentOf(events)).toEqual([{ text: say.TEXT }]);
  expect(events.at(-1)?.metadata?.usage?.inputTokens).toBe(9);
  expect(standIn.requests.at(-1)?.path).toBe(
    "/any/base/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream",
  );
});

test("thinks, calls tools and takes their results, whole and streamed", async () => {
  const asked = request(say.CALLS, { toolConfig });
  const whole = (await converse(asked)).output?.message?.content ?? [];
  for (const content of [whole, contentOf(await streamed(asked))]) {
    expect(content).toMatchObject([
      { reasoningContent: { reasoningText: { text: say.THOUGHTS } } },
      { toolUse: { name: "weather", input: say.PARIS } },
      { toolUse: { name: "weather", input: say.OSLO } },
    ]);
    const ids = content.flatMap(({ toolUse }) => toolUse?.toolUseId ?? []);
    const messages: Message[] = [
      { role: "user", content: [{ text: say.CALLS }] },
      { role: "assistant", content },
      {
        role: "user",
        content: ids.map((toolUseId, at) => ({ toolResult: { toolUseId, content: [{ text: `result ${at}` }] } })),
      },
    ];
    const next = await converse({ modelId, messages, toolConfig });
    const results = ids.map((id, at) => ({ id, name: "weather", text: `result ${at}` }));
    expect(next.output?.message?.content).toEqual([{ text: `Tool results: ${JSON.stringify(results)}` }]);
  }
});

test("counts what is cached beside the input", async () => {
  const usage = {
    inputTokens: 50,
    cacheReadInputTokens: 30,
    cacheWriteInputTokens: 20,
    outputTokens: 50,
    totalTokens: 150,
  };
  expect((await converse(request(say.COUNTED))).usage).toEqual(usage);
});

test("goes on where frames and blocks are new to the client", async () => {
  const events = await streamed(request(say.STRANGE));
  expect(contentOf(events.filter(({ $unknown }) => !$unknown))[0]).toEqual({ text: say.TEXT });
  expect(standIn.requests.at(-1)?.answer.toString()).toContain("futureEvent");
});

test("fails with its provider's exceptions, before a stream and within", async () => {
  await expect(converse(request(say.FAILS))).rejects.toThrow(ThrottlingException);
  await expect(streamed(request(say.BREAKS))).rejects.toThrow("ordered to fail in the middle");
  const stranger = await fetch(`${new URL(standIn.url).origin}/model/m/converse`, { method: "POST", body: "{}" });
  expect([stranger.status, stranger.headers.get("x-amzn-errortype")]).toEqual([401, "UnrecognizedClientException"]);
});

test("takes a token as well as a signature", async () => {
  const answer = await fetch(`${new URL(standIn.url).origin}/model/m/converse`, {
    method: "POST",
    headers: { authorization: "Bearer right" },
    body: JSON.stringify({ messages: [{ role: "user", content: [{ text: say.SAYS }] }] }),
  });
  expect(answer.status).toBe(200);
  await converse(request(say.SAYS));
  expect(standIn.requests.at(-1)?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\//);
});

const use = (toolUseId = "tooluse_1", input: unknown = {}) => ({ toolUse: { toolUseId, name: "weather", input } });
const result = (more: object = {}) => ({ toolResult: { toolUseId: "tooluse_1", content: [{ text: "" }], ...more } });
const talk = (...contents: object[][]) => ({
  messages: contents.map((content, at) => ({ role: at % 2 === 0 ? "user" : "assistant", content })),
});
const hi = [{ text: "Hi." }];
const thinking = (budget_tokens: number) => ({
  additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens } },
});

test.each<[string, object]>([
  ["must start with a user message", { messages: [{ role: "assistant", content: hi }] }],
  [
    "must alternate between user and assistant",
    {
      messages: [
        { role: "user", content: hi },
        { role: "user", content: hi },
      ],
    },
  ],
  ["messages.0.content.0 is blank", talk([{ text: "" }])],
  ["content field in the Message object", talk([])],
  ["Expected toolResult blocks at messages.2.content", { ...talk(hi, [use()], hi), toolConfig }],
  ["exceeds the number of toolUse blocks", { ...talk([result()]), toolConfig }],
  ["toolConfig field must be defined", talk(hi, [use()], [result()])],
  ["regular expression pattern", { ...talk(hi, [use("a|b")], hi), toolConfig }],
  ["length less than or equal to 64", { ...talk(hi, [use("a".repeat(65))], hi), toolConfig }],
  ["Provide a json object", { ...talk(hi, [use("tooluse_1", "{}")], hi), toolConfig }],
  [
    "cannot be empty when status value is error",
    { ...talk(hi, [use()], [result({ content: [], status: "error" })]), toolConfig },
  ],
  ["Invalid `signature`", talk(hi, [{ reasoningContent: { reasoningText: { text: "So.", signature: "c2ln" } } }], hi)],
  ["less than or equal to 1", { inferenceConfig: { temperature: 1.5 } }],
  ["greater than `thinking.budget_tokens`", { ...thinking(2000), inferenceConfig: { maxTokens: 1000 } }],
  ["Expected `thinking`", { ...thinking(2000), ...talk(hi, [use()], [result()]), toolConfig }],
  ["Thinking may not be enabled", { ...thinking(2000), toolConfig: { ...toolConfig, toolChoice: { any: {} } } }],
])("refuses what is wrong: %s", async (message, more) => {
  const refused = converse(request("Hi.", more));
  await expect(refused).rejects.toThrow(ValidationException);
  await expect(refused).rejects.toThrow(message);
});

test("takes an empty result, as Bedrock does", async () => {
  const { output } = await converse(request("", { ...talk(hi, [use()], [result()]), toolConfig }));
  expect(output?.message?.content?.[0]?.text).toContain("tooluse_1");
});

test("refuses a field that Converse does not have", async () => {
  const answer = await fetch(`${new URL(standIn.url).origin}/model/m/converse`, {
    method: "POST",
    headers: { authorization: "Bearer right" },
    body: JSON.stringify({ ...talk(hi), max_tokens: 5 }),
  });
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining("max_tokens: Extra inputs")]);
});

test("embeds with Titan's and Cohere's models", async () => {
  const invoke = async (id: string, body: object) => {
    const answer = await client.send(new InvokeModelCommand({ modelId: id, body: JSON.stringify(body) }));
    return JSON.parse(answer.body.transformToString());
  };
  const titan = await invoke("amazon.titan-embed-text-v2:0", { inputText: "a", dimensions: 256 });
  expect(titan.embedding).toHaveLength(256);
  const cohere = await invoke("cohere.embed-english-v3", { texts: ["a", "b"], input_type: "search_query" });
  expect(cohere.embeddings.map((vector: number[]) => vector.length)).toEqual([16, 16]);
  await expect(invoke("cohere.embed-english-v3", { texts: ["a"] })).rejects.toThrow("required key [input_type]");
  await expect(invoke("amazon.titan-embed-text-v2:0", { input: "a" })).rejects.toThrow("extraneous key [input]");
});
