import { readFileSync, writeFileSync } from "node:fs";
import { calcPrice, findProvider, type MatchLogic, type ModelPrice } from "@pydantic/genai-prices";
import { PROMISED } from "./promised.ts";

const TARGET = new URL("catalog-data.ts", import.meta.url);
const PACKAGE = new URL("../../package.json", import.meta.url);
const SOURCE = "@pydantic/genai-prices";

/** What the catalog takes of a provider's models in the source, beside those that are promised: current ones, under ids that its API has. */
interface Selection {
  /** The provider's id in the source, where it has another there. */
  readonly source?: string;
  readonly current: RegExp;
  /** Providers that serve the same, under the same ids and prices. */
  readonly alsoAt?: { readonly provider: string; readonly except: RegExp };
}

const SELECTIONS: Readonly<Record<string, Selection>> = {
  openai: {
    current: /^(gpt-(4\.1|4o|5|6|audio|image)|gpt-transcribe|chatgpt-|o3|o4|text-embedding-(3|ada-002$)|whisper-1$)/,
    alsoAt: { provider: "azure", except: /^chatgpt-|-search-preview$|-moderation/ },
  },
  mistral: { current: /-latest$|-2[5-9]\d\d$|^mistral-embed$/ },
  xai: { source: "x-ai", current: /^grok-(3|4|code|build)(?!.*-(beta|latest|0825)$)/ },
  deepseek: { current: /^deepseek-(chat|reasoner|v4-\w+)$/ },
  cohere: { current: /^(command-(a|r7b|r-|r-plus-).*\d{4}|embed-)/ },
  perplexity: { current: /^sonar/ },
  fireworks: { current: /^accounts\// },
  cerebras: { current: /^[^/:]+$/ },
  groq: { current: /^(llama-3\.[13]|meta-llama\/|openai\/|moonshotai\/|qwen\/|whisper-)/ },
  together: { current: /Llama-(3\.3|4)/ },
  baseten: { current: /./ },
};

/** Second spellings and dated copies of a model that is there anyway, and what only other protocols take. */
const LEFT_OUT =
  /-\d{4}-\d{2}-\d{2}|^gpt-\d-\d|:|realtime|-ocr-|-voice-|-deep-research$|-high$|-fast-us$|^gpt-5\.1-mini$|^gpt-5-image|^gpt-5\.4-image/;
/** Models that OpenAI has, and that the source has no row for. */
const UNPRICED = ["omni-moderation-latest"];

const promisedOf = (provider: string): string[] =>
  PROMISED.flatMap(([providers, ids]) => (providers.split(" ").includes(provider) ? ids.split(/\s+/) : []));

/** Every id that a rule of the source spells out: those that it names, and its own where it covers all that begin so. */
function spelledOut(match: MatchLogic, id: string): string[] {
  if ("equals" in match) return [match.equals];
  if ("starts_with" in match) return match.starts_with === id ? [id] : [];
  return "or" in match ? match.or.flatMap((part) => spelledOut(part, id)) : [];
}

function currentIds({ source, current }: Selection, provider: string): string[] {
  const models = findProvider({ providerId: source ?? provider })?.models ?? [];
  if (models.length === 0) throw new Error(`${SOURCE} has no models of ${provider}`);
  return models
    .filter(({ deprecated }) => !deprecated)
    .flatMap(({ match, id }) => spelledOut(match, id))
    .filter((id) => current.test(id) && !LEFT_OUT.test(id));
}

/** Cost in US dollars per million tokens: of requests too short for a dearer tier, at the dearest hour of the day. */
function costs(id: string, provider: string, date: string): { input: number | undefined; output: number | undefined } {
  const priced = Array.from({ length: 24 }, (_, hour) => {
    const timestamp = new Date(`${date}T${String(hour).padStart(2, "0")}:45:00Z`);
    return calcPrice({ input_tokens: 1, output_tokens: 1 }, id, { providerId: provider, timestamp })?.model_price ?? {};
  });
  const dearest = (unit: keyof ModelPrice) => {
    const found = priced.flatMap((price) => base(price[unit]) ?? []);
    return found.length > 0 ? Math.max(...found) : undefined;
  };
  const input = dearest("input_mtok");
  // Where only input costs, there is no output to pay for.
  return { input, output: dearest("output_mtok") ?? (input === undefined ? undefined : 0) };
}

function base(price: ModelPrice[string]): number | undefined {
  return typeof price === "object" ? price.base : price;
}

function line(id: string, provider: string, date: string): string {
  const source = SELECTIONS[provider]?.source ?? provider;
  if (!findProvider({ providerId: source })) return id;
  // Moderation is free of charge.
  const { input, output } = /-moderation-/.test(id) ? { input: 0, output: 0 } : costs(id, source, date);
  const model = calcPrice({ input_tokens: 1 }, id, { providerId: source })?.model;
  const known = [input, output, model?.context_window];
  return [id, ...known.map((value) => value ?? "-")].join(" ").replace(/( -)+$/, "");
}

/** Lines under headers: `= provider …`, then `id input output context` of each model. */
function pack(date: string): string {
  const sections = new Map<string, Set<string>>();
  const add = (providers: string, id: string) =>
    sections.set(providers, (sections.get(providers) ?? new Set()).add(id));
  for (const [providers, ids] of PROMISED) for (const id of ids.split(/\s+/)) add(providers, id);
  for (const [provider, selection] of Object.entries(SELECTIONS)) {
    const { alsoAt } = selection;
    const ids = [...currentIds(selection, provider), ...(provider === "openai" ? UNPRICED : [])];
    for (const id of ids) {
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

/** Per provider: id, US dollars per million tokens in and out, tokens of context; \`-\` where the source does not know. */
export const CATALOG_DATA = \`
${pack(date)}
\`;
`;
}

if (import.meta.main) writeFileSync(TARGET, renderCatalog(new Date().toISOString().slice(0, 10)));
