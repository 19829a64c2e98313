import { type ChatRequest, SETTINGS, type Setting } from "../../mint-server/wire/chat-request.ts";
import type { ChatSchema, SpokenWire } from "../../mint-server/wire/formats.ts";
import { FieldError, type Json } from "../../mint-server/wire/read.ts";
import { checkSupport } from "../../mint-server/wire/support.ts";
import { ALL_WIRES, CALLERS, type Caller, schemas, wires } from "../wire/support/formats.ts";

// The second table of docs/compatibility.md as data: what callers ask for, in each schema's words.

/** A request without the setting, and what a caller adds to ask for it. */
interface Sample {
  readonly base: Json;
  readonly ask: Json;
}

const TOOL = { name: "weather", description: "Tells the weather." };
const SCHEMA = { type: "object", properties: {}, required: [], additionalProperties: false };

const BASES: Readonly<Record<Caller, Json>> = {
  chat: { messages: [{ role: "user", content: "Hi, in JSON." }] },
  responses: { input: "Hi, in JSON." },
  anthropic: { max_tokens: 4096, messages: [{ role: "user", content: "Hi, in JSON." }] },
  google: { contents: [{ role: "user", parts: [{ text: "Hi, in JSON." }] }] },
};

const TOOLS: Readonly<Record<Caller, (more?: Json) => Json>> = {
  chat: (more) => ({ tools: [{ type: "function", function: { ...TOOL, parameters: SCHEMA, ...more } }] }),
  responses: (more) => ({ tools: [{ type: "function", ...TOOL, parameters: SCHEMA, strict: false, ...more }] }),
  anthropic: (more) => ({ tools: [{ ...TOOL, input_schema: SCHEMA, ...more }] }),
  google: (more) => ({ tools: [{ functionDeclarations: [{ ...TOOL, parametersJsonSchema: SCHEMA, ...more }] }] }),
};

type Asks = Readonly<Partial<Record<Caller, Json>>>;
const config = (generationConfig: Json): Json => ({ generationConfig });

/** What asks for each setting; a schema that is not named has no word for it. */
const ASKS: Readonly<Record<Setting, Asks>> = {
  maxTokens: {
    chat: { max_completion_tokens: 9 },
    responses: { max_output_tokens: 99 },
    anthropic: { max_tokens: 99 },
    google: config({ maxOutputTokens: 9 }),
  },
  temperature: all({ temperature: 0.5 }),
  topP: { ...both({ top_p: 0.5 }), anthropic: { top_p: 0.5 }, google: config({ topP: 0.5 }) },
  topK: { chat: { top_k: 5 }, anthropic: { top_k: 5 }, google: config({ topK: 5 }) },
  stop: { chat: { stop: ["x"] }, anthropic: { stop_sequences: ["x"] }, google: config({ stopSequences: ["x"] }) },
  seed: { chat: { seed: 5 }, google: config({ seed: 5 }) },
  choices: { chat: { n: 2 }, google: config({ candidateCount: 2 }) },
  presencePenalty: { chat: { presence_penalty: 1 }, google: config({ presencePenalty: 1 }) },
  frequencyPenalty: { chat: { frequency_penalty: 1 }, google: config({ frequencyPenalty: 1 }) },
  logitBias: { chat: { logit_bias: { 5: 1 } } },
  logprobs: {
    chat: { logprobs: true },
    responses: { include: ["message.output_text.logprobs"] },
    google: config({ responseLogprobs: true }),
  },
  tools: {
    chat: TOOLS.chat(),
    responses: TOOLS.responses(),
    anthropic: TOOLS.anthropic(),
    google: TOOLS.google(),
  },
  toolChoice: {
    ...both({ tool_choice: "required" }),
    anthropic: { tool_choice: { type: "any" } },
    google: { toolConfig: { functionCallingConfig: { mode: "ANY" } } },
  },
  singleToolCall: {
    ...both({ parallel_tool_calls: false }),
    anthropic: { tool_choice: { type: "auto", disable_parallel_tool_use: true } },
  },
  strictTools: {
    chat: TOOLS.chat({ strict: true }),
    responses: TOOLS.responses({ strict: true }),
    anthropic: TOOLS.anthropic({ strict: true }),
  },
  jsonMode: {
    chat: { response_format: { type: "json_object" } },
    responses: { text: { format: { type: "json_object" } } },
    google: config({ responseMimeType: "application/json" }),
  },
  jsonSchema: {
    chat: { response_format: { type: "json_schema", json_schema: { name: "answer", schema: SCHEMA } } },
    responses: { text: { format: { type: "json_schema", name: "answer", schema: SCHEMA } } },
    anthropic: { output_config: { format: { type: "json_schema", schema: SCHEMA } } },
    google: config({ responseMimeType: "application/json", responseJsonSchema: SCHEMA }),
  },
  reasoning: {
    chat: { reasoning_effort: "high" },
    responses: { reasoning: { effort: "high" } },
    anthropic: { thinking: { type: "enabled", budget_tokens: 2048 } },
    google: config({ thinkingConfig: { thinkingBudget: 2048 } }),
  },
  verbosity: { chat: { verbosity: "low" }, responses: { text: { verbosity: "low" } } },
  user: { ...both({ user: "u" }), anthropic: { metadata: { user_id: "u" } } },
  metadata: { ...both({ metadata: { a: "b" } }), google: { labels: { a: "b" } } },
  serviceTier: {
    ...all({ service_tier: "flex" }),
    anthropic: { service_tier: "standard_only" },
    google: { serviceTier: "flex" },
  },
  promptCacheKey: both({ prompt_cache_key: "k" }),
  // Of Responses, where it is so unless it is said, nobody can tell whether it is asked for.
  store: { chat: { store: true }, google: { store: true } },
  prediction: { chat: { prediction: { type: "content", content: "x" } } },
  audioOutput: {
    chat: { modalities: ["text", "audio"], audio: { voice: "alloy", format: "wav" } },
    google: config({ responseModalities: ["AUDIO"] }),
  },
  hostedTools: {
    chat: { web_search_options: {} },
    responses: { tools: [{ type: "web_search" }] },
    anthropic: { tools: [{ type: "web_search_20250305", name: "web_search" }] },
    google: { tools: [{ googleSearch: {} }] },
  },
  safetySettings: {
    google: { safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_LOW_AND_ABOVE" }] },
  },
};

/** In OpenAI's two schemas alike. */
function both(ask: Json): Asks {
  return { chat: ask, responses: ask };
}

function all(ask: Json): Asks {
  return { ...both(ask), anthropic: ask, google: config(ask) };
}

/** Settings that speak of tools. */
const NEEDS_TOOLS: readonly Setting[] = ["toolChoice", "singleToolCall", "strictTools"];

function sampleOf(setting: Setting, caller: Caller): Sample | undefined {
  const ask = ASKS[setting][caller];
  const base = { ...BASES[caller], ...(NEEDS_TOOLS.includes(setting) && TOOLS[caller]()) };
  return ask && { base, ask };
}

/** Models that take whatever their wire format has. */
const MODELS: Readonly<Record<SpokenWire, string>> = {
  openai: "gpt-5.2",
  responses: "gpt-5.2",
  anthropic: "claude-opus-4-5",
  google: "gemini-2.5-pro",
  bedrock: "anthropic.claude-opus-4-5-20251101-v1:0",
};

/** The caller's field that asks for a setting, as it stands in errors; `undefined` where the schema has no word for it. */
export function spellingOf(setting: Setting, caller: Caller): string | undefined {
  const sample = sampleOf(setting, caller);
  return sample && decode(caller, { ...sample.base, ...sample.ask }, "any").asked.get(setting);
}

/** What becomes of a setting on its way: its body, with and without it, or the field that a refusal names. */
export type Fate = { readonly kind: "sent" | "dropped" } | { readonly kind: "refused"; readonly param: string };

/** Takes a request all the way to the provider's body. `undefined` where the schema has no word for the setting. */
export function fateOf(setting: Setting, caller: Caller, wire: SpokenWire): Fate | undefined {
  const sample = sampleOf(setting, caller);
  if (!sample) return undefined;
  const body = (fields: Json) => {
    const request = decode(caller, fields, MODELS[wire]);
    checkSupport(request, wires[wire].support);
    return JSON.stringify(wires[wire].encodeRequest(request, {}));
  };
  try {
    return { kind: body({ ...sample.base, ...sample.ask }) === body(sample.base) ? "dropped" : "sent" };
  } catch (error) {
    if (error instanceof FieldError) return { kind: "refused", param: error.param };
    throw error;
  }
}

function decode(caller: ChatSchema, body: Json, model: string): ChatRequest {
  return schemas[caller].decodeRequest(body, { model, stream: false });
}

/** A row of the table: the setting, its spellings, and what each wire format does with it. */
export function settingRows(): readonly (readonly string[])[] {
  return SETTINGS.map((setting) => [
    titleOf(setting),
    ...CALLERS.map((caller) => code(spellingOf(setting, caller))),
    ...ALL_WIRES.map((wire) => wires[wire].support[setting]),
  ]);
}

/** `maxTokens` as words. */
function titleOf(setting: Setting): string {
  return setting.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace("json", "JSON");
}

function code(text: string | undefined): string {
  return text === undefined ? "–" : `\`${text}\``;
}
