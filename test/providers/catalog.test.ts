import { readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CATALOG_DATE } from "../../mint-server/providers/catalog-data.ts";
import { renderCatalog } from "../../mint-server/providers/generate-catalog.ts";
import type { Provider } from "../../mint-server/providers/provider.ts";
import { providerById, providers } from "../../mint-server/providers/table.ts";
import { promisedPairs } from "./promised-models.ts";
import {
  authorityOf,
  baseFor,
  CALLERS_KEY,
  expectedAuthority,
  keyFor,
  type ProviderRig,
  startProviders,
} from "./rig.ts";

let rig: ProviderRig;

beforeAll(async () => {
  rig = await startProviders();
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

const row = (id: string) => {
  const found = providerById(id);
  if (!found) throw new Error(`no row for ${id}`);
  return found;
};

/** Models of text, rather than of conversations. */
const isCompletion = (model: string) => /^gpt-3\.5-turbo-instruct|^text-davinci/.test(model);
const bodyFor = (model: string) =>
  isCompletion(model) ? { model, prompt: "Say" } : { model, messages: [{ role: "user", content: "Say" }] };

/** Which provider a request for a model came to, by where it came to, and that it came with its key. */
async function providerAsked(model: string, init: { endpoint?: string; key?: string } = {}) {
  rig.standIn.requests.length = 0;
  const answer = await rig.post("auto", bodyFor(model), init);
  await answer.arrayBuffer();
  const [request] = rig.standIn.requests;
  if (!request) return { id: `none: ${answer.status}` };
  const id = /^\/at-(\w+)\/v0\//.exec(request.path)?.[1] ?? "";
  expect(authorityOf(request)).toEqual(expectedAuthority(row(id), init.key ?? keyFor(row(id))));
  return { id, path: request.path.slice(baseFor(row(id)).length), model: request.fields.model };
}

/** Where a call for a model goes below its provider's base, and the name in its body, if it holds one. */
function callOf({ wire }: Provider, model: string): { path: string; model?: string } {
  const segment = model.replaceAll(":", "%3A");
  if (wire === "anthropic") return { path: "/v1/messages", model };
  if (wire === "google") return { path: `/v1beta/models/${segment}:generateContent` };
  if (wire === "bedrock") return { path: `/model/${segment}/converse` };
  return { path: isCompletion(model) ? "/completions" : "/chat/completions", model };
}

const PAIRS = promisedPairs();
/** Listed as OpenAI's and Azure's, served by the provider whose name it carries. */
const LLAMA_OF_OTHERS = "accounts/fireworks/models/llama-v3p3-70b-instruct";

test("no promised model is forgotten", () => {
  expect(PAIRS.length).toBeGreaterThan(170);
  expect(PAIRS.filter(({ model, provider }) => !model || !providerById(provider))).toEqual([]);
});

describe("each promised model goes to its provider", () => {
  test.each(PAIRS)("$model at $provider, which the request names", async ({ model, provider }) => {
    const asked = await providerAsked(model, { endpoint: provider });
    const { path, ...body } = callOf(row(provider), model);
    expect(asked).toEqual({ id: provider, path: row(provider).url ? asked.path : path, model: undefined, ...body });
  });

  const models = [...new Set(PAIRS.map(({ model }) => model))];

  test.each(models)("%s, of all providers, at one of its own", async (model) => {
    const own = model === LLAMA_OF_OTHERS ? ["fireworks"] : PAIRS.flatMap((p) => (p.model === model ? p.provider : []));
    expect(own).toContain((await providerAsked(model)).id);
  });

  test.each(models)("%s with the caller's own key at its first", async (model) => {
    const [own] = PAIRS.filter((pair) => pair.model === model);
    const wanted = model === LLAMA_OF_OTHERS ? "fireworks" : own?.provider;
    // Without keys there is nobody whose own it could be.
    expect((await providerAsked(model, { key: CALLERS_KEY })).id).toBe(wanted === "ollama" ? "none: 404" : wanted);
  });
});

test("a server of the operator's own that asks for no key is nothing that any key would open", async () => {
  expect((await providerAsked("llama3.1", { endpoint: "ollama" })).id).toBe("ollama");
  expect((await providerAsked("llama3.1", { endpoint: "ollama", key: CALLERS_KEY })).id).toBe("none: 404");
});

test("what several providers serve goes to each of them in turn", async () => {
  const asked = new Set<string>();
  // Evenly among two: that one of them is never asked in 60 requests happens once in 10^18 times.
  for (let at = 0; at < 60; at++) asked.add((await providerAsked("gpt-4o")).id);
  expect([...asked].sort()).toEqual(["azure", "openai"]);
});

describe("a model that the catalog does not know", () => {
  test.each([
    ["gpt-99-preview", "openai"],
    ["o9-mini", "openai"],
    ["gpt-35-new", "azure"],
    ["mistral-huge-2701", "mistral"],
    ["grok-99", "xai"],
    ["deepseek-v99", "deepseek"],
    ["command-z-01-2027", "cohere"],
    ["accounts/acme/models/mine", "fireworks"],
    ["sonar-ultra", "perplexity"],
    ["llama3-9-7b", "lepton"],
    ["databricks-new-model", "databricks"],
    ["nvidia/new-model", "nvidia"],
    ["anthropic/new-model", "openrouter"],
    ["meta-llama/New-Model", "together"],
    ["claude-new-9", "anthropic"],
    ["claude-new-9@20270101", "vertex"],
    ["gemini-9.9-pro", "google"],
    ["anthropic.claude-new-9", "bedrock"],
    ["apac.anthropic.claude-new-9-v1:0", "bedrock"],
    ["amazon.nova-9-v1:0", "bedrock"],
    ["us.meta.llama9-v1:0", "bedrock"],
  ])("%s goes to %s, with the caller's own key too", async (model, provider) => {
    expect((await providerAsked(model)).id).toBe(provider);
    expect((await providerAsked(model, { key: CALLERS_KEY })).id).toBe(provider);
  });

  test.each([
    ["GPT-4o!", "gpt-4o"],
    ["Claude-3.5-Sonnet-20241022", "claude-3-5-sonnet-20241022"],
    ["gemini_1.5_pro", "gemini-1.5-pro"],
    ["nova-pro-v1:0", "amazon.nova-pro-v1:0"],
  ])("goes nowhere where it fits none, as %s, and hears what is near: %s", async (slip, near) => {
    const answer = await rig.post("chat/completions", bodyFor(slip), { key: CALLERS_KEY });
    const { error } = (await answer.json()) as { error: { message: string } };
    expect([answer.status, rig.standIn.requests.length]).toEqual([404, 0]);
    expect(error.message).toContain(near);
  });
});

interface Listed {
  readonly id: string;
  readonly providers: readonly string[];
  readonly multimodal: boolean;
  readonly flavor: string;
  readonly format: string;
  readonly input_cost_per_million_tokens: number | null;
  readonly output_cost_per_million_tokens: number | null;
}

test("GET /models lists them all, with providers, costs and what they take", async () => {
  const { data } = (await (await rig.get("models")).json()) as { data: Listed[] };
  const byId = new Map(data.map((model) => [model.id, model]));
  expect(byId.size).toBe(data.length);
  expect([...byId.keys()]).toEqual([...byId.keys()].sort());
  const order = ["js", ...providers().map(({ id }) => id)];
  for (const { providers: own } of data) expect(own).toEqual(order.filter((id) => own.includes(id)));
  const missing = PAIRS.filter(({ model, provider }) => !byId.get(model)?.providers.includes(provider));
  expect(missing.map(({ model }) => model)).toEqual([LLAMA_OF_OTHERS, LLAMA_OF_OTHERS]);
  expect(byId.get("gpt-4o")).toMatchObject({
    providers: ["openai", "azure"],
    multimodal: true,
    flavor: "chat",
    input_cost_per_million_tokens: 2.5,
    output_cost_per_million_tokens: 10,
  });
  expect(byId.get("claude-opus-5-5")).toMatchObject({
    format: "anthropic",
    providers: ["anthropic", "vertex"],
    input_cost_per_million_tokens: 4,
    output_cost_per_million_tokens: 20,
  });
  expect(byId.get("gemini-embedding-001")).toMatchObject({ format: "google", flavor: "embedding" });
  expect(byId.get("us.anthropic.claude-opus-5-5")).toMatchObject({
    format: "bedrock",
    providers: ["bedrock"],
    input_cost_per_million_tokens: 4.4,
  });
  expect(byId.get("gpt-3.5-turbo-instruct")).toMatchObject({ flavor: "completion", multimodal: false });
  expect(byId.get("text-embedding-3-small")).toMatchObject({ output_cost_per_million_tokens: 0, flavor: "embedding" });
  expect(byId.get("pplx-7b-chat")).toMatchObject({ input_cost_per_million_tokens: null });
  expect(byId.get("meta-llama/Llama-3.2-11B-Vision-Instruct-Turbo")).toMatchObject({ multimodal: true });
  for (const { input_cost_per_million_tokens: input } of data) expect(input === null || input >= 0).toBe(true);
});

test("the catalog is what its source says", () => {
  const committed = readFileSync(new URL("../../mint-server/providers/catalog-data.ts", import.meta.url), "utf8");
  expect(renderCatalog(CATALOG_DATE)).toBe(committed);
});
