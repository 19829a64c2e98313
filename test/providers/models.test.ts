import { describe, expect, test } from "vitest";
import { catalog } from "../../mint-server/providers/catalog.ts";
import { factsOf, nearNames } from "../../mint-server/providers/models.ts";
import { providerById } from "../../mint-server/providers/table.ts";

describe("a model's format is its provider's", () => {
  test.each([
    ["gpt-4o", "azure", "openai"],
    ["claude-3-5-sonnet-latest", "anthropic", "anthropic"],
    ["gemini-1.5-pro", "google", "google"],
    ["gemini-2.5-pro", "vertex", "google"],
    ["claude-opus-4-6", "anthropic", "anthropic"],
    ["claude-opus-4-6", "vertex", "anthropic"],
    ["claude-haiku-4-5@20251001", "vertex", "anthropic"],
    ["anthropic.claude-3-haiku-20240307-v1:0", "bedrock", "bedrock"],
    ["amazon.titan-embed-text-v2:0", "bedrock", "bedrock"],
    ["anthropic/claude-opus-4.6", "openrouter", "openai"],
  ])("%s at %s: %s", (model, provider, format) => {
    expect(factsOf(model, provider).format).toBe(format);
  });

  test("and the catalog has no provider that the table does not have", () => {
    const ids = new Set([...catalog().values()].flatMap((entries) => [...entries.keys()]));
    expect([...ids].filter((id) => !providerById(id))).toEqual([]);
    expect([...ids]).toEqual(expect.arrayContaining(["anthropic", "google", "vertex", "bedrock"]));
  });
});

describe("what a name tells of a model", () => {
  test.each([
    ["claude-3-haiku-20240307", "anthropic", true],
    ["claude-opus-5-5", "vertex", true],
    ["claude-haiku-4-5@20251001", "vertex", true],
    ["eu.anthropic.claude-sonnet-4-6", "bedrock", true],
    ["claude-2.1", "anthropic", false],
    ["claude-2", "anthropic", false],
    ["claude-instant-1.2", "anthropic", false],
    ["anthropic.claude-v2:1", "bedrock", false],
    ["gemini-1.5-flash-8b", "google", true],
    ["gemini-exp-1206", "google", true],
    ["models/gemini-99-pro", "google", true],
    ["gemini-pro", "google", false],
    ["gemini-1.0-pro", "google", false],
    ["amazon.nova-pro-v1:0", "bedrock", true],
    ["us.amazon.nova-2-lite-v1:0", "bedrock", true],
    ["amazon.nova-micro-v1:0", "bedrock", false],
    ["us.meta.llama4-scout-17b-instruct-v1:0", "bedrock", true],
    ["us.meta.llama3-3-70b-instruct-v1:0", "bedrock", false],
    ["mistral.mistral-large-2402-v1:0", "bedrock", false],
  ])("%s at %s is a chat model, multimodal: %s", (model, provider, multimodal) => {
    expect(factsOf(model, provider)).toMatchObject({ flavor: "chat", multimodal });
  });

  test.each([
    ["gemini-embedding-001", "google"],
    ["text-embedding-005", "vertex"],
    ["text-multilingual-embedding-002", "vertex"],
    ["amazon.titan-embed-text-v2:0", "bedrock"],
    ["amazon.nova-2-multimodal-embeddings-v1:0", "bedrock"],
    ["us.cohere.embed-v4:0", "bedrock"],
    ["cohere.embed-english-v3", "bedrock"],
    ["embed-v4.0", "cohere"],
    ["mistral-embed", "mistral"],
  ])("%s at %s embeds", (model, provider) => {
    expect(factsOf(model, provider).flavor).toBe("embedding");
  });
});

describe("a model's price is the one that its provider asks", () => {
  test.each([
    ["claude-opus-5-5", "anthropic", [4, 20]],
    ["claude-opus-5-5", "vertex", [4, 20]],
    ["global.anthropic.claude-opus-5-5", "bedrock", [4, 20]],
    ["us.anthropic.claude-opus-5-5", "bedrock", [4.4, 22]],
    ["jp.anthropic.claude-opus-5-5", "bedrock", [4.4, 22]],
    ["anthropic.claude-opus-5-5", "bedrock", [4.4, 22]],
    ["us-gov.anthropic.claude-3-haiku-20240307-v1:0", "bedrock", [0.25, 1.25]],
    ["arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-opus-5-5", "bedrock", [4, 20]],
    ["gemini-1.5-flash-8b", "google", [0.0375, 0.15]],
    ["models/gemini-1.5-flash-8b", "google", [0.0375, 0.15]],
    ["publishers/anthropic/models/claude-opus-5-5", "vertex", [4, 20]],
    ["gemini-embedding-001", "vertex", [0.15, 0]],
  ])("%s at %s", (model, provider, price) => {
    const { inputCostPerMillionTokens, outputCostPerMillionTokens } = factsOf(model, provider);
    expect([inputCostPerMillionTokens, outputCostPerMillionTokens]).toEqual(price);
  });

  test.each([
    ["claude-sonnet-5-5", "anthropic"],
    ["claude-sonnet-5-5", "vertex"],
    ["us.anthropic.claude-sonnet-5-5", "bedrock"],
    ["amazon.titan-embed-text-v2:0", "bedrock"],
    ["gemini-2.5-flash", "bedrock"],
    ["claude-9", "anthropic"],
  ])("%s at %s has none, rather than another's", (model, provider) => {
    expect(factsOf(model, provider)).not.toHaveProperty("inputCostPerMillionTokens");
  });

  test("with what its cache costs, where that differs", () => {
    expect(catalog().get("claude-opus-5-5")?.get("anthropic")).toEqual({
      inputCostPerMillionTokens: 4,
      outputCostPerMillionTokens: 20,
      contextTokens: 1_000_000,
      cacheReadCostPerMillionTokens: 0.2,
      cacheWriteCostPerMillionTokens: 5,
    });
  });

  test("with what long requests cost, where that differs", () => {
    expect(catalog().get("gemini-2.5-pro")?.get("google")).toEqual({
      inputCostPerMillionTokens: 1.25,
      outputCostPerMillionTokens: 10,
      cacheReadCostPerMillionTokens: 0.125,
      costTiers: [
        {
          aboveInputTokens: 200_000,
          inputCostPerMillionTokens: 2.5,
          outputCostPerMillionTokens: 15,
          cacheReadCostPerMillionTokens: 0.25,
        },
      ],
    });
    expect(factsOf("gpt-5.4-pro", "azure")).toMatchObject({
      inputCostPerMillionTokens: 30,
      costTiers: [{ aboveInputTokens: 271_999, inputCostPerMillionTokens: 60, outputCostPerMillionTokens: 270 }],
    });
    expect(factsOf("gpt-4o", "openai")).not.toHaveProperty("costTiers");
  });

  test("with tiers that ascend, and are no two of one beginning", () => {
    for (const [model, entries] of catalog()) {
      for (const { costTiers = [] } of entries.values()) {
        const starts = costTiers.map(({ aboveInputTokens }) => aboveInputTokens);
        expect([model, [...new Set(starts)].sort((a, b) => a - b)]).toEqual([model, starts]);
        expect(starts.every((start) => Number.isSafeInteger(start) && start > 0)).toBe(true);
      }
    }
  });
});

test.each([
  ["Claude 3.5 Sonnet", "claude-3-5-sonnet-latest"],
  ["gemini 1.5 pro", "gemini-1.5-pro"],
  ["nova pro v1", "amazon.nova-pro-v1:0"],
  ["anthropic.claude-3-haiku", "anthropic.claude-3-haiku-20240307-v1:0"],
])("a slip such as %s is near to %s", (slip, meant) => {
  expect(nearNames(slip, catalog().keys(), 5)).toContain(meant);
});
