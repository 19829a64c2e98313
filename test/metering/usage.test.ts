import { describe, expect, test } from "vitest";
import type { SchemaId } from "../../mint-server/contract/endpoints.ts";
import { createMeter } from "../../mint-server/metering/meter.ts";
import { mayThinkUnseen } from "../../mint-server/metering/unseen-thoughts.ts";
import { USAGE_FORMATS, withUsageAsked } from "../../mint-server/metering/usage.ts";
import type { Usage } from "../../mint-server/wire/chat-answer.ts";
import { requestOf } from "./requests.ts";

test.each<[SchemaId, Record<string, unknown>, Usage | undefined]>([
  ["chat", { usage: { prompt_tokens: 5, completion_tokens: 2 } }, { inputTokens: 5, outputTokens: 2 }],
  ["chat", { x_groq: { usage: { prompt_tokens: 5, completion_tokens: 2 } } }, { inputTokens: 5, outputTokens: 2 }],
  ["chat", { choices: [] }, undefined],
  ["completions", { usage: { prompt_tokens: 5, completion_tokens: 2 } }, { inputTokens: 5, outputTokens: 2 }],
  ["embeddings", { usage: { prompt_tokens: 8, total_tokens: 8 } }, { inputTokens: 8, outputTokens: 0 }],
  ["responses", { usage: { input_tokens: 5, output_tokens: 2 } }, { inputTokens: 5, outputTokens: 2 }],
  ["openai", { usage: { type: "tokens", input_tokens: 5, output_tokens: 2 } }, { inputTokens: 5, outputTokens: 2 }],
  ["openai", { results: [] }, undefined],
  [
    "anthropic",
    { usage: { input_tokens: 5, cache_creation_input_tokens: 1, cache_read_input_tokens: 2, output_tokens: 3 } },
    { inputTokens: 8, outputTokens: 3, cachedTokens: 2, cacheWriteTokens: 1 },
  ],
  ["anthropic", { type: "error" }, undefined],
  [
    "google",
    { usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 2, thoughtsTokenCount: 4 } },
    { inputTokens: 5, outputTokens: 6, reasoningTokens: 4 },
  ],
  ["google-embeddings", { usageMetadata: { promptTokenCount: 5 } }, { inputTokens: 5, outputTokens: 0 }],
  ["google-embeddings", { embedding: {} }, undefined],
])("a whole answer of %s tells its usage: %j", async (schema, answer, usage) => {
  const found = (await USAGE_FORMATS[schema]()).whole(answer);
  expect(found && Object.fromEntries(Object.entries(found).filter(([, count]) => count !== undefined))).toEqual(usage);
});

describe("the usage of a stream", () => {
  test.each(["chat/completions", "completions"])("of %s is asked for", (path) => {
    const body = { stream: true, stream_options: { include_obfuscation: false } };
    const request = requestOf(path, body);
    const asking = withUsageAsked(request, {});
    const expected = { stream: true, stream_options: { include_obfuscation: false, include_usage: true } };
    expect(asking.body).toEqual(expected);
    expect(JSON.parse(String(asking.payload))).toEqual(expected);
    expect(request.body).toEqual({ stream: true, stream_options: { include_obfuscation: false } });
  });

  test.each<[string, Record<string, unknown>, object]>([
    ["chat/completions", { stream: false }, {}],
    ["chat/completions", { stream: true, stream_options: { include_usage: true } }, {}],
    ["chat/completions", { stream: true }, { fields: { stream_options: null } }],
    ["responses", { stream: true }, {}],
    ["anthropic/v1/messages", { stream: true }, {}],
    ["streamGenerateContent", {}, {}],
  ])("of %s is not asked for with %j at a provider with %j", (path, body, provider) => {
    const request = requestOf(path, body);
    expect(withUsageAsked(request, provider)).toBe(request);
  });
});

test.each<[SchemaId, object, unknown]>([
  ["chat", { choices: ["x"], usage: {} }, ["x"]],
  ["responses", { type: "response.output_item.added", item: { name: "f" } }, { name: "f" }],
  ["responses", { type: "response.output_text.delta", delta: "x" }, "x"],
  ["responses", { type: "response.output_item.done", item: { name: "f" } }, undefined],
  ["responses", { delta: "x" }, "x"],
  ["anthropic", { content_block: { text: "" } }, [undefined, { text: "" }]],
  ["google", { candidates: ["x"] }, ["x"]],
])("of an event of %s, %j, the model wrote %j", async (schema, event, said) => {
  expect((await USAGE_FORMATS[schema]()).said(event as Record<string, unknown>)).toEqual(said);
});

test("what was heard of a cut answer is bounded by the bytes of its texts, numbers and names", () => {
  const settled: Usage[] = [];
  const hold = { inputTokens: 50, outputTokens: 100 };
  const meter = createMeter({ hold, thinksUnseen: false, onSettle: (usage) => settled.push(usage) });
  meter.hear({ name: ["é", 12, true] });
  meter.hear(undefined);
  meter.hear([null, {}]);
  meter.settle(false);
  const heard = "name".length + 2 + 2 + "true".length + "null".length;
  expect(settled).toEqual([{ inputTokens: 50, outputTokens: heard, complete: false }]);
});

describe("a model may think what is not shown", () => {
  test.each<[string, Record<string, unknown>]>([
    ["o3", {}],
    ["gpt-5.1", {}],
    ["claude-opus-5", {}],
    ["claude-sonnet-4-5", { thinking: { type: "enabled", budget_tokens: 1024 } }],
    ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", { reasoning_effort: "low" }],
    ["gemini-2.5-flash", {}],
    ["gemini-flash-latest", {}],
    ["grok-4", {}],
    ["qwen3", { include_reasoning: false }],
    ["qwen3", { reasoning: { effort: "low" } }],
    ["qwen3", { reasoning_format: "hidden" }],
    ["qwen3", { chat_template_kwargs: { enable_thinking: true } }],
    ["gemini-2.0-flash", { generationConfig: { thinkingConfig: {} } }],
    ["gpt-4o", { background: true }],
  ])("%s with %j", (model, body) => {
    expect(mayThinkUnseen({ model, body })).toBe(true);
  });

  test.each([
    "gpt-4o",
    "gpt-4.1-mini",
    "claude-sonnet-4-5",
    "claude-3-5-haiku-latest",
    "gemini-2.0-flash",
    "llama-3.3-70b",
  ])("but not %s unasked", (model) => {
    expect(mayThinkUnseen({ model, body: { messages: [] } })).toBe(false);
  });
});
