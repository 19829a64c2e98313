import type { GenerationConfig, ToolConfig } from "@google/genai";
import { expect, test } from "vitest";
import type { StreamEvent } from "../../mint-server/wire/chat-answer.ts";
import type { ChatRequest, Message, Part, Setting, Signature } from "../../mint-server/wire/chat-request.ts";
import { google } from "../../mint-server/wire/google/format.ts";
import { geminiForVertex } from "../../mint-server/wire/google/vertex.ts";
import type { GeminiContent, GeminiPart, Wire } from "../../mint-server/wire/google/wire-types.ts";
import { FieldError } from "../../mint-server/wire/read.ts";

const PLACEHOLDER = "skip_thought_signature_validator";
const mine = (value: string): { signature: Signature } => ({ signature: { by: "google", value } });

function request(fields: Partial<ChatRequest> = {}): ChatRequest {
  return {
    model: "gemini-2.5-flash",
    stream: false,
    messages: [{ role: "user", parts: [{ kind: "text", text: "Hi" }] }],
    tools: [],
    includeUsage: false,
    asked: new Map<Setting, string>(),
    ...fields,
  };
}

function encode(fields: Partial<ChatRequest>): Record<string, unknown> {
  const before = JSON.stringify(fields);
  const body = google.encodeRequest(request(fields), {});
  expect(JSON.stringify(fields)).toBe(before);
  return body;
}

function contentsOf(messages: Message[], fields: Partial<ChatRequest> = {}): unknown {
  return encode({ messages, ...fields }).contents;
}

const text = (words: string): Part => ({ kind: "text", text: words });
const user = (...parts: Part[]): Message => ({ role: "user", parts });
const assistant = (...parts: Part[]): Message => ({ role: "assistant", parts });
const call = (id: string, name: string, args = "{}", more: { signature?: Signature } = {}): Part => ({
  kind: "tool_call",
  id,
  name,
  arguments: args,
  ...more,
});
const result = (callId: string, ...parts: Part[]): Part => ({ kind: "tool_result", callId, parts, at: "messages[2]" });
const png: Part = {
  kind: "image",
  source: { kind: "base64", mediaType: "image/png", data: "AAAA" },
  at: "messages[0]",
};

function refusal(run: () => unknown): FieldError {
  try {
    run();
  } catch (error) {
    if (error instanceof FieldError) return error;
  }
  throw new Error("nothing was refused");
}

test("keeps every leading system message, each as a part, and later ones in their place", () => {
  const body = encode({
    messages: [
      { role: "system", parts: [text("One.")] },
      { role: "developer", parts: [text("Two."), text("Three.")] },
      user(text("Hi")),
      { role: "system", parts: [text("Be brief.")] },
      assistant(text("Yes?")),
      user(text("Go"), text("on")),
    ],
  });
  expect(body.systemInstruction).toEqual({ parts: [{ text: "One." }, { text: "Two." }, { text: "Three." }] });
  expect(body.contents).toEqual([
    { role: "user", parts: [{ text: "Hi" }, { text: "<system>\nBe brief.\n</system>" }] },
    { role: "model", parts: [{ text: "Yes?" }] },
    { role: "user", parts: [{ text: "Go" }, { text: "on" }] },
  ] satisfies GeminiContent[]);
});

test("says a conversation of system messages alone as the user's, since contents must not be empty", () => {
  expect(encode({ messages: [{ role: "system", parts: [text("Speak.")] }] })).toEqual({
    contents: [{ role: "user", parts: [{ text: "Speak." }] }],
  });
});

test("names the function, not the call, in results, which stand in the order of the calls right after them", () => {
  expect(
    contentsOf([
      user(text("Weather?")),
      assistant(text(""), call("call_a", "weather", '{"city":"Paris"}'), call("call_b", "time", "")),
      user(text("Well?"), result("call_b", text("noon"))),
      user(result("call_a", text('{"sky":"blue"}'))),
    ]),
  ).toEqual([
    { role: "user", parts: [{ text: "Weather?" }] },
    {
      role: "model",
      parts: [
        { functionCall: { id: "call_a", name: "weather", args: { city: "Paris" } } },
        { functionCall: { id: "call_b", name: "time", args: {} } },
      ],
    },
    {
      role: "user",
      parts: [
        { functionResponse: { id: "call_a", name: "weather", response: { sky: "blue" } } },
        { functionResponse: { id: "call_b", name: "time", response: { result: "noon" } } },
        { text: "Well?" },
      ],
    },
  ] satisfies GeminiContent[]);
});

test("gives ids that are used again to the call that stands next", () => {
  const turns = contentsOf([
    user(text("Twice")),
    assistant(call("0", "add")),
    user(result("0", text("one"))),
    assistant(call("0", "sub")),
    user(result("0", text("two"))),
  ]) as GeminiContent[];
  const results = turns.flatMap(({ parts }) => parts?.flatMap(({ functionResponse }) => functionResponse ?? []) ?? []);
  expect(results).toEqual([
    { id: "0", name: "add", response: { result: "one" } },
    { id: "0", name: "sub", response: { result: "two" } },
  ]);
});

test("leaves the ids of calls out of what Vertex gets, and nothing else", () => {
  const messages = [user(text("?")), assistant(call("call_a", "f")), user(result("call_a", text('{"id":1}')))];
  const body = encode({ messages, maxTokens: 5 });
  const before = JSON.stringify(body);
  expect(geminiForVertex(body)).toEqual({
    contents: [
      { role: "user", parts: [{ text: "?" }] },
      { role: "model", parts: [{ functionCall: { name: "f", args: {} } }] },
      { role: "user", parts: [{ functionResponse: { name: "f", response: { id: 1 } } }] },
    ],
    generationConfig: { maxOutputTokens: 5 },
  });
  expect(JSON.stringify(body)).toBe(before);
  expect(geminiForVertex({ contents: { parts: { function_call: { id: "a", name: "f" } } } })).toEqual({
    contents: { parts: { function_call: { name: "f" } } },
  });
  expect(geminiForVertex({ instances: [] })).toEqual({ instances: [] });
});

test.each([
  ["text", "plain", {}, { result: "plain" }],
  ["a JSON object as it is", '{"a":[1]}', {}, { a: [1] }],
  ["a JSON list as text", "[1]", {}, { result: "[1]" }],
  [
    "numbers that no parser keeps as text",
    '{"id":12345678901234567890}',
    {},
    { result: '{"id":12345678901234567890}' },
  ],
  ["an error", "no such city", { isError: true }, { error: "no such city" }],
])("gives %s as a function's response", (_, words, more, response) => {
  const part: Part = { kind: "tool_result", callId: "c", parts: [text(words)], at: "messages[2]", ...more };
  const [, , last] = contentsOf([user(text("?")), assistant(call("c", "f")), user(part)]) as GeminiContent[];
  expect(last?.parts).toEqual([{ functionResponse: { id: "c", name: "f", response } }]);
});

test("puts an image of a result inside it for models that take it there, else after it", () => {
  const messages = [user(text("?")), assistant(call("c", "f")), user(result("c", text("seen"), png))];
  const inlineData = { mimeType: "image/png", data: "AAAA" };
  const functionResponse = { id: "c", name: "f", response: { result: "seen" } };
  expect((contentsOf(messages) as GeminiContent[])[2]?.parts).toEqual([{ functionResponse }, { inlineData }]);
  const third = contentsOf(messages, { model: "gemini-3.1-pro-preview" }) as GeminiContent[];
  expect(third[2]?.parts).toEqual([{ functionResponse: { ...functionResponse, parts: [{ inlineData }] } }]);
});

test("refuses a result that answers no call, and arguments that are no object", () => {
  expect(refusal(() => contentsOf([user(result("c", text("x")))])).param).toBe("messages[2]");
  expect(refusal(() => contentsOf([assistant(call("c", "f", "[1]"))])).message).toContain("no JSON object");
});

test("returns Gemini's own signatures in their places, and no one else's thoughts", () => {
  const parts = (
    contentsOf([
      user(text("?")),
      assistant(
        { kind: "reasoning", text: "Foreign.", signature: { by: "anthropic", value: "x" } },
        { kind: "reasoning", text: "Unsigned." },
        { kind: "reasoning", text: "Own.", ...mine("s0") },
        { kind: "text", text: "Said.", ...mine("s1") },
        { kind: "reasoning", text: "", ...mine("s2") },
        call("a", "f", "{}", mine("s3")),
        call("b", "g"),
      ),
    ]) as GeminiContent[]
  )[1]?.parts;
  expect(parts).toEqual([
    { text: "Own.", thought: true, thoughtSignature: "s0" },
    { text: "Said.", thoughtSignature: "s1" },
    { text: "", thoughtSignature: "s2" },
    { functionCall: { id: "a", name: "f", args: {} }, thoughtSignature: "s3" },
    { functionCall: { id: "b", name: "g", args: {} } },
  ] satisfies GeminiPart[]);
});

test.each([
  ["gemini-2.5-pro", undefined],
  ["gemini-3-flash-preview", PLACEHOLDER],
  ["gemini-flash-latest", PLACEHOLDER],
])("gives %s the documented placeholder for the first unsigned call of each step, if it wants one", (model, value) => {
  const turns = contentsOf(
    [
      user(text("?")),
      assistant(call("a", "f"), call("b", "f")),
      user(result("a", text("1")), result("b", text("2"))),
      assistant(call("c", "f", "{}", mine("own")), call("d", "f")),
    ],
    { model },
  ) as GeminiContent[];
  const signatures = turns.flatMap(({ role, parts }) =>
    role === "model" ? (parts ?? []).map(({ thoughtSignature }) => thoughtSignature) : [],
  );
  expect(signatures).toEqual([value, undefined, "own", undefined]);
});

test("sends each kind of media as the API takes it, and refuses files that are elsewhere", () => {
  const at = "messages[0].content[0]";
  const media: Part[] = [
    png,
    { kind: "image", source: { kind: "url", url: "https://a.example/cat.webp?s=1" }, at },
    { kind: "file", source: { kind: "base64", mediaType: "application/pdf", data: "JVBE" }, at },
    { kind: "file", source: { kind: "base64", mediaType: "text/markdown", data: btoa("# T\u00c3\u00a9") }, at },
    { kind: "file", source: { kind: "text", text: "words" }, at },
    { kind: "audio", source: { kind: "base64", mediaType: "audio/wav", data: "UklG" }, at },
    { kind: "file", source: { kind: "uploaded", id: "gs://bucket/a.pdf" }, at },
  ];
  expect((contentsOf([user(...media)]) as GeminiContent[])[0]?.parts).toEqual([
    { inlineData: { mimeType: "image/png", data: "AAAA" } },
    { fileData: { fileUri: "https://a.example/cat.webp?s=1", mimeType: "image/webp" } },
    { inlineData: { mimeType: "application/pdf", data: "JVBE" } },
    { text: "# Té" },
    { text: "words" },
    { inlineData: { mimeType: "audio/wav", data: "UklG" } },
    { fileData: { fileUri: "gs://bucket/a.pdf" } },
  ] satisfies GeminiPart[]);
  const elsewhere: Part = { kind: "file", source: { kind: "uploaded", id: "file-abc" }, at };
  expect(refusal(() => contentsOf([user(elsewhere)])).param).toBe(at);
});

test("sends every setting under Gemini's name", () => {
  const { generationConfig, ...body } = encode({
    maxTokens: 100,
    temperature: 0,
    topP: 0.5,
    topK: 3,
    stop: ["END"],
    seed: 7,
    choices: 2,
    presencePenalty: 0.1,
    frequencyPenalty: 0.2,
    logprobs: true,
    topLogprobs: 4,
    output: { kind: "schema", name: "n", schema: { type: "object", additionalProperties: false } },
    serviceTier: "flex",
    user: "u",
  });
  expect(generationConfig).toEqual({
    maxOutputTokens: 100,
    temperature: 0,
    topP: 0.5,
    topK: 3,
    stopSequences: ["END"],
    seed: 7,
    candidateCount: 2,
    presencePenalty: 0.1,
    frequencyPenalty: 0.2,
    responseLogprobs: true,
    logprobs: 4,
    responseMimeType: "application/json",
    responseJsonSchema: { type: "object", additionalProperties: false },
  } satisfies GenerationConfig);
  expect(Object.keys(body)).toEqual(["contents", "serviceTier"]);
  expect(encode({ output: { kind: "json" } })).toEqual({
    contents: [{ role: "user", parts: [{ text: "Hi" }] }],
    generationConfig: { responseMimeType: "application/json" },
  });
});

test.each([
  ["default", "standard"],
  ["standard_only", "standard"],
  ["auto", undefined],
  ["priority", "priority"],
])("asks for the service tier %s as %s", (serviceTier, sent) => {
  expect(encode({ serviceTier }).serviceTier).toBe(sent);
});

test("sends a function's schema whole, as JSON Schema", () => {
  const parameters = { type: "object", $defs: { a: { type: "string" } }, properties: { x: { $ref: "#/$defs/a" } } };
  const tools: ChatRequest["tools"] = [
    { kind: "function", name: "f", description: "Does.", parameters },
    { kind: "function", name: "g" },
  ];
  const body = encode({ tools });
  expect(body.tools).toEqual([
    { functionDeclarations: [{ name: "f", description: "Does.", parametersJsonSchema: parameters }, { name: "g" }] },
  ]);
  expect(body).not.toHaveProperty("toolConfig");
});

type Calling = Wire<ToolConfig>["functionCallingConfig"];

test.each<[ChatRequest["toolChoice"], Calling]>([
  [{ kind: "auto" }, undefined],
  [{ kind: "none" }, { mode: "NONE" }],
  [{ kind: "required" }, { mode: "ANY" }],
  [
    { kind: "function", name: "f" },
    { mode: "ANY", allowedFunctionNames: ["f"] },
  ],
  [
    { kind: "allowed", names: ["f", "g"], required: true },
    { mode: "ANY", allowedFunctionNames: ["f", "g"] },
  ],
  [
    { kind: "allowed", names: ["f"], required: false },
    { mode: "VALIDATED", allowedFunctionNames: ["f"] },
  ],
])("sends the tool choice %j", (toolChoice, functionCallingConfig) => {
  const body = encode({ tools: [{ kind: "function", name: "f" }], ...(toolChoice && { toolChoice }) });
  expect(body.toolConfig).toEqual(functionCallingConfig && { functionCallingConfig });
});

test("binds calls to the schema where a tool is strict", () => {
  const tools: ChatRequest["tools"] = [{ kind: "function", name: "f", strict: true }];
  expect(encode({ tools }).toolConfig).toEqual({ functionCallingConfig: { mode: "VALIDATED" } });
});

test.each<[model: string, reasoning: ChatRequest["reasoning"], config: unknown]>([
  ["gemini-2.5-flash", { effort: "none" }, { thinkingBudget: 0 }],
  ["gemini-2.5-flash", { effort: "medium" }, { includeThoughts: true, thinkingBudget: 8192 }],
  ["gemini-2.5-flash", { effort: "max", show: false }, { thinkingBudget: 24576 }],
  ["gemini-2.5-flash", { budgetTokens: -1 }, { includeThoughts: true, thinkingBudget: -1 }],
  ["gemini-2.5-flash-lite", { budgetTokens: 100 }, { includeThoughts: true, thinkingBudget: 512 }],
  ["gemini-2.5-pro", { effort: "none" }, { thinkingBudget: 128 }],
  ["gemini-2.5-pro", { effort: "max" }, { includeThoughts: true, thinkingBudget: 32768 }],
  ["gemini-3-flash-preview", { effort: "none" }, { thinkingLevel: "MINIMAL" }],
  ["gemini-3.6-flash", { effort: "minimal" }, { includeThoughts: true, thinkingLevel: "MINIMAL" }],
  ["gemini-3.7-flash", { effort: "minimal" }, { includeThoughts: true, thinkingLevel: "LOW" }],
  ["gemini-3.1-pro-preview", { effort: "none" }, { thinkingLevel: "LOW" }],
  ["gemini-3.1-pro-preview", { budgetTokens: 8000 }, { includeThoughts: true, thinkingLevel: "MEDIUM" }],
  ["gemini-3-pro-preview", { effort: "medium" }, { includeThoughts: true, thinkingLevel: "HIGH" }],
  ["gemini-3.8-flash", { effort: "xhigh" }, { includeThoughts: true, thinkingLevel: "HIGH" }],
  ["gemini-3.8-flash", { show: true }, { includeThoughts: true }],
  ["gemini-3.8-flash", { budgetTokens: -1, show: false }, undefined],
  ["gemini-2.0-flash", { effort: "none" }, undefined],
  ["gemini-3.8-flash", undefined, undefined],
])("%s thinks as %j asks", (model, reasoning, thinkingConfig) => {
  const body = encode({ model, ...(reasoning && { reasoning }) });
  expect(body.generationConfig).toEqual(thinkingConfig && { thinkingConfig });
});

test.each(["gemini-2.0-flash", "gemini-1.5-pro-latest", "gemini-pro", "gemini-2.5-flash-image"])(
  "refuses to make %s think, by the caller's field",
  (model) => {
    const asked = new Map<Setting, string>([["reasoning", "reasoning_effort"]]);
    expect(refusal(() => encode({ model, reasoning: { effort: "low" }, asked })).param).toBe("reasoning_effort");
  },
);

const usageMetadata = {
  promptTokenCount: 10,
  toolUsePromptTokenCount: 5,
  candidatesTokenCount: 4,
  thoughtsTokenCount: 3,
  cachedContentTokenCount: 6,
  totalTokenCount: 22,
  serviceTier: "standard",
};

test("decodes every part of a whole answer, in order", () => {
  const answer = google.decodeAnswer(
    {
      candidates: [
        {
          content: {
            role: "model",
            parts: [
              { text: "Hm.", thought: true },
              { text: "One, " },
              { text: "two.", thoughtSignature: "s1" },
              { functionCall: { name: "f", args: { a: 1 } }, thoughtSignature: "s2" },
              { functionCall: { name: "f", args: {}, id: "own" } },
              { inlineData: { mimeType: "image/png", data: "AAAA" } },
            ],
          },
          finishReason: "STOP",
          index: 0,
        },
      ],
      usageMetadata,
      modelVersion: "gemini-3.8-flash",
      responseId: "resp+1",
    },
    request(),
  );
  expect(answer).toEqual({
    id: "resp+1",
    model: "gemini-3.8-flash",
    serviceTier: "default",
    choices: [
      {
        index: 0,
        finish: { reason: "tool_calls" },
        parts: [
          { kind: "reasoning", text: "Hm." },
          { kind: "text", text: "One, two." },
          { kind: "reasoning", text: "", ...mine("s1") },
          { kind: "tool_call", id: "call_resp1_0_0", name: "f", arguments: '{"a":1}', ...mine("s2") },
          { kind: "tool_call", id: "own", name: "f", arguments: "{}" },
          { kind: "text", text: "![image](data:image/png;base64,AAAA)" },
        ],
      },
    ],
    usage: { inputTokens: 15, outputTokens: 7, cachedTokens: 6, reasoningTokens: 3 },
  });
});

test("sends an image that the model made back as an image", () => {
  const turn = assistant(text("Here: ![image](data:image/png;base64,AAAA)!"));
  expect((contentsOf([user(text("Draw")), turn]) as GeminiContent[])[1]?.parts).toEqual([
    { text: "Here: " },
    { inlineData: { mimeType: "image/png", data: "AAAA" } },
    { text: "!" },
  ]);
});

test.each([
  ["STOP", "stop"],
  ["MAX_TOKENS", "length"],
  ["CONTINUATION", "pause"],
  ..."SAFETY RECITATION LANGUAGE OTHER BLOCKLIST PROHIBITED_CONTENT SPII MALFORMED_FUNCTION_CALL IMAGE_SAFETY"
    .split(" ")
    .map((reason) => [reason, "content_filter"]),
])("finishes with %s as %s", (finishReason, reason) => {
  const answer = google.decodeAnswer({ candidates: [{ finishReason }] }, request());
  expect(answer?.choices).toEqual([{ index: 0, parts: [], finish: { reason } }]);
});

test("takes a blocked prompt for an answer that was filtered", () => {
  const body = { promptFeedback: { blockReason: "PROHIBITED_CONTENT" }, usageMetadata: { promptTokenCount: 9 } };
  expect(google.decodeAnswer(body, request())).toEqual({
    choices: [{ index: 0, parts: [], finish: { reason: "content_filter" } }],
    usage: { inputTokens: 9, outputTokens: 0 },
  });
});

test.each([undefined, null, [], {}, { candidates: [] }, { error: { code: 400, message: "no" } }])(
  "takes %j for no answer",
  (body) => {
    expect(google.decodeAnswer(body, request())).toBeUndefined();
  },
);

test("counts places of citations anew, from bytes to characters", () => {
  const answer = google.decodeAnswer(
    {
      candidates: [
        {
          content: { parts: [{ text: "Thé — " }, { text: "crème." }] },
          finishReason: "STOP",
          citationMetadata: { citationSources: [{ endIndex: 4, uri: "https://a.example" }] },
          groundingMetadata: {
            groundingChunks: [
              { web: { uri: "https://b.example", title: "B" } },
              { maps: { uri: "https://c.example" } },
            ],
            groundingSupports: [
              { segment: { partIndex: 1, startIndex: 0, endIndex: 6, text: "crème" }, groundingChunkIndices: [0, 1] },
            ],
          },
        },
      ],
    },
    request(),
  );
  expect(answer?.choices[0]?.parts).toEqual([
    {
      kind: "text",
      text: "Thé — crème.",
      citations: [
        { url: "https://a.example", start: 0, end: 3 },
        { url: "https://b.example", title: "B", start: 6, end: 11 },
        { url: "https://c.example", start: 6, end: 11 },
      ],
    },
  ]);
});

test("decodes logprobs", () => {
  const a = { token: "a", logProbability: -0.1 };
  const logprobsResult = {
    chosenCandidates: [a],
    topCandidates: [{ candidates: [a, { token: "b", logProbability: -3 }] }],
  };
  const answer = google.decodeAnswer({ candidates: [{ finishReason: "STOP", logprobsResult }] }, request());
  expect(answer?.choices[0]?.logprobs).toEqual([
    {
      token: "a",
      logprob: -0.1,
      top: [
        { token: "a", logprob: -0.1 },
        { token: "b", logprob: -3 },
      ],
    },
  ]);
});

function streamed(bodies: readonly (object | string)[], fields: Partial<ChatRequest> = {}): StreamEvent[] {
  const decoder = google.createStreamDecoder(request(fields));
  const events: StreamEvent[] = [];
  for (const body of bodies) {
    decoder.decode({ data: typeof body === "string" ? body : JSON.stringify(body) }, (event) => events.push(event));
  }
  return events;
}

test("emits every part of every event, counts calls through, and ends when the candidate has finished", () => {
  const content = (...parts: GeminiPart[]): object => ({ candidates: [{ content: { parts } }], responseId: "r" });
  const f = (args: Record<string, unknown>, signature?: string): GeminiPart => ({
    functionCall: { name: "f", args },
    ...(signature && { thoughtSignature: signature }),
  });
  expect(
    streamed([
      content({ text: "Hm", thought: true }, { text: "m.", thought: true }),
      content({ text: "One" }, { text: " two" }, f({ a: 1 }, "s1")),
      content(f({ a: 2 }), f({})),
      {
        candidates: [{ content: { parts: [{ text: "", thoughtSignature: "s2" }] }, finishReason: "STOP" }],
        usageMetadata,
      },
      content({ text: "late" }),
    ]),
  ).toEqual([
    { type: "start", id: "r" },
    { type: "reasoning", choice: 0, text: "Hm" },
    { type: "reasoning", choice: 0, text: "m." },
    { type: "reasoning_end", choice: 0 },
    { type: "text", choice: 0, text: "One" },
    { type: "text", choice: 0, text: " two" },
    { type: "tool_start", choice: 0, call: 0, id: "call_r_0_0", name: "f", ...mine("s1") },
    { type: "tool_arguments", choice: 0, call: 0, text: '{"a":1}' },
    { type: "tool_end", choice: 0, call: 0 },
    { type: "tool_start", choice: 0, call: 1, id: "call_r_0_1", name: "f" },
    { type: "tool_arguments", choice: 0, call: 1, text: '{"a":2}' },
    { type: "tool_end", choice: 0, call: 1 },
    { type: "tool_start", choice: 0, call: 2, id: "call_r_0_2", name: "f" },
    { type: "tool_arguments", choice: 0, call: 2, text: "{}" },
    { type: "tool_end", choice: 0, call: 2 },
    { type: "reasoning_end", choice: 0, ...mine("s2") },
    { type: "finish", choice: 0, finish: { reason: "tool_calls" } },
    { type: "usage", usage: { inputTokens: 15, outputTokens: 7, cachedTokens: 6, reasoningTokens: 3 } },
    { type: "end" },
  ] satisfies StreamEvent[]);
});

test("ends only when every candidate that was asked for has finished", () => {
  const done = (index: number): object => ({ candidates: [{ index, content: {}, finishReason: "STOP" }] });
  expect(streamed([done(0)], { choices: 2 }).at(-1)).toMatchObject({ type: "finish", choice: 0 });
  expect(streamed([done(0), done(1)], { choices: 2 }).slice(-2)).toMatchObject([
    { type: "finish", choice: 1 },
    { type: "end" },
  ]);
});

test("ends a stream whose prompt was blocked", () => {
  expect(streamed([{ promptFeedback: { blockReason: "SAFETY" }, responseId: "r" }]).slice(1)).toEqual([
    { type: "finish", choice: 0, finish: { reason: "content_filter" } },
    { type: "end" },
  ]);
});

const apiError = {
  error: {
    code: 400,
    message: "API key not valid.",
    status: "INVALID_ARGUMENT",
    details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID", domain: "d" }],
  },
};
const details = { message: "API key not valid.", type: "INVALID_ARGUMENT", code: "API_KEY_INVALID" };

test.each([
  ["an object", apiError],
  ["a list of one", [apiError]],
])("reads an error that is %s, in a body and in a stream, after which nothing comes", (_, body) => {
  expect(google.decodeError(JSON.stringify(body))).toEqual(details);
  expect(streamed([body, { candidates: [{ finishReason: "STOP" }] }])).toEqual([{ type: "error", details }]);
});

test("knows what is no error, and what is no JSON", () => {
  expect(google.decodeError("<html>")).toBeUndefined();
  expect(google.decodeError('{"candidates":[]}')).toBeUndefined();
  expect(streamed(["{"])).toMatchObject([{ type: "error", details: { code: "upstream_malformed" } }]);
});

test("skips parts, calls and candidates that it does not know", () => {
  const parts = [
    7,
    {},
    { functionCall: {} },
    { executableCode: { code: "1" } },
    { inlineData: { mimeType: "audio/wav" } },
  ];
  expect(streamed([{}, { candidates: [null, "x", { content: { parts } }] }])).toEqual([{ type: "start" }]);
});
