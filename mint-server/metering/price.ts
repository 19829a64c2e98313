import type { ModelRequest } from "../model-request.ts";
import type { ModelFacts } from "../providers/provider.ts";
import type { Usage } from "../wire/chat-answer.ts";
import { asObject, asText, type Json } from "../wire/read.ts";
import { isUnmetered, usesFeature } from "./bounds.ts";
import { mediaOf } from "./media.ts";

/** Micro-dollars per token, which are US dollars per million tokens. May be fractions. */
export interface Price {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
}

/** `why` reads on from "This request cannot be priced:". */
export type Priced = { readonly ok: true; readonly price: Price } | { readonly ok: false; readonly why: string };

/**
 * What a request's tokens cost at a model. Fails where no price is known, and for whatever costs something beside its
 * tokens, or other than the catalog's price: sound, pictures that a model makes, tools and searches at the provider,
 * service tiers, and models that a provider chooses by itself.
 */
export function priceOf(request: ModelRequest, facts: ModelFacts): Priced {
  // Runs here, or is free of charge everywhere.
  if (facts.format === "js" || isUnmetered(request)) return { ok: true, price: FREE };
  const why = whyUnpriced(request);
  if (why !== undefined) return { ok: false, why };
  const { inputCostPerMillionTokens: input, outputCostPerMillionTokens: output } = facts;
  const isInputOnly = facts.flavor === "embedding";
  if (input === undefined || (output === undefined && !isInputOnly)) {
    return { ok: false, why: `no price of ${JSON.stringify(request.model)} is known` };
  }
  const { cacheReadCostPerMillionTokens: cacheRead = input, cacheWriteCostPerMillionTokens: write = input } = facts;
  // What shall stay for an hour costs twice the input (Anthropic).
  const cacheWrite = holdsLongCache(request) ? Math.max(write, 2 * input) : write;
  return { ok: true, price: { input, cacheRead, cacheWrite, output: output ?? 0 } };
}

const FREE: Price = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };

/** Micro-dollars of what was used, rounded up. */
export function microsOf(usage: Usage, { input, cacheRead, cacheWrite, output }: Price): number {
  const { inputTokens, outputTokens, cachedTokens = 0, cacheWriteTokens = 0 } = usage;
  const plain = Math.max(0, inputTokens - cachedTokens - cacheWriteTokens);
  return up(plain * input + cachedTokens * cacheRead + cacheWriteTokens * cacheWrite + outputTokens * output);
}

/** Most micro-dollars that so many tokens of input can cost, rounded up. */
export function worstInputMicros(inputTokens: number, { input, cacheRead, cacheWrite }: Price): number {
  return up(inputTokens * Math.max(input, cacheRead, cacheWrite));
}

/** The next whole number, but for what products of decimal fractions are too much by. */
function up(micros: number): number {
  return Math.ceil(micros * (1 - 1e-12));
}

/** Neither end of an escaped quote is one, so this is found in no text of a message. */
function holdsLongCache({ payload }: ModelRequest): boolean {
  return typeof payload === "string" && /"ttl"\s*:\s*"1h"/.test(payload);
}

/** Models whose work has other prices than those of its tokens: of sound, of pictures, of searches. */
const OTHERWISE_PRICED =
  /(^|[-/._])(audio|tts|transcribe|whisper|image|imagen|search|sonar|compound|live|realtime)([-/._:]|$)/;

function whyUnpriced(request: ModelRequest): string | undefined {
  const { endpoint, model, body } = request;
  if (endpoint.schema === "openai") return `${endpoint.name} is not charged by the tokens of texts`;
  if (OTHERWISE_PRICED.test(model)) return `${JSON.stringify(model)} is not charged by the tokens of texts alone`;
  if (usesFeature(request, "hosted_tools")) return "tools that run at the provider cost more than tokens";
  if (usesFeature(request, "service_tier")) return "service tiers have prices of their own";
  if (mediaOf(request).some(({ kind }) => kind === "audio" || kind === "other") || wantsSound(body)) {
    return "sound, films and what only the provider holds have prices of their own";
  }
  const field = DEARER_FIELDS.find((name) => isDearer(name, body[name]));
  return field && `\`${field}\` changes what the request costs`;
}

/** Fields that change the price, the model or the number of turns. */
const DEARER_FIELDS = [
  // Anthropic's
  ..."speed inference_geo fallbacks compaction context_management mcp_servers container".split(" "),
  // OpenRouter's, and xAI's
  ..."models route plugins search_parameters".split(" "),
];

function isDearer(name: string, value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false;
  return !(name === "speed" && value === "standard");
}

function wantsSound(body: Json): boolean {
  const config = asObject(body.generationConfig ?? body.generation_config) ?? {};
  const modalities = [body.modalities, config.responseModalities, config.response_modalities].flat();
  return asObject(body.audio) !== undefined || modalities.some((name) => /^(audio|image)$/i.test(asText(name) ?? ""));
}
