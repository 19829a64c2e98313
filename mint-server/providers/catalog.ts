import { CATALOG_DATA } from "./catalog-data.ts";

/** What the catalog knows of a model at a provider. Costs in US dollars per million tokens. */
export interface CatalogEntry {
  readonly inputCostPerMillionTokens?: number;
  readonly outputCostPerMillionTokens?: number;
  readonly contextTokens?: number;
}

/** A model's entries by the id of the provider that serves it. */
type Entries = ReadonlyMap<string, CatalogEntry>;

let parsed: ReadonlyMap<string, Entries> | undefined;

/** Entries by model, read at first use: a Worker that starts for a request should not wait for all of them. */
export function catalog(): ReadonlyMap<string, Entries> {
  parsed ??= parseCatalog(CATALOG_DATA);
  return parsed;
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
    for (const provider of providers) entries.set(provider, parseEntry(values));
  }
  return models;
}

function parseEntry([input = "-", output = "-", context = "-"]: readonly string[]): CatalogEntry {
  return {
    ...(input === "-" ? {} : { inputCostPerMillionTokens: Number(input) }),
    ...(output === "-" ? {} : { outputCostPerMillionTokens: Number(output) }),
    ...(context === "-" ? {} : { contextTokens: Number(context) }),
  };
}
