import type { ModelRequest } from "../model-request.ts";
import type { Costs, ModelFacts } from "../providers/provider.ts";
import type { Usage } from "../wire/chat-answer.ts";
import { isUnmetered } from "./bounds.ts";
import { whyUnpriced } from "./unpriced.ts";

/** Micro-dollars per token, which are US dollars per million tokens. May be fractions. */
interface Rates {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
}

/** Its own rates are those of requests below all tiers. */
export interface Price extends Rates {
  /** Ascending: the rates of all tokens of a request with more than so many of input, cached or not. */
  readonly tiers?: readonly (Rates & { readonly above: number })[];
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
  const asked = { isInputOnly: facts.flavor === "embedding", isLongCached: holdsLongCache(request) };
  const base = ratesOf(facts, asked);
  if (!base) return { ok: false, why: `no price of ${JSON.stringify(request.model)} is known` };
  const tiers = facts.costTiers?.map((tier) => ({
    above: tier.aboveInputTokens,
    ...base,
    ...ratesOf({ ...facts, ...tier }, asked),
  }));
  return { ok: true, price: tiers ? { ...base, tiers } : base };
}

interface Asked {
  readonly isInputOnly: boolean;
  readonly isLongCached: boolean;
}

function ratesOf(costs: Costs, { isInputOnly, isLongCached }: Asked): Rates | undefined {
  const { inputCostPerMillionTokens: input, outputCostPerMillionTokens: output = isInputOnly ? 0 : undefined } = costs;
  if (input === undefined || output === undefined) return undefined;
  const { cacheReadCostPerMillionTokens: cacheRead = input, cacheWriteCostPerMillionTokens: write = input } = costs;
  // What shall stay for an hour costs twice the input (Anthropic).
  return { input, cacheRead, cacheWrite: isLongCached ? Math.max(write, 2 * input) : write, output };
}

export const FREE: Price = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };

/** At every number of tokens of input what is dearer, rate by rate. */
export function dearer(one: Price, other: Price): Price {
  const starts = [...(one.tiers ?? []), ...(other.tiers ?? [])].map(({ above }) => above);
  const tiers = [...new Set(starts)]
    .sort((a, b) => a - b)
    .map((above) => ({ above, ...dearest([ratesAt(one, above + 1), ratesAt(other, above + 1)]) }));
  const base = dearest([one, other]);
  return tiers.length > 0 ? { ...base, tiers } : base;
}

function dearest(all: readonly Rates[]): Rates {
  return {
    input: Math.max(...all.map(({ input }) => input)),
    cacheRead: Math.max(...all.map(({ cacheRead }) => cacheRead)),
    cacheWrite: Math.max(...all.map(({ cacheWrite }) => cacheWrite)),
    output: Math.max(...all.map(({ output }) => output)),
  };
}

function reached({ tiers = [] }: Price, inputTokens: number): readonly Rates[] {
  return tiers.filter(({ above }) => inputTokens > above);
}

function ratesAt(price: Price, inputTokens: number): Rates {
  return reached(price, inputTokens).at(-1) ?? price;
}

/** Micro-dollars of what was used, rounded up. */
export function microsOf(usage: Usage, price: Price): number {
  const { inputTokens, outputTokens, cachedTokens = 0, cacheWriteTokens = 0 } = usage;
  const allInput = Math.max(inputTokens, cachedTokens + cacheWriteTokens);
  const { input, cacheRead, cacheWrite, output } = ratesAt(price, allInput);
  const plain = allInput - cachedTokens - cacheWriteTokens;
  return up(plain * input + cachedTokens * cacheRead + cacheWriteTokens * cacheWrite + outputTokens * output);
}

/** Most micro-dollars that so many tokens of input, or fewer, can cost, rounded up. */
export function worstInputMicros(inputTokens: number, price: Price): number {
  const { input, cacheRead, cacheWrite } = dearest([price, ...reached(price, inputTokens)]);
  return up(inputTokens * Math.max(input, cacheRead, cacheWrite));
}

/** Most micro-dollars that a token of output can cost after so many tokens of input, or fewer. */
export function worstOutputPrice(inputTokens: number, price: Price): number {
  return dearest([price, ...reached(price, inputTokens)]).output;
}

/** The next whole number, but for what products of decimal fractions are too much by. */
function up(micros: number): number {
  return Math.ceil(micros * (1 - 1e-12));
}

/** Neither end of an escaped quote is one, so this is found in no text of a message. */
function holdsLongCache({ payload, body }: ModelRequest): boolean {
  if (typeof payload !== "string") return false;
  // Any letter of it may be escaped.
  return /"ttl"\s*:\s*"1h"/.test(payload.includes("\\u") ? JSON.stringify(body) : payload);
}
