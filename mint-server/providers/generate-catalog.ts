import { readFileSync, writeFileSync } from "node:fs";
import { calcPrice, findProvider, type MatchLogic, type ModelPrice } from "@pydantic/genai-prices";
import { LEFT_OUT, SELECTIONS, type Selection, SOURCE_IDS } from "./catalog-selections.ts";
import { PROMISED } from "./promised.ts";

const TARGET = new URL("catalog-data.ts", import.meta.url);
const PACKAGE = new URL("../../package.json", import.meta.url);
const SOURCE = "@pydantic/genai-prices";

const promisedOf = (provider: string): string[] =>
  PROMISED.flatMap(([providers, ids]) => (providers.split(" ").includes(provider) ? ids.split(/\s+/) : []));

/** Every id that a rule of the source spells out: those that it names, and its own where it covers all that begin so. */
function spelledOut(match: MatchLogic, id: string): string[] {
  if ("equals" in match) return [match.equals];
  if ("starts_with" in match) return match.starts_with === id ? [id] : [];
  if ("or" in match) return match.or.flatMap((part) => spelledOut(part, id));
  return "and" in match ? match.and.flatMap((part) => spelledOut(part, id)) : [];
}

function currentIds({ source, current, priced = [], unpriced = [] }: Selection, provider: string): string[] {
  const models = findProvider({ providerId: source ?? provider })?.models ?? [];
  if (models.length === 0) throw new Error(`${SOURCE} has no models of ${provider}`);
  const spelled = models
    .filter(({ deprecated }) => !deprecated)
    .flatMap(({ match, id }) => spelledOut(match, id))
    .filter((id) => current?.test(id) && !LEFT_OUT.test(id));
  return [...spelled, ...priced, ...unpriced];
}

/** Prices that hold somewhen on a day. */
function pricesOf(id: string, provider: string, date: string): readonly ModelPrice[] {
  return Array.from({ length: 24 }, (_, hour) => {
    const timestamp = new Date(`${date}T${String(hour).padStart(2, "0")}:45:00Z`);
    return calcPrice({ input_tokens: 1, output_tokens: 1 }, id, { providerId: provider, timestamp })?.model_price ?? {};
  });
}

/**
 * US dollars per million tokens in, out, read from a cache and written to one, of requests with so many tokens of input, at
 * the dearest hour of the day.
 */
function costs(prices: readonly ModelPrice[], inputTokens: number) {
  const dearest = (unit: string) => {
    const found = prices.flatMap((price) => costAt(price[unit], inputTokens) ?? []);
    return found.length > 0 ? Math.max(...found) : undefined;
  };
  const input = dearest("input_mtok");
  // Where only input costs, there is no output to pay for.
  const output = dearest("output_mtok") ?? (input === undefined ? undefined : 0);
  return { input, output, cacheRead: dearest("cache_read_mtok"), cacheWrite: dearest("cache_write_mtok") };
}

function costAt(price: ModelPrice[string], inputTokens: number): number | undefined {
  if (typeof price !== "object") return price;
  const reached = price.tiers.filter(({ start }) => inputTokens > start).sort((a, b) => b.start - a.start);
  return reached[0]?.price ?? price.base;
}

const TOKENS = ["input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok"];

/** Tokens of input above which other prices hold, ascending. */
function tierStarts(prices: readonly ModelPrice[]): readonly number[] {
  const tiered = prices
    .flatMap((price) => TOKENS.map((unit) => price[unit]))
    .filter((price) => typeof price === "object");
  return [...new Set(tiered.flatMap(({ tiers }) => tiers.map(({ start }) => start)))].sort((a, b) => a - b);
}

/** The ids under which the source prices a model: some of its rules for a geography's models hold no geography. */
export function inSource(id: string, provider: string): { readonly name: string; readonly source: string } {
  const { source = provider } = SELECTIONS[provider] ?? {};
  const spellings = [SOURCE_IDS[id] ?? id, id.replace(/^(us|eu)\./, "")];
  return {
    name: spellings.find((spelling) => calcPrice({ input_tokens: 1 }, spelling, { providerId: source })) ?? id,
    source,
  };
}

const columns = (values: readonly (number | undefined)[]): string =>
  values
    .map((value) => ` ${value ?? "-"}`)
    .join("")
    .replace(/( -)+$/, "");

function line(id: string, provider: string, date: string): string {
  const { priced, unpriced } = SELECTIONS[provider] ?? {};
  const { name, source } = inSource(id, provider);
  // Moderation is free of charge.
  if (/-moderation-/.test(id)) return `${id} 0 0`;
  if (unpriced?.includes(id) || !findProvider({ providerId: source })) return id;
  const prices = pricesOf(name, source, date);
  const { input, output, cacheRead, cacheWrite } = costs(prices, 1);
  if (input === undefined && priced?.includes(id)) throw new Error(`${SOURCE} has no price of ${id}`);
  const model = calcPrice({ input_tokens: 1 }, name, { providerId: source })?.model;
  const tiers = tierStarts(prices).map((start) => {
    const above = costs(prices, start + 1);
    return ` >${start}${columns([above.input, above.output, above.cacheRead, above.cacheWrite])}`;
  });
  return `${id}${columns([input, output, model?.context_window, cacheRead, cacheWrite])}${tiers.join("")}`;
}

/** Lines under headers: `= provider …`, then the id of each model with what is known of it. */
function pack(date: string): string {
  const sections = new Map<string, Set<string>>();
  const add = (providers: string, id: string) =>
    sections.set(providers, (sections.get(providers) ?? new Set()).add(id));
  for (const [providers, ids] of PROMISED) for (const id of ids.split(/\s+/)) add(providers, id);
  for (const [provider, selection] of Object.entries(SELECTIONS)) {
    const { alsoAt } = selection;
    for (const id of currentIds(selection, provider)) {
      if (promisedOf(provider).includes(id)) continue;
      add(alsoAt && !alsoAt.except.test(id) ? `${provider} ${alsoAt.provider}` : provider, id);
    }
  }
  return [...sections]
    .map(([providers, ids]) => {
      const [first = ""] = providers.split(" ");
      return [`= ${providers}`, ...[...ids].map((id) => line(id, first, date))].join("\n");
    })
    .join("\n");
}

/** The text of `catalog-data.ts` with the prices of a day (`2026-11-22`). */
export function renderCatalog(date: string): string {
  const { devDependencies } = JSON.parse(readFileSync(PACKAGE, "utf8")) as { devDependencies: Record<string, string> };
  return `// Generated by generate-catalog.ts (\`npm run catalog:refresh\`) from ${SOURCE} ${devDependencies[SOURCE]} (MIT).

/** The day whose prices these are. */
export const CATALOG_DATE = "${date}";

/**
 * Per provider: id, US dollars per million tokens in and out, tokens of context, and US dollars per million tokens read from a
 * cache and written to one; \`-\` where the source does not know. Then, after \`>\`, tokens of input above which a whole request
 * costs other US dollars per million tokens in, out, read and written.
 */
export const CATALOG_DATA = \`
${pack(date)}
\`;
`;
}

if (import.meta.main) writeFileSync(TARGET, renderCatalog(new Date().toISOString().slice(0, 10)));
