import { describe, expect, test } from "vitest";
import {
  dearer,
  microsOf,
  type Price,
  priceOf,
  worstInputMicros,
  worstOutputPrice,
} from "../../mint-server/metering/price.ts";
import { factsOf } from "../../mint-server/providers/models.ts";
import type { ModelFacts } from "../../mint-server/providers/provider.ts";
import { FACTS, formOf, requestOf } from "./requests.ts";

type Body = Record<string, unknown>;
const KNOWN: ModelFacts = { ...FACTS, inputCostPerMillionTokens: 2.5, outputCostPerMillionTokens: 10 };
const priced = (path: string, body: Body, facts = KNOWN, model = "gpt-4o") =>
  priceOf(requestOf(path, body, model), facts);
const ok = (path: string, body: Body, facts = KNOWN): Price => {
  const result = priced(path, body, facts);
  if (!result.ok) throw new Error(result.why);
  return result.price;
};

const PRICE: Price = { input: 3, cacheRead: 0.3, cacheWrite: 3.75, output: 15 };

test("money is counted in micro-dollars, rounded up", () => {
  expect(microsOf({ inputTokens: 1, outputTokens: 0 }, { ...PRICE, input: 2.5 })).toBe(3);
  expect(microsOf({ inputTokens: 2, outputTokens: 0 }, { ...PRICE, input: 2.5 })).toBe(5);
  expect(microsOf({ inputTokens: 100, outputTokens: 10 }, PRICE)).toBe(450);
  expect(microsOf({ inputTokens: 0, outputTokens: 0 }, PRICE)).toBe(0);
  expect(microsOf({ inputTokens: 1, outputTokens: 0 }, { ...PRICE, input: 0.0000001 })).toBe(1);
});

test("decimal fractions cost no micro-dollar of their own", () => {
  for (const cost of [0.1, 0.075, 0.3, 1.1, 0.7, 1.15]) {
    for (const tokens of [10_000, 1_000_000, 3_000_000]) {
      expect([cost, tokens, microsOf({ inputTokens: tokens, outputTokens: 0 }, { ...PRICE, input: cost })]).toEqual([
        cost,
        tokens,
        Math.round(cost * tokens),
      ]);
    }
  }
});

test("cached input has its own prices, the rest the plain one", () => {
  const usage = { inputTokens: 1000, outputTokens: 0, cachedTokens: 600, cacheWriteTokens: 300 };
  expect(microsOf(usage, PRICE)).toBe(100 * 3 + 600 * 0.3 + 300 * 3.75);
  // A provider that tells of more than there was makes nothing cheaper.
  expect(microsOf({ ...usage, inputTokens: 10 }, PRICE)).toBe(600 * 0.3 + 300 * 3.75);
});

test("the worst case of input is the dearest of its prices", () => {
  expect(worstInputMicros(1000, PRICE)).toBe(3750);
  expect(worstInputMicros(1000, { ...PRICE, cacheWrite: 0 })).toBe(3000);
  expect(worstInputMicros(1, { ...PRICE, cacheWrite: 2.5, input: 2.5 })).toBe(3);
});

describe("a request with more input than a tier begins at", () => {
  const dear = { above: 200, input: 6, cacheRead: 0.6, cacheWrite: 7.5, output: 22.5 };
  const cheap = { above: 300, input: 1, cacheRead: 1, cacheWrite: 1, output: 1 };
  const tiered: Price = { ...PRICE, tiers: [dear, cheap] };

  test("costs the tier's price for all of its tokens, from the first one on", () => {
    expect(microsOf({ inputTokens: 200, outputTokens: 10 }, tiered)).toBe(200 * 3 + 10 * 15);
    expect(microsOf({ inputTokens: 201, outputTokens: 10 }, tiered)).toBe(201 * 6 + 10 * 22.5);
    expect(microsOf({ inputTokens: 301, outputTokens: 10 }, tiered)).toBe(301 + 10);
  });

  test("does so by all of its input, cached or not, and not by its output", () => {
    const cached = { inputTokens: 250, outputTokens: 0, cachedTokens: 200, cacheWriteTokens: 40 };
    expect(microsOf(cached, tiered)).toBe(10 * 6 + 200 * 0.6 + 40 * 7.5);
    expect(microsOf({ inputTokens: 1, outputTokens: 1000 }, tiered)).toBe(3 + 1000 * 15);
  });

  test("is set aside for at the worst of the tiers that it may fall into", () => {
    expect([worstInputMicros(200, tiered), worstOutputPrice(200, tiered)]).toEqual([200 * 3.75, 15]);
    expect([worstInputMicros(201, tiered), worstOutputPrice(201, tiered)]).toEqual([Math.ceil(201 * 7.5), 22.5]);
    // It may as well have 300 tokens, which cost more than 301.
    expect([worstInputMicros(301, tiered), worstOutputPrice(301, tiered)]).toEqual([Math.ceil(301 * 7.5), 22.5]);
  });

  test("costs the dearer of two endpoints' prices, wherever their tiers begin", () => {
    const other: Price = {
      ...{ input: 4, cacheRead: 0.5, cacheWrite: 3, output: 10 },
      tiers: [{ ...dear, above: 100, input: 5, output: 30 }],
    };
    const both = dearer(tiered, other);
    expect(dearer(other, tiered)).toEqual(both);
    for (const inputTokens of [1, 100, 101, 200, 201, 300, 301, 9999]) {
      for (const usage of [
        { inputTokens, outputTokens: 0 },
        { inputTokens: 0, outputTokens: inputTokens },
        { inputTokens, outputTokens: 0, cachedTokens: inputTokens },
      ]) {
        const each = [tiered, other].map((price) => microsOf(usage, price));
        expect([usage, microsOf(usage, both)]).toEqual([usage, Math.max(...each)]);
      }
    }
    expect(dearer(PRICE, { ...PRICE, input: 1 })).toEqual(PRICE);
  });
});

describe("the price of a request", () => {
  test("is its model's", () => {
    expect(ok("chat/completions", { messages: [] })).toEqual({
      input: 2.5,
      cacheRead: 2.5,
      cacheWrite: 2.5,
      output: 10,
    });
  });

  test("holds what the catalog knows of caches", () => {
    const facts = factsOf("claude-sonnet-4-5", "anthropic");
    expect(ok("anthropic/v1/messages", { messages: [] }, facts)).toMatchObject({
      input: 3,
      cacheRead: 0.3,
      cacheWrite: 3.75,
      output: 15,
    });
    const cache_control = { type: "ephemeral", ttl: "1h" };
    const system = [{ type: "text", text: "x", cache_control }];
    expect(ok("anthropic/v1/messages", { system, messages: [] }, facts)).toMatchObject({
      cacheWrite: 6,
      tiers: [{ cacheWrite: 12 }],
    });
    const request = requestOf("anthropic/v1/messages", { system, messages: [] });
    const escaped = { ...request, payload: request.payload.toString().replace('"1h"', '"\\u0031h"') };
    expect(priceOf(escaped, facts)).toMatchObject({ price: { cacheWrite: 6 } });
    const said = JSON.stringify({ system });
    expect(ok("anthropic/v1/messages", { system: said, messages: [] }, facts).cacheWrite).toBe(3.75);
  });

  test("holds what long requests cost", () => {
    expect(ok("anthropic/v1/messages", { messages: [] }, factsOf("claude-sonnet-4-5", "anthropic")).tiers).toEqual([
      { above: 200_000, input: 6, cacheRead: 0.6, cacheWrite: 7.5, output: 22.5 },
    ]);
    // What caches cost is not known of this one.
    expect(ok("generateContent", { contents: [] }, factsOf("gemini-1.5-pro", "google")).tiers).toEqual([
      { above: 128_000, input: 2.5, cacheRead: 2.5, cacheWrite: 2.5, output: 10 },
    ]);
    expect(ok("chat/completions", { messages: [] }, factsOf("gpt-4o", "openai"))).not.toHaveProperty("tiers");
  });

  test("needs no output where there is none", () => {
    const facts: ModelFacts = { ...FACTS, flavor: "embedding", inputCostPerMillionTokens: 0.02 };
    expect(ok("embeddings", { input: "x" }, facts)).toMatchObject({ input: 0.02, output: 0 });
    expect(priced("chat/completions", {}, { ...FACTS, inputCostPerMillionTokens: 1 }).ok).toBe(false);
  });

  test("is nothing for what runs here, and for what is free everywhere", () => {
    const free = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };
    expect(ok("chat/completions", {}, { ...FACTS, format: "js" })).toEqual(free);
    expect(ok("moderations", { input: "x" }, FACTS)).toEqual(free);
    expect(ok("countTokens", { contents: [] }, FACTS)).toEqual(free);
  });

  test("is unknown for a model that is", () => {
    expect(priced("chat/completions", {}, FACTS)).toEqual({ ok: false, why: 'no price of "gpt-4o" is known' });
  });
});

describe("no price in tokens tells what is charged for", () => {
  const part = (content: Body): Body => ({ messages: [{ role: "user", content: [content] }] });
  test.each<[string, Body, string?]>([
    ["images/generations", { prompt: "x" }],
    ["audio/speech", { input: "x" }],
    ["chat/completions", part({ type: "input_audio", input_audio: { data: "AAAA", format: "wav" } })],
    ["chat/completions", part({ type: "video_url", video_url: { url: "https://v.example/" } })],
    ["chat/completions", { messages: [], modalities: ["text", "audio"], audio: { voice: "coral" } }],
    ["chat/completions", { messages: [], web_search_options: {} }],
    ["chat/completions", { messages: [], service_tier: "priority" }],
    ["chat/completions", { messages: [], models: ["gpt-4o", "o1-pro"] }],
    ["chat/completions", { messages: [], preset: "dear" }],
    ["chat/completions", { messages: [], search_parameters: { mode: "on" } }],
    ["chat/completions", { messages: [] }, "sonar-pro"],
    ["chat/completions", { messages: [] }, "gpt-4o-search-preview"],
    ["chat/completions", { messages: [] }, "gpt-audio-mini"],
    ["responses", { input: "x", tools: [{ type: "web_search" }] }],
    ["responses", { prompt: { id: "pmpt_1" } }],
    ["anthropic/v1/messages", { messages: [], tools: [{ type: "web_search_20260209", name: "web_search" }] }],
    ["anthropic/v1/messages", { messages: [], speed: "fast" }],
    ["anthropic/v1/messages", { messages: [], inference_geo: "us" }],
    ["anthropic/v1/messages", { messages: [], fallbacks: "default" }],
    ["anthropic/v1/messages", { messages: [], compaction: { type: "auto" } }],
    ["generateContent", { contents: [{ parts: [{ inlineData: { mimeType: "audio/wav", data: "AAAA" } }] }] }],
    ["generateContent", { contents: [{ parts: [{ inlineData: { mimeType: "video/mp4", data: "AAAA" } }] }] }],
    ["generateContent", { contents: [{ parts: [{ fileData: { fileUri: "https://v.example/" } }] }] }],
    ["generateContent", { contents: [], generationConfig: { responseModalities: ["TEXT", "IMAGE"] } }],
    ["generateContent", { contents: [] }, "gemini-2.5-flash-image"],
    ["generateContent", { contents: [], tools: [{ googleSearch: {} }] }],
    ["generateContent", { contents: [], tools: { googleSearch: {} } }],
    ["generateContent", { contents: [], generationConfig: { routingConfig: { manualMode: { modelName: "m" } } } }],
    ["responses", { input: [{ type: "additional_tools", tools: [{ type: "web_search" }] }] }],
    ["generateContent", { contents: [], cachedContent: "cachedContents/1" }],
  ])("%s: %j %s", (path, body, model) => {
    expect(priced(path, body, KNOWN, model)).toEqual({ ok: false, why: expect.stringMatching(/\w/) });
  });

  test("a transcription", () => {
    expect(priceOf(formOf("audio/transcriptions", 10), KNOWN).ok).toBe(false);
  });

  test.each<[string, Body]>([
    ["chat/completions", part({ type: "image_url", image_url: { url: "https://img.example/" } })],
    [
      "chat/completions",
      { messages: [], service_tier: "auto", tools: [{ type: "function", function: { name: "f" } }] },
    ],
    ["chat/completions", { messages: [], n: 3, search_parameters: null, plugins: false }],
    ["responses", { input: "and?", previous_response_id: "resp_1" }],
    ["responses", { input: [{ content: [{ type: "input_file", file_id: "file_1" }] }] }],
    ["anthropic/v1/messages", { messages: [], speed: "standard", tools: [{ name: "f", input_schema: {} }] }],
    ["generateContent", { contents: [{ parts: [{ inlineData: { mimeType: "application/pdf", data: "JVBE" } }] }] }],
    [
      "generateContent",
      { contents: [{ parts: [{ fileData: { mimeType: "application/pdf", fileUri: "https://d.example/" } }] }] },
    ],
  ])("but %s: %j is all in tokens", (path, body) => {
    expect(priced(path, body).ok).toBe(true);
  });
});
