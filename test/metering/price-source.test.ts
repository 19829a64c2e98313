import { calcPrice } from "@pydantic/genai-prices";
import { describe, expect, test } from "vitest";
import { microsOf, priceOf } from "../../mint-server/metering/price.ts";
import { catalog } from "../../mint-server/providers/catalog.ts";
import { CATALOG_DATE } from "../../mint-server/providers/catalog-data.ts";
import { inSource } from "../../mint-server/providers/generate-catalog.ts";
import { factsOf } from "../../mint-server/providers/models.ts";
import type { Usage } from "../../mint-server/wire/chat-answer.ts";
import { requestOf } from "./requests.ts";

// What requests cost, as the catalog's source works it out by itself.

const HOURS = Array.from({ length: 24 }, (_, hour) => new Date(`${CATALOG_DATE}T${String(hour).padStart(2, "0")}:45Z`));

/** Dollars at the dearest hour of the catalog's day. */
function dollarsOf(usage: Usage, { name, source }: ReturnType<typeof inSource>): number {
  const { inputTokens, outputTokens, cachedTokens = 0, cacheWriteTokens = 0 } = usage;
  const counted = {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    cache_read_tokens: cachedTokens,
    cache_write_tokens: cacheWriteTokens,
  };
  const at = (timestamp: Date) => {
    const found = calcPrice(counted, name, { providerId: source, timestamp });
    if (!found) throw new Error(`${source} has no ${name}`);
    return found;
  };
  const [noon = new Date(0)] = HOURS.slice(12);
  const { model, total_price } = at(noon);
  return Array.isArray(model.prices) ? Math.max(...HOURS.map((hour) => at(hour).total_price)) : total_price;
}

/** A model once for all providers that serve it at one price, which is that of the first of them. */
const ENTRIES = [...catalog()].flatMap(([model, entries]) => {
  const firsts = [...entries].filter(([, entry], at, all) => all.findIndex(([, other]) => other === entry) === at);
  return firsts.flatMap(([provider, { inputCostPerMillionTokens, costTiers = [] }]) => {
    const priced = priceOf(requestOf("chat/completions", { messages: [] }, model), factsOf(model, provider));
    // What is free of charge, as the source does not know.
    if (!priced.ok || inputCostPerMillionTokens === 0) return [];
    return [
      { model, provider, price: priced.price, starts: costTiers.map(({ aboveInputTokens }) => aboveInputTokens) },
    ];
  });
});

const around = (starts: readonly number[]) => starts.flatMap((start) => [start, start + 1]);
const usagesOf = (inputTokens: number): readonly Usage[] => [
  { inputTokens, outputTokens: 0 },
  { inputTokens, outputTokens: 1_234 },
  { inputTokens, outputTokens: 777, cachedTokens: inputTokens },
  {
    inputTokens,
    outputTokens: 777,
    cachedTokens: Math.floor(inputTokens / 3),
    cacheWriteTokens: Math.floor(inputTokens / 5),
  },
];

test("many entries have a price, and the dear tiers of several makers are among them", () => {
  expect(ENTRIES.length).toBeGreaterThan(350);
  const tiered = ENTRIES.filter(({ starts }) => starts.length > 0).map(({ provider }) => provider);
  expect([...new Set(tiered)].sort()).toEqual(["anthropic", "google", "openai", "vertex", "xai"]);
});

describe("a request costs what the source says, rounded up to a micro-dollar", () => {
  test.each(ENTRIES)("$model at $provider", ({ model, provider, price, starts }) => {
    const named = inSource(model, provider);
    for (const usage of [0, 1, 9_999, ...around(starts), 1_048_576].flatMap(usagesOf)) {
      const exact = dollarsOf(usage, named) * 1e6;
      // Sums of decimal fractions are off by that much.
      const tolerance = exact * 1e-9;
      const over = microsOf(usage, price) - exact;
      expect(over, JSON.stringify(usage)).toBeGreaterThanOrEqual(-tolerance);
      expect(over, JSON.stringify(usage)).toBeLessThan(1 + tolerance);
    }
  });
});
