import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../mint-server/contract/bytes.ts";
import { inputBound, LARGEST_CONTEXT } from "../../mint-server/metering/bounds.ts";
import { CONVERSATIONS, FACTS, formOf, requestOf } from "./requests.ts";

const bound = (path: string, body: Record<string, unknown>, model?: string, facts = {}): number =>
  inputBound(requestOf(path, body, model), { ...FACTS, ...facts });

describe.each(CONVERSATIONS)("the input of %s", (path, body) => {
  test("has a token at least for each byte of its text, escaped or not, in any normal form", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const request = requestOf(path, body(text));
        const escaped = { ...request, payload: JSON.stringify(request.body).replace(/[^ -~]/g, escapeUnit) };
        const least = Math.max(utf8(text).length, utf8(text.normalize("NFKC")).length);
        expect(inputBound(request, FACTS)).toBeGreaterThanOrEqual(least);
        expect(inputBound(escaped, FACTS)).toBeGreaterThanOrEqual(least);
      }),
    );
  });

  test("is never more than the model reads", () => {
    expect(bound(path, body("x".repeat(9000)), undefined, { contextTokens: 8192 })).toBe(8192);
  });
});

describe("of a list, each text is read by itself:", () => {
  const text = "x".repeat(9000);
  test.each<[string, Record<string, unknown>, number]>([
    ["embeddings", { input: text }, 1],
    ["embeddings", { input: Array(9000).fill(1) }, 1],
    ["embeddings", { input: [text, text, text] }, 3],
    ["embeddings", { input: [Array(9000).fill(1), Array(9000).fill(2)] }, 2],
    ["completions", { prompt: [text, text] }, 2],
    ["completions", { prompt: [Array(9000).fill(1), text] }, 2],
    ["batchEmbedContents", { requests: [text, text].map((part) => ({ content: { parts: [{ text: part }] } })) }, 2],
    ["chat/completions", { messages: [text, text].map((content) => ({ role: "user", content })) }, 1],
  ])("%s %#", (path, body, texts) => {
    expect(bound(path, body, undefined, { contextTokens: 8192 })).toBe(texts * 8192);
  });
});

test("a request that Anthropic may answer by another model is read by each", () => {
  const ask = (fallbacks: unknown) => bound("anthropic/v1/messages", { messages: [], fallbacks }, "claude-opus-4-8");
  const body = (fallbacks: unknown) => JSON.stringify({ messages: [], fallbacks }).length;
  const two = [{ model: "a" }, { model: "b" }];
  expect(ask(two)).toBe(3 * body(two));
  expect(ask([])).toBe(body([]));
  expect(ask(null)).toBe(body(null));
  expect(ask("default")).toBe(4 * body("default"));
  // No more than can be counted.
  const thread = { type: "continue", previous_message_id: "m" };
  const many = { messages: [], thread, fallbacks: Array(1000).fill({ model: "a" }) };
  expect(bound("anthropic/v1/messages", many, "claude-opus-4-8")).toBe(1e9);
});

const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

test("counts a character by the longest that any model may make of it", () => {
  const request = requestOf("completions", { prompt: "\uFDFA".repeat(100) });
  const escaped = { ...request, payload: JSON.stringify(request.body).replace(/[^ -~]/g, escapeUnit) };
  expect(inputBound(request, FACTS)).toBeGreaterThanOrEqual(3300);
  expect(inputBound(escaped, FACTS)).toBeGreaterThanOrEqual(3300);
});

test("counts tokens that are given as numbers", () => {
  expect(bound("embeddings", { input: [[1, 2, 3, 4]] })).toBeGreaterThanOrEqual(4);
});

test("leaves room for what providers write around tools and schemas", () => {
  const tool = { name: "f", input_schema: { type: "object", properties: { a: { enum: [1, 2, 3] } } } };
  const alone = bound("anthropic/v1/messages", { messages: [] }, "claude-sonnet-4-5");
  const withTool = bound("anthropic/v1/messages", { messages: [], tools: [tool] }, "claude-sonnet-4-5");
  expect(withTool - alone).toBeGreaterThan(804 + 2 * JSON.stringify(tool).length);
});

const CONFIGS = ["generationConfig", "generation_config"];
const SCHEMAS = ["responseSchema", "responseJsonSchema", "response_schema", "response_json_schema"];
test.each([
  ...["tools", "functions", "response_format", "text", "output_config", "output_format"].map((name) => [name]),
  ...CONFIGS.flatMap((config) => SCHEMAS.map((name) => [config, name])),
])("does so for %s %s", (...names) => {
  const described = (text: string) => names.reduceRight<object>((value, name) => ({ [name]: value }), { text });
  const found = bound("generateContent", described("x".repeat(500)) as Record<string, unknown>);
  expect(found).toBeGreaterThan(804 + 2 * 500);
});

const BASE64 = "A".repeat(400_000);
const DATA_URL = `data:image/png;base64,${BASE64}`;
const chatImage = (url: string, detail?: string) => ({
  messages: [{ role: "user", content: [{ type: "image_url", image_url: { url, detail } }] }],
});

describe("an image costs what its model's maker states, whatever its bytes", () => {
  test.each<[string, string, Record<string, unknown>, number]>([
    ["chat/completions", "gpt-4o", chatImage(DATA_URL), 3_779],
    // The model may be told the address, too.
    ["chat/completions", "gpt-4o", chatImage(`https://img.example/${"a".repeat(400)}`), 3_779 + 400],
    ["chat/completions", "gpt-4o", { messages: [{ content: [{ type: "image_url", image_url: DATA_URL }] }] }, 3_779],
    ["chat/completions", "gpt-4o-mini", chatImage(DATA_URL), 48_169],
    ["chat/completions", "gpt-5.6", chatImage(DATA_URL), 48_600],
    ["chat/completions", "gpt-5.6", chatImage(DATA_URL, "high"), 6_150],
    ["chat/completions", "gpt-5.6", chatImage(DATA_URL, "low"), 6_150],
    ["chat/completions", "qwen3-vl", chatImage(DATA_URL), 16_384],
    ["responses", "o3", { input: [{ role: "user", content: [{ type: "input_image", image_url: DATA_URL }] }] }, 3_779],
    [
      "responses",
      "o3",
      { input: [{ type: "computer_call_output", output: { type: "computer_screenshot", image_url: DATA_URL } }] },
      3_779,
    ],
    [
      "responses",
      "o3",
      { input: [{ type: "function_call_output", output: [{ type: "input_image", file_id: "f" }] }] },
      3_779,
    ],
    ["responses", "gpt-5", { input: [{ type: "image_generation_call", result: BASE64 }] }, 48_600],
    [
      "anthropic/v1/messages",
      "claude-opus-4-8",
      {
        messages: [{ content: [{ type: "image", source: { type: "base64", media_type: "image/png", data: BASE64 } }] }],
      },
      4_784,
    ],
    [
      "anthropic/v1/messages",
      "claude-opus-4-8",
      {
        messages: [
          {
            content: [
              {
                type: "tool_result",
                content: [{ type: "image", source: { type: "url", url: "https://img.example/" } }],
              },
            ],
          },
        ],
      },
      4_784,
    ],
    [
      "anthropic/v1/messages",
      "claude-opus-4-8",
      {
        messages: [
          {
            content: [
              { type: "document", source: { type: "content", content: [{ type: "image", source: { data: BASE64 } }] } },
            ],
          },
        ],
      },
      4_784,
    ],
    [
      "generateContent",
      "gemini-3-pro",
      { contents: { parts: [{ inlineData: { mimeType: "image/png", data: BASE64 } }] } },
      6_192,
    ],
    [
      "generateContent",
      "gemini-3-pro",
      { contents: [{ parts: [{ inline_data: { mime_type: "image/png", data: BASE64 } }] }] },
      6_192,
    ],
    [
      "generateContent",
      "gemini-3-pro",
      {
        contents: [
          {
            parts: [
              { functionResponse: { name: "f", parts: [{ inlineData: { mimeType: "image/png", data: BASE64 } }] } },
            ],
          },
        ],
      },
      6_192,
    ],
  ])("%s, %s", (path, model, body, tokens) => {
    const found = bound(path, body, model);
    expect(found).toBeGreaterThanOrEqual(tokens);
    // The JSON around it.
    expect(found).toBeLessThan(tokens + 300);
  });
});

test.each<[string, Record<string, unknown>]>([
  ["chat/completions", { messages: [null, { content: [null, { type: "image_url" }] }] }],
  ["responses", { input: [null, { type: "image_generation_call" }, { output: null }] }],
  ["anthropic/v1/messages", { messages: [{ content: [{ type: "image" }, { type: "document" }] }] }],
  [
    "generateContent",
    { contents: [null, { parts: [null, { inlineData: {} }, { inlineData: { mimeType: "image/png" } }] }] },
  ],
  ["batchEmbedContents", { requests: [null, {}, { content: null }] }],
])("what lacks its content has a bound all the same: %s with %j", (path, body) => {
  expect(bound(path, body)).toBeGreaterThan(0);
});

test("images add up", () => {
  const two = { messages: [...chatImage(DATA_URL).messages, ...chatImage(DATA_URL).messages] };
  expect(bound("chat/completions", two)).toBeGreaterThanOrEqual(2 * 3_779);
});

test("what only looks like an image is text", () => {
  const description = JSON.stringify(chatImage(DATA_URL));
  expect(bound("chat/completions", { messages: [{ role: "user", content: description }] })).toBeGreaterThan(400_000);
  expect(bound("chat/completions", { messages: [], tools: [chatImage(DATA_URL)] })).toBeGreaterThan(400_000);
});

test("a model that sees no images may be given their bytes", () => {
  expect(bound("chat/completions", chatImage(DATA_URL), "llama-3.1", { multimodal: false })).toBeGreaterThan(400_000);
});

test("a recording has a token a byte", () => {
  const content = [{ type: "input_audio", input_audio: { data: BASE64, format: "wav" } }];
  const parts = [{ inlineData: { mimeType: "Audio/WAV", data: BASE64 } }];
  for (const found of [
    bound("chat/completions", { messages: [{ role: "user", content }] }),
    bound("generateContent", { contents: [{ parts }] }),
  ]) {
    expect(found).toBeGreaterThan(400_000);
    expect(found).toBeLessThan(400_300);
  }
  expect(inputBound(formOf("audio/transcriptions", 5000), FACTS)).toBe(5000);
});

describe("all that the model reads is set aside for", () => {
  const PDF = "data:application/pdf;base64,JVBERi0=";
  test.each<[string, string, Record<string, unknown>]>([
    ["a PDF", "chat/completions", { messages: [{ content: [{ type: "file", file: { file_data: PDF } }] }] }],
    [
      "a film",
      "chat/completions",
      { messages: [{ content: [{ type: "video_url", video_url: { url: "https://v.example/" } }] }] },
    ],
    ["a recording of the model's", "chat/completions", { messages: [{ role: "assistant", audio: { id: "audio_1" } }] }],
    ["a search", "chat/completions", { messages: [], web_search_options: {} }],
    ["an earlier response", "responses", { input: "and?", previous_response_id: "resp_1" }],
    ["a conversation", "responses", { input: "and?", conversation: "conv_1" }],
    ["a template", "responses", { prompt: { id: "pmpt_1" } }],
    ["an item", "responses", { input: [{ type: "item_reference", id: "msg_1" }] }],
    ["an uploaded file", "responses", { input: [{ content: [{ type: "input_file", file_id: "file_1" }] }] }],
    ["a hosted tool", "responses", { input: "x", tools: [{ type: "web_search" }] }],
    [
      "a PDF",
      "anthropic/v1/messages",
      { messages: [{ content: [{ type: "document", source: { type: "base64", data: "JVBE" } }] }] },
    ],
    [
      "a PDF that was fetched",
      "anthropic/v1/messages",
      {
        messages: [
          {
            content: [
              {
                type: "web_fetch_tool_result",
                content: { type: "web_fetch_result", content: { type: "document", source: { type: "base64" } } },
              },
            ],
          },
        ],
      },
    ],
    ["a thread", "anthropic/v1/messages", { messages: [], thread: { type: "continue", previous_message_id: "m" } }],
    ["a tool in an item", "responses", { input: [{ type: "additional_tools", tools: [{ type: "web_search" }] }] }],
    ["a tool that is no list", "generateContent", { contents: [], tools: { googleSearch: {} } }],
    [
      "a file in a container",
      "anthropic/v1/messages",
      { messages: [{ content: [{ type: "container_upload", file_id: "f" }] }] },
    ],
    [
      "a PDF",
      "generateContent",
      { contents: [{ parts: [{ inlineData: { mimeType: "application/pdf", data: "JVBE" } }] }] },
    ],
    ["a film", "generateContent", { contents: [{ parts: [{ fileData: { fileUri: "https://v.example/" } }] }] }],
    ["a cache", "generateContent", { contents: [], cachedContent: "cachedContents/1" }],
    ["a film", "embedContent", { content: { parts: [{ fileData: { fileUri: "https://v.example/" } }] } }],
    [
      "a film",
      "batchEmbedContents",
      { requests: [{ content: { parts: [{ file_data: { file_uri: "https://v.example/" } }] } }] },
    ],
    [
      "a film",
      "batchEmbedContents",
      { requests: { content: { parts: { fileData: { fileUri: "https://v.example/" } } } } },
    ],
  ])("%s in %s", (_, path, body) => {
    expect(bound(path, body, "gpt-4o", { contextTokens: 128_000 })).toBe(128_000);
    expect(bound(path, body)).toBe(LARGEST_CONTEXT);
  });
});

test("texts in parts and files are texts", () => {
  const data = `data:text/plain;base64,${"QUJD".repeat(100)}`;
  const document = { type: "document", source: { type: "text", media_type: "text/plain", data: "abc" } };
  const found = [
    bound("chat/completions", { messages: [{ content: [{ type: "file", file: { file_data: data } }] }] }),
    bound("anthropic/v1/messages", { messages: [{ content: [document] }] }),
    bound("generateContent", { contents: [{ parts: [{ inlineData: { mimeType: "text/csv", data: "QUJD" } }] }] }),
    bound("chat/completions", { messages: [{ content: [{ type: "text", text: "abc" }] }] }),
    bound("responses", { input: [{ type: "message", content: [{ type: "output_text", text: "abc" }] }] }),
  ];
  expect(found[0]).toBeGreaterThan(300);
  expect(Math.max(...found)).toBeLessThan(600);
});

test("what no provider counts is not counted", () => {
  expect(bound("countTokens", { contents: [{ parts: [{ text: "x".repeat(99) }] }] })).toBe(0);
  expect(bound("moderations", { input: "x".repeat(99) })).toBe(0);
});
