import { CATALOG_DATA } from "./catalog-data.ts";

/** What the catalog knows of a model at a provider. Costs in US dollars per million tokens. */
export interface CatalogEntry {
  readonly inputCostPerMillionTokens?: number;
  readonly outputCostPerMillionTokens?: number;
  readonly contextTokens?: number;
  /** Of input that was in the provider's cache; absent where it costs what other input costs. */
  readonly cacheReadCostPerMillionTokens?: number;
  /** Of input that the provider puts into its cache for as long as it does unasked. */
  readonly cacheWriteCostPerMillionTokens?: number;
}

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
    const [id = "", ...values] = line.split(" ");
    if (id === "=") {
      providers = values;
      continue;
    }
    const entries = models.get(id) ?? new Map<string, CatalogEntry>();
    models.set(id, entries);
    const entry = parseEntry(values);
    for (const provider of providers) entries.set(provider, entry);
  }
  return models;
}

function parseEntry([input, output, context, cacheRead, cacheWrite]: readonly string[]): CatalogEntry {
  return {
    ...(isKnown(input) && { inputCostPerMillionTokens: Number(input) }),
    ...(isKnown(output) && { outputCostPerMillionTokens: Number(output) }),
    ...(isKnown(context) && { contextTokens: Number(context) }),
    ...(isKnown(cacheRead) && { cacheReadCostPerMillionTokens: Number(cacheRead) }),
    ...(isKnown(cacheWrite) && { cacheWriteCostPerMillionTokens: Number(cacheWrite) }),
  };
}

const isKnown = (value: string | undefined): boolean => value !== undefined && value !== "-";
