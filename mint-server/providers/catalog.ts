import { CATALOG_DATA } from "./catalog-data.ts";
import type { Costs, ModelFacts } from "./provider.ts";

/** What the catalog knows of a model at a provider. */
export type CatalogEntry = Costs & Pick<ModelFacts, "contextTokens" | "costTiers">;

/** A model's entries by the id of the provider that serves it. */
type Entries = ReadonlyMap<string, CatalogEntry>;

let parsed: ReadonlyMap<string, Entries> | undefined;

/** Entries by model, read at first use: a Worker that starts for a request should not wait for all of them. */
export function catalog(): ReadonlyMap<string, Entries> {
  parsed ??= parseCatalog(CATALOG_DATA);
  return parsed;
}

/** What may stand before a model's own name, as a full name of it. */
const QUALIFIER = /^(models\/|publishers\/[\w-]+\/models\/|arn:aws[\w-]*:bedrock:.*\/)/;
/** A geography in front of `maker.model`, which tells where a model runs, and no more of what it is. */
const GEOGRAPHY = /^[a-z]{2,6}(-gov)?\.(?=[a-z0-9]+\.)/;

/**
 * What is known of a model at a provider, also by its full name. One that is listed for some geographies is known for the
 * others too, at the price of the United States: that of each single geography, and never less than the price of all together.
 */
export function catalogEntry(model: string, provider: string): CatalogEntry | undefined {
  const name = model.replace(QUALIFIER, "");
  const ofNone = name.replace(GEOGRAPHY, "");
  const spellings = [model, name, `us.${ofNone}`, ofNone];
  return spellings.map((id) => catalog().get(id)?.get(provider)).find((entry) => entry !== undefined);
}

function parseCatalog(data: string): ReadonlyMap<string, Entries> {
  const models = new Map<string, Map<string, CatalogEntry>>();
  let providers: readonly string[] = [];
  for (const line of data.trim().split("\n")) {
    const [base = [], ...tiers] = line.split(" >").map((part) => part.split(" "));
    const [id = "", ...values] = base;
    if (id === "=") {
      providers = values;
      continue;
    }
    const entries = models.get(id) ?? new Map<string, CatalogEntry>();
    models.set(id, entries);
    const entry = parseEntry(values, tiers);
    for (const provider of providers) entries.set(provider, entry);
  }
  return models;
}

type Columns = readonly (string | undefined)[];

function parseEntry([input, output, context, ...caches]: Columns, tiers: readonly Columns[]): CatalogEntry {
  return {
    ...parseCosts([input, output, ...caches]),
    ...(isKnown(context) && { contextTokens: Number(context) }),
    ...(tiers.length > 0 && {
      costTiers: tiers.map(([above, ...costs]) => ({ aboveInputTokens: Number(above), ...parseCosts(costs) })),
    }),
  };
}

function parseCosts([input, output, cacheRead, cacheWrite]: Columns): Costs {
  return {
    ...(isKnown(input) && { inputCostPerMillionTokens: Number(input) }),
    ...(isKnown(output) && { outputCostPerMillionTokens: Number(output) }),
    ...(isKnown(cacheRead) && { cacheReadCostPerMillionTokens: Number(cacheRead) }),
    ...(isKnown(cacheWrite) && { cacheWriteCostPerMillionTokens: Number(cacheWrite) }),
  };
}

const isKnown = (value: string | undefined): boolean => value !== undefined && value !== "-";
