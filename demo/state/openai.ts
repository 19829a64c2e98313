import type OpenAI from "openai";
import { app, DEFAULT_MODEL } from "./app.ts";
import { changeSettings } from "./conversations.ts";
import { loadValue, saveValue } from "./db.ts";
import { openGate } from "./gate.ts";
import { loadSdk } from "./sdk.ts";
import type { ModelEntry } from "./types.ts";

let client: OpenAI | undefined;

/**
 * The SDK as its own documentation has it: default base URL, and no key worth stealing. Made when the page's requests
 * are covered, since it keeps the `fetch` that it finds.
 */
export async function connect(): Promise<OpenAI> {
  const [sdk] = await Promise.all([loadSdk(), openGate()]);
  client ??= new sdk.OpenAI({ apiKey: "browser", dangerouslyAllowBrowser: true });
  return client;
}

const MODELS = "models";

/** Lists the models that this browser may use; where the server is out of reach, the list of last time. */
export async function loadModels(): Promise<void> {
  try {
    const page = await (await connect()).models.list();
    const models = page.data.map(readModel).filter((model) => model.flavor === "chat");
    showModels(models);
    saveValue(MODELS, models).catch(() => undefined);
  } catch {
    const kept = await loadValue(MODELS).catch(() => undefined);
    if (Array.isArray(kept) && app.get().models.length === 0) showModels(kept as ModelEntry[]);
  }
}

function showModels(models: readonly ModelEntry[]): void {
  app.patch({ models });
  const { current } = app.get();
  const first = models.find((model) => model.id === DEFAULT_MODEL) ?? models[0];
  if (first && !models.some((model) => model.id === current.settings.model)) changeSettings({ model: first.id });
}

/** The entry carries more than the SDK's type names. */
function readModel(entry: OpenAI.Model): ModelEntry {
  const fields = entry as unknown as Record<string, unknown>;
  const { providers, format, flavor } = fields;
  return {
    id: entry.id,
    format: typeof format === "string" ? format : "openai",
    flavor: typeof flavor === "string" ? flavor : "chat",
    providers: Array.isArray(providers) ? providers.filter((name) => typeof name === "string") : [],
    inputCost: readCost(fields.input_cost_per_million_tokens),
    outputCost: readCost(fields.output_cost_per_million_tokens),
    multimodal: fields.multimodal === true,
  };
}

function readCost(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

/** True for a model that is a function of the server and no language model. */
export function isBuiltIn(id: string): boolean {
  const model = app.get().models.find((entry) => entry.id === id);
  return model ? model.format === "js" : id === DEFAULT_MODEL;
}
