import { ApiError, type GenerateContentParameters, GoogleGenAI } from "@google/genai";
import { expect, test } from "vitest";
import { toBase64url, utf8 } from "../../mint-server/contract/bytes.ts";
import { holdsCarrier, packCallId } from "../../mint-server/wire/carry.ts";
import { type ChatAnswer, eventsOf, type StreamEvent } from "../../mint-server/wire/chat-answer.ts";
import type { ChatRequest, Part } from "../../mint-server/wire/chat-request.ts";
import { google } from "../../mint-server/wire/google/format.ts";
import { findSpelledTwice } from "../../mint-server/wire/google/spelled-twice.ts";
import { FieldError } from "../../mint-server/wire/read.ts";
import type { CallerCall } from "../../mint-server/wire/wire-format.ts";

const CALL: CallerCall = { model: "claude-sonnet-4-5", stream: false };
const contents = [{ role: "user", parts: [{ text: "Hi" }] }];
const signature = { by: "anthropic", value: "c2ln" };

function decode(body: object, call = CALL): ChatRequest {
  return google.decodeRequest({ contents, ...body }, call);
}

function refusal(body: object): FieldError {
  try {
    decode(body);
  } catch (error) {
    if (error instanceof FieldError) return error;
  }
  throw new Error("nothing was refused");
}

/** What the real SDK puts on the wire, decoded; it reads `answer` or, from a stream, the text of `chunks`. */
function client(reply: (request: ChatRequest) => Response): { ai: GoogleGenAI; asked: ChatRequest[] } {
  const asked: ChatRequest[] = [];
  const fetch = async (url: unknown, init?: RequestInit): Promise<Response> => {
    const path = String(url);
    const body = JSON.parse(String(init?.body)) as Record<string, unknown>;
    const request = google.decodeRequest(body, {
      model: /models\/([^:]+):/.exec(path)?.[1] ?? "",
      stream: path.includes(":streamGenerateContent"),
    });
    asked.push(request);
    return reply(request);
  };
  return { ai: new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: "http://mint.example", fetch } }), asked };
}

const stamp = { created: 1, newId: (prefix: string) => `${prefix}new` };

function whole(answer: ChatAnswer): (request: ChatRequest) => Response {
  return (request) => Response.json(google.encodeAnswer(answer, request, stamp));
}

function inPieces(events: Iterable<StreamEvent>): (request: ChatRequest) => Response {
  return (request) => {
    const encoder = google.createStreamEncoder(request, stamp);
    const text = [...events].map((event) => encoder.encode(event)).join("");
    return new Response(text, { headers: { "content-type": "text/event-stream" } });
  };
}

test("decodes what the SDK sends, every setting by its field", async () => {
  const { ai, asked } = client(whole({ choices: [] }));
  await ai.models.generateContent({
    model: "claude-sonnet-4-5",
    contents: "Hi",
    config: {
      systemInstruction: ["Be kind.", "Be brief."],
      temperature: 0.5,
      topP: 0.9,
      topK: 4,
      candidateCount: 2,
      maxOutputTokens: 50,
      stopSequences: ["END"],
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      seed: 3,
      responseLogprobs: true,
      logprobs: 2,
      responseMimeType: "application/json",
      responseJsonSchema: { type: "object" },
      tools: [
        { functionDeclarations: [{ name: "f", description: "Does.", parametersJsonSchema: { type: "object" } }] },
      ],
      toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f"] } },
      thinkingConfig: { includeThoughts: true, thinkingBudget: 1000 },
      labels: { team: "a" },
      serviceTier: "flex",
    } as NonNullable<GenerateContentParameters["config"]>,
  });
  const at = "generationConfig.";
  expect(asked).toEqual([
    {
      model: "claude-sonnet-4-5",
      stream: false,
      messages: [
        {
          role: "system",
          parts: [
            { kind: "text", text: "Be kind." },
            { kind: "text", text: "Be brief." },
          ],
        },
        { role: "user", parts: [{ kind: "text", text: "Hi" }] },
      ],
      tools: [{ kind: "function", name: "f", description: "Does.", parameters: { type: "object" } }],
      toolChoice: { kind: "function", name: "f" },
      output: { kind: "schema", name: "response", schema: { type: "object" } },
      reasoning: { budgetTokens: 1000, show: true },
      maxTokens: 50,
      temperature: 0.5,
      topP: 0.9,
      topK: 4,
      stop: ["END"],
      seed: 3,
      choices: 2,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      logprobs: true,
      topLogprobs: 2,
      metadata: { team: "a" },
      serviceTier: "flex",
      includeUsage: true,
      asked: new Map([
        ["maxTokens", `${at}maxOutputTokens`],
        ["temperature", `${at}temperature`],
        ["topP", `${at}topP`],
        ["topK", `${at}topK`],
        ["seed", `${at}seed`],
        ["choices", `${at}candidateCount`],
        ["presencePenalty", `${at}presencePenalty`],
        ["frequencyPenalty", `${at}frequencyPenalty`],
        ["stop", `${at}stopSequences`],
        ["logprobs", `${at}responseLogprobs`],
        ["jsonSchema", `${at}responseJsonSchema`],
        ["reasoning", `${at}thinkingConfig.thinkingBudget`],
        ["tools", "tools[0].functionDeclarations"],
        ["toolChoice", "toolConfig.functionCallingConfig.mode"],
        ["metadata", "labels"],
        ["serviceTier", "serviceTier"],
      ]),
    } satisfies ChatRequest,
  ]);
});

test("asks for nothing where the caller asks for what happens anyway", () => {
  const generationConfig = {
    candidateCount: 1,
    presencePenalty: 0,
    responseMimeType: "text/plain",
    responseModalities: ["TEXT"],
    stopSequences: [],
    seed: null,
    thinkingConfig: { thinkingBudget: 0 },
  };
  const toolConfig = { functionCallingConfig: { mode: "AUTO" } };
  expect(decode({ generationConfig, toolConfig, safetySettings: [], store: false }).asked).toEqual(new Map());
});

test("takes the other spellings that the API takes", () => {
  const request = decode({
    system_instruction: { parts: { text: "Be kind." } },
    contents: { parts: [{ inline_data: { mime_type: "image/png", data: "AAAA" } }] },
    generation_config: { max_output_tokens: "20", stop_sequences: ["x"] },
    tools: [{ function_declarations: [{ name: "f" }] }],
    tool_config: { function_calling_config: { mode: "NONE" } },
  });
  expect(request).toMatchObject({
    messages: [
      { role: "system", parts: [{ text: "Be kind." }] },
      { role: "user", parts: [{ kind: "image", at: "contents.parts[0].inline_data" }] },
    ],
    maxTokens: 20,
    stop: ["x"],
    tools: [{ name: "f" }],
    toolChoice: { kind: "none" },
  });
});

test("takes no mixture of the two spellings", () => {
  const contents = { parts: [{ text: "Hi." }] };
  expect(() => decode({ contents, generationConfig: { max_outputTokens: 5 } })).toThrow(
    "`generationConfig.max_outputTokens` is not a field",
  );
});

test.each<[string | undefined, Record<string, unknown>]>([
  ["generation_config", { generationConfig: {}, contents: [], generation_config: {} }],
  ["generationConfig.max_output_tokens", { generationConfig: { maxOutputTokens: 5, max_output_tokens: 6 } }],
  [
    "contents[1].parts[0].inline_data.mimeType",
    {
      contents: ["x", { parts: [{ inline_data: { mime_type: "image/png", mimeType: "video/mp4" } }] }],
    },
  ],
  [undefined, { generationConfig: { max_output_tokens: 5, topP: 1 }, system_instruction: {} }],
  [undefined, { contents: { parts: { functionCall: { args: { aB: 1, a_b: 2 } } } }, labels: { aB: "", a_b: "" } }],
  [undefined, { tools: [{ functionDeclarations: [{ parameters: { properties: { aB: {}, a_b: {} } } }] }] }],
  [undefined, { generation_config: { response_schema: { properties: { aB: {}, a_b: {} } } } }],
])("finds what is given in both: %s", (path, body) => {
  expect(findSpelledTwice(body)).toBe(path);
});

test("makes JSON Schema of Google's own, without touching names that users gave", () => {
  const schema = {
    type: "OBJECT",
    propertyOrdering: ["min_items"],
    properties: {
      min_items: { type: "ARRAY", min_items: "1", items: { type: "STRING", nullable: true, enum: ["A"] } },
      nullable: { anyOf: [{ type: "INTEGER" }, { type: "NUMBER" }], nullable: true },
    },
    required: ["min_items"],
  };
  const jsonSchema = {
    type: "object",
    propertyOrdering: ["min_items"],
    properties: {
      min_items: { type: "array", minItems: 1, items: { type: ["string", "null"], enum: ["A", null] } },
      nullable: { anyOf: [{ anyOf: [{ type: "integer" }, { type: "number" }] }, { type: "null" }] },
    },
    required: ["min_items"],
  };
  const request = decode({
    generationConfig: { responseMimeType: "application/json", responseSchema: schema },
    tools: [{ functionDeclarations: [{ name: "f", parameters: schema, response: { type: "STRING" } }] }],
  });
  expect(request.output).toEqual({ kind: "schema", name: "response", schema: jsonSchema });
  expect(request.tools).toEqual([
    { kind: "function", name: "f", description: 'Returns: {"type":"string"}', parameters: jsonSchema },
  ]);
});

test("decodes media by their type", () => {
  const parts = [
    { inlineData: { mimeType: "image/png", data: "AAAA" }, mediaResolution: { level: "MEDIA_RESOLUTION_LOW" } },
    { inlineData: { mimeType: "audio/wav", data: "UklG" } },
    { inlineData: { mimeType: "application/pdf", data: "JVBE", displayName: "a.pdf" } },
    { fileData: { fileUri: "https://a.example/b.jpg" } },
  ];
  const at = (index: number, name: string): string => `contents[0].parts[${index}].${name}`;
  expect(decode({ contents: [{ parts }] }).messages[0]?.parts).toEqual([
    {
      kind: "image",
      source: { kind: "base64", mediaType: "image/png", data: "AAAA" },
      detail: "low",
      at: at(0, "inlineData"),
    },
    { kind: "audio", source: { kind: "base64", mediaType: "audio/wav", data: "UklG" }, at: at(1, "inlineData") },
    {
      kind: "file",
      source: { kind: "base64", mediaType: "application/pdf", data: "JVBE" },
      name: "a.pdf",
      at: at(2, "inlineData"),
    },
    {
      kind: "image",
      source: { kind: "url", url: "https://a.example/b.jpg", mediaType: "image/jpeg" },
      at: at(3, "fileData"),
    },
  ] satisfies Part[]);
});

test("finds the call that a result without an id answers", () => {
  const request = decode({
    contents: [
      { role: "user", parts: [{ text: "?" }] },
      {
        role: "model",
        parts: [
          { functionCall: { name: "f", args: { a: 1 } } },
          { functionCall: { name: "g" } },
          { functionCall: { name: "f" } },
        ],
      },
      {
        role: "user",
        parts: [
          { functionResponse: { name: "f", response: { result: "one" } } },
          { functionResponse: { name: "f", response: { error: { code: 1 } } } },
          { functionResponse: { name: "g", response: { output: { x: 1 }, more: 2 } } },
        ],
      },
    ],
  });
  expect(request.messages[1]?.parts).toEqual([
    { kind: "tool_call", id: "call_0", name: "f", arguments: '{"a":1}' },
    { kind: "tool_call", id: "call_1", name: "g", arguments: "{}" },
    { kind: "tool_call", id: "call_2", name: "f", arguments: "{}" },
  ]);
  const results = request.messages[2]?.parts.map((part) =>
    part.kind === "tool_result" ? [part.callId, part.isError, part.parts] : [],
  );
  expect(results).toEqual([
    ["call_0", undefined, [{ kind: "text", text: "one" }]],
    ["call_2", true, [{ kind: "text", text: '{"code":1}' }]],
    ["call_1", undefined, [{ kind: "text", text: '{"output":{"x":1},"more":2}' }]],
  ]);
});

const model = (...parts: object[]): object => ({ contents: [...contents, { role: "model", parts }] });
const audio = { generationConfig: { responseModalities: ["TEXT", "AUDIO"] } };

test.each<[string, object]>([
  ["contents", { contents: null }],
  ["contents", { contents: "Hi" }],
  ["surprise", { surprise: 1 }],
  ["generationConfig.routing_config", { generationConfig: { routing_config: {} } }],
  ["generationConfig.temperature", { generationConfig: { temperature: "hot" } }],
  ["generationConfig.responseMimeType", { generationConfig: { responseMimeType: "text/x.enum" } }],
  ["generationConfig.responseModalities[0]", { generationConfig: { responseModalities: ["IMAGE"] } }],
  [
    "generationConfig.thinkingConfig.thinkingLevel",
    { generationConfig: { thinkingConfig: { thinkingLevel: "HUGE" } } },
  ],
  ["cachedContent", { cachedContent: "cachedContents/1" }],
  ["contents[0].role", { contents: [{ role: "system", parts: [] }] }],
  ["contents[0].parts[0].videoMetadata", { contents: [{ parts: [{ videoMetadata: {} }] }] }],
  ["contents[0].parts[0]", { contents: [{ parts: [{}] }] }],
  ["contents[0].parts[0].functionCall", { contents: [{ parts: [{ functionCall: { name: "f" } }] }] }],
  ["contents[0].parts[0].functionResponse", { contents: [{ parts: [{ functionResponse: { name: "f" } }] }] }],
  ["contents[0].parts[0].inlineData", { contents: [{ parts: [{ inlineData: { mimeType: "video/mp4", data: "" } }] }] }],
  ["contents[0].parts[0].fileData.fileUri", { contents: [{ parts: [{ fileData: { fileUri: "gs://b/c.pdf" } }] }] }],
  ["contents[1].parts[0].functionCall.args", model({ functionCall: { name: "f", args: [] } })],
  ["tools[0].functionDeclarations[0].name", { tools: [{ functionDeclarations: [{}] }] }],
  ["toolConfig.functionCallingConfig.mode", { toolConfig: { functionCallingConfig: { mode: "MAYBE" } } }],
])("refuses what it cannot translate by the path %s", (param, body) => {
  expect(refusal(body).param).toBe(param);
});

test("leaves it to the provider whether it has Google's other settings", () => {
  const { asked, tools } = decode({ ...audio, tools: [{ googleSearch: {} }], safetySettings: [{}], store: true });
  expect([...asked]).toEqual([
    ["audioOutput", "generationConfig.responseModalities[1]"],
    ["hostedTools", "tools[0].googleSearch"],
    ["safetySettings", "safetySettings"],
    ["store", "store"],
  ]);
  expect(tools).toEqual([{ kind: "hosted", type: "googleSearch", at: "tools[0].googleSearch" }]);
});

const answer: ChatAnswer = {
  id: "msg_1",
  model: "claude-sonnet-4-5-20250929",
  choices: [
    {
      index: 0,
      parts: [
        { kind: "reasoning", text: "Hm.", signature },
        { kind: "text", text: "Thé.", citations: [{ url: "https://a.example", title: "A", start: 1, end: 3 }] },
        { kind: "tool_call", id: "toolu_1", name: "f", arguments: '{"a":"é\\n"}' },
        { kind: "tool_call", id: "toolu_2", name: "g", arguments: "" },
      ],
      finish: { reason: "tool_calls" },
    },
  ],
  usage: { inputTokens: 20, outputTokens: 9, cachedTokens: 5, reasoningTokens: 4 },
};
const usageMetadata = {
  promptTokenCount: 20,
  candidatesTokenCount: 5,
  thoughtsTokenCount: 4,
  cachedContentTokenCount: 5,
  totalTokenCount: 29,
};
const carriedId = packCallId("toolu_1", { reasoning: [{ kind: "reasoning", text: "Hm.", signature }] });
const thinking = { thinkingConfig: { includeThoughts: true } };

test("gives the SDK a whole answer, its thoughts only to those who asked", async () => {
  const { ai } = client(whole(answer));
  const call = { model: "claude-sonnet-4-5", contents: "Hi" };
  const shown = await ai.models.generateContent({ ...call, config: thinking });
  expect(shown.text).toBe("Thé.");
  expect(shown.functionCalls).toEqual([
    { id: carriedId, name: "f", args: { a: "é\n" } },
    { id: "toolu_2", name: "g", args: {} },
  ]);
  expect(shown.candidates?.[0]?.content?.parts?.[0]).toMatchObject({ text: "Hm.", thought: true });
  expect(shown.candidates?.[0]).toMatchObject({
    finishReason: "STOP",
    citationMetadata: { citations: [{ uri: "https://a.example", title: "A", startIndex: 1, endIndex: 4 }] },
  });
  expect(shown.usageMetadata).toMatchObject(usageMetadata);
  expect(shown).toMatchObject({ responseId: "msg_1", modelVersion: "claude-sonnet-4-5-20250929" });
  const quiet = await ai.models.generateContent(call);
  expect(quiet.candidates?.[0]?.content?.parts?.map((part) => Object.keys(part)[0])).toEqual([
    "text",
    "functionCall",
    "functionCall",
  ]);
});

test.each([
  ["a whole answer", false],
  ["a stream", true],
])("gets back in the next turn what %s carried, from the SDK's own chat", async (_, isStream) => {
  for (const config of [thinking, {}]) {
    const { ai, asked } = client((request) => (isStream ? inPieces(eventsOf(answer)) : whole(answer))(request));
    const chat = ai.chats.create({ model: "claude-sonnet-4-5", config });
    const send = async (message: Parameters<typeof chat.sendMessage>[0]["message"]): Promise<void> => {
      if (!isStream) await chat.sendMessage({ message });
      else for await (const _chunk of await chat.sendMessageStream({ message }));
    };
    await send("Hi");
    await send([{ functionResponse: { id: carriedId, name: "f", response: { result: "done" } } }]);
    expect(asked[1]?.messages.slice(1)).toEqual([
      {
        role: "assistant",
        parts: [
          { kind: "reasoning", text: "Hm.", signature },
          { kind: "text", text: "Thé." },
          { kind: "tool_call", id: "toolu_1", name: "f", arguments: '{"a":"é\\n"}' },
          { kind: "tool_call", id: "toolu_2", name: "g", arguments: "{}" },
        ],
      },
      {
        role: "user",
        parts: [
          {
            kind: "tool_result",
            callId: "toolu_1",
            name: "f",
            parts: [{ kind: "text", text: "done" }],
            at: expect.stringMatching(/^contents\[\d+\]\.parts\[0\]\.functionResponse$/),
          },
        ],
      },
    ]);
  }
});

test("carries signatures in base64 that survives any client's codec, and knows a body that holds some", () => {
  const shown = decode({ generationConfig: thinking });
  const body = google.encodeAnswer(answer, shown, stamp);
  const [thought] = (body as { candidates: [{ content: { parts: [{ thoughtSignature: string }] } }] }).candidates[0]
    .content.parts;
  const bytes = Uint8Array.from(atob(thought.thoughtSignature), (character) => character.charCodeAt(0));
  for (const thoughtSignature of [thought.thoughtSignature, toBase64url(bytes)]) {
    const turn = { role: "model", parts: [{ text: "Hm.", thought: true, thoughtSignature }] };
    expect(holdsCarrier(JSON.stringify(turn))).toBe(true);
    expect(decode({ contents: [...contents, turn] }).messages[1]?.parts).toEqual([
      { kind: "reasoning", text: "Hm.", signature },
    ]);
  }
  const own = { role: "model", parts: [{ text: "", thoughtSignature: "EmcK+/8=" }] };
  expect(decode({ contents: [...contents, own] }).messages[1]?.parts).toEqual([
    { kind: "reasoning", text: "", signature: { by: "google", value: "EmcK+/8=" } },
  ]);
});

test("gives Google's own signatures back in their own fields", () => {
  const by = (value: string): { signature: { by: string; value: string } } => ({ signature: { by: "google", value } });
  const parts: Part[] = [
    { kind: "text", text: "So.", ...by("s1") },
    { kind: "reasoning", text: "", ...by("s2") },
    { kind: "tool_call", id: "c", name: "f", arguments: "{}", ...by("s3") },
  ];
  const body = google.encodeAnswer({ choices: [{ index: 0, parts, finish: { reason: "stop" } }] }, decode({}), stamp);
  expect(body.candidates).toMatchObject([
    {
      content: {
        parts: [
          { text: "So.", thoughtSignature: "s1" },
          { text: "", thoughtSignature: "s2" },
          { functionCall: { id: "c", name: "f" }, thoughtSignature: "s3" },
        ],
      },
    },
  ]);
});

const interleaved: StreamEvent[] = [
  { type: "start", id: "r1", model: "m-1" },
  { type: "text", choice: 0, text: "data: a\n\n" },
  { type: "text", choice: 1, text: "b" },
  { type: "tool_start", choice: 0, call: 0, id: "c0", name: "f" },
  { type: "tool_start", choice: 0, call: 1, id: "c1", name: "g" },
  { type: "tool_arguments", choice: 0, call: 1, text: '{"x"' },
  { type: "tool_arguments", choice: 0, call: 0, text: '{"y":2}' },
  { type: "tool_arguments", choice: 0, call: 1, text: ":1}" },
  { type: "logprobs", choice: 1, logprobs: [{ token: "b", logprob: -0.5, top: [] }] },
  { type: "finish", choice: 0, finish: { reason: "length" } },
  { type: "finish", choice: 1, finish: { reason: "content_filter" } },
  { type: "usage", usage: { inputTokens: 3, outputTokens: 2 } },
  { type: "end" },
];

test("gives the SDK a stream, with calls whole and one chunk that ends it", async () => {
  const { ai } = client(inPieces(interleaved));
  const chunks = [];
  for await (const chunk of await ai.models.generateContentStream({ model: "m", contents: "Hi" })) chunks.push(chunk);
  expect(new Set(chunks.map(({ responseId, modelVersion }) => `${responseId} ${modelVersion}`))).toEqual(
    new Set(["r1 m-1"]),
  );
  expect(chunks.map(({ text }) => text ?? "").join("")).toBe("data: a\n\nb");
  expect(chunks.flatMap(({ functionCalls }) => functionCalls ?? [])).toEqual([
    { id: "c0", name: "f", args: { y: 2 } },
    { id: "c1", name: "g", args: { x: 1 } },
  ]);
  const parts = chunks.flatMap(({ candidates }) => candidates?.map(({ content }) => content?.parts?.length ?? 0) ?? []);
  expect(parts).not.toContain(0);
  expect(chunks.at(-1)?.candidates).toMatchObject([
    { index: 0, finishReason: "MAX_TOKENS" },
    { index: 1, finishReason: "SAFETY" },
  ]);
  expect(chunks.at(-1)?.usageMetadata).toMatchObject({ promptTokenCount: 3, totalTokenCount: 5 });
});

const failed: StreamEvent[] = [
  ...interleaved.slice(0, 2),
  { type: "error", details: { message: "Cut.", type: "upstream_error", code: "stream_truncated" } },
];

test("makes the SDK raise its own error for one in mid-stream", async () => {
  const { ai } = client(inPieces(failed));
  const read = async (): Promise<string> => {
    let seen = "";
    for await (const { text } of await ai.models.generateContentStream({ model: "m", contents: "Hi" })) seen += text;
    return seen;
  };
  await expect(read()).rejects.toThrow(ApiError);
  await expect(read()).rejects.toThrow(/Cut\./);
});

test("frames a stream as Google does", () => {
  const encoder = google.createStreamEncoder(decode({}), stamp);
  expect(encoder.encode({ type: "text", choice: 0, text: "é\r\n" })).toBe(
    `data: ${JSON.stringify({
      candidates: [{ content: { role: "model", parts: [{ text: "é\r\n" }] }, index: 0 }],
      modelVersion: "claude-sonnet-4-5",
      responseId: "new",
    })}\r\n\r\n`,
  );
});

test.each([
  ["complete", interleaved, "finishReason"],
  ["failed", failed, "error"],
])("writes a %s stream as one JSON array for those who do not ask for events", (_, events, last) => {
  const encoder = google.createStreamEncoder(decode({}, { ...CALL, stream: true, isArray: true }), stamp);
  const list = JSON.parse(events.map((event) => encoder.encode(event)).join("")) as object[];
  expect(list.length).toBeGreaterThan(1);
  expect(JSON.stringify(list.at(-1))).toContain(last);
});

test("shows arguments that were cut off instead of leaving them out", () => {
  const parts: Part[] = [{ kind: "tool_call", id: "c", name: "f", arguments: '{"a":' }];
  const body = google.encodeAnswer({ choices: [{ index: 0, parts, finish: { reason: "length" } }] }, decode({}), stamp);
  expect(body.candidates).toMatchObject([
    { content: { parts: [{ functionCall: { args: { arguments: '{"a":' } } }] }, finishReason: "MAX_TOKENS" },
  ]);
});

test("does not take words for something carried", () => {
  expect(holdsCarrier(JSON.stringify({ contents: [{ parts: [{ text: "an mg1_ and a bWcxX" }] }] }))).toBe(false);
  expect(btoa(String.fromCharCode(...utf8("mg1_"))).startsWith("bWcxX")).toBe(true);
});
