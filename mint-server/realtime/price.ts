import type { Caller } from "../credentials/verify.ts";
import { fail, ok, type Result } from "../failures.ts";
import type { Endpoint, ModelFacts } from "../providers/provider.ts";
import { factsAt } from "../providers/select.ts";
import { REALTIME_PRICES } from "./price-data.ts";

/** Tokens by what they stand for. */
export interface TokenCounts {
  readonly text: number;
  readonly audio: number;
  readonly image: number;
}

/** What a response did use. The cached tokens are part of the input. */
export interface RealtimeUsage {
  readonly input: TokenCounts;
  readonly cached: TokenCounts;
  readonly output: TokenCounts;
}

/** Micro-dollars per token, which are US dollars per million tokens. */
export interface RealtimePrice {
  readonly input: TokenCounts;
  readonly cached: TokenCounts;
  readonly output: TokenCounts;
  /** US dollars per hour of sound, for models that are charged by its length. */
  readonly perHour?: number;
  /** Tokens that the model reads at once. */
  readonly contextTokens?: number;
}

export const NO_TOKENS: TokenCounts = { text: 0, audio: 0, image: 0 };

/** The price of nothing: where no money is limited. */
export const REALTIME_FREE: RealtimePrice = { input: NO_TOKENS, cached: NO_TOKENS, output: NO_TOKENS };

/** What a model's sessions cost at a provider: as its endpoint is configured, else as the source knows; `undefined` if nobody does. */
export function realtimePriceOf(model: string, provider: string, facts?: ModelFacts): RealtimePrice | undefined {
  const configured = facts && configuredPrice(facts);
  if (configured) return configured;
  const rows = prices().get(provider) ?? [];
  const found = rows.find(({ pattern }) =>
    pattern.endsWith("*") ? model.startsWith(pattern.slice(0, -1)) : model === pattern,
  );
  return found?.price;
}

/** Prices of one model differ only where an endpoint is configured so; the dearest is that of the dearest sound. */
export function dearest(endpoints: readonly Endpoint[], model: string): RealtimePrice | undefined {
  const prices = endpoints.map((endpoint) => realtimePriceOf(model, endpoint.provider.id, factsAt(endpoint, model)));
  if (prices.length === 0 || prices.includes(undefined)) return undefined;
  return prices.reduce((one, other) => ((other?.output.audio ?? 0) > (one?.output.audio ?? 0) ? other : one));
}

/** That price where a caller's money is limited, `undefined` where it is not. Fails if it has to be known and is not. */
export function priceNeeded(
  { grant, org }: Pick<Caller, "grant" | "org">,
  endpoints: readonly Endpoint[],
  model: string,
): Result<RealtimePrice | undefined> {
  const isPaid = [grant.limits, org?.limits].some((limits) => limits?.usd !== undefined);
  if (!isPaid) return ok(undefined);
  const price = dearest(endpoints, model);
  return price ? ok(price) : fail({ kind: "unpriced_model", model });
}

function configuredPrice(facts: ModelFacts): RealtimePrice | undefined {
  const { inputCostPerMillionTokens: input, outputCostPerMillionTokens: output, contextTokens } = facts;
  if (input === undefined || output === undefined) return undefined;
  return {
    input: allOf(input),
    cached: allOf(facts.cacheReadCostPerMillionTokens ?? input),
    output: allOf(output),
    ...(contextTokens !== undefined && { contextTokens }),
  };
}

const allOf = (each: number): TokenCounts => ({ text: each, audio: each, image: each });

/** Every model whose price is known by its whole name. */
export function pricedModels(): readonly string[] {
  const names = [...prices().values()].flatMap((rows) => rows.map(({ pattern }) => pattern));
  return [...new Set(names)].filter((name) => !name.endsWith("*"));
}

interface PriceRow {
  readonly pattern: string;
  readonly price: RealtimePrice;
}

let parsed: ReadonlyMap<string, readonly PriceRow[]> | undefined;

function prices(): ReadonlyMap<string, readonly PriceRow[]> {
  parsed ??= parsePrices(REALTIME_PRICES);
  return parsed;
}

function parsePrices(data: string): ReadonlyMap<string, readonly PriceRow[]> {
  const byProvider = new Map<string, PriceRow[]>();
  let rows: PriceRow[] = [];
  for (const line of data.trim().split("\n")) {
    const [pattern = "", ...values] = line.split(" ");
    if (pattern !== "=") {
      rows.push({ pattern, price: parsePrice(values) });
      continue;
    }
    rows = [];
    for (const provider of values) byProvider.set(provider, rows);
  }
  return byProvider;
}

function parsePrice(values: readonly string[]): RealtimePrice {
  const at = (index: number): number | undefined => (isKnown(values[index]) ? Number(values[index]) : undefined);
  const [context, text, cachedText, textOut, audio, cachedAudio, audioOut, image, cachedImage, perHour] = Array.from(
    { length: 10 },
    (_, index) => at(index),
  );
  const input = { text: text ?? 0, audio: audio ?? text ?? 0, image: image ?? text ?? 0 };
  return {
    input,
    // What is not discounted costs what other input costs.
    cached: {
      text: cachedText ?? input.text,
      audio: cachedAudio ?? input.audio,
      image: cachedImage ?? input.image,
    },
    output: { text: textOut ?? 0, audio: audioOut ?? textOut ?? 0, image: audioOut ?? textOut ?? 0 },
    ...(perHour !== undefined && { perHour }),
    ...(context !== undefined && { contextTokens: context }),
  };
}

const isKnown = (value: string | undefined): boolean => value !== undefined && value !== "-";

/** Micro-dollars of what was used, rounded up. */
export function realtimeMicros({ input, cached, output }: RealtimeUsage, price: RealtimePrice): number {
  let micros = 0;
  for (const kind of KINDS) {
    const fromCache = Math.min(cached[kind], input[kind]);
    micros += (input[kind] - fromCache) * price.input[kind] + fromCache * price.cached[kind];
    micros += output[kind] * price.output[kind];
  }
  // Products of decimal fractions may be a little too much.
  return Math.ceil(micros * (1 - 1e-12));
}

export const KINDS = ["text", "audio", "image"] as const;

export function sumOf({ text, audio, image }: TokenCounts): number {
  return text + audio + image;
}

/** Most micro-dollars that a token of output can cost. */
export function worstRealtimeOutput({ output }: RealtimePrice): number {
  return Math.max(output.text, output.audio);
}

/** OpenAI's count of tokens in a second of a caller's voice, twice: once heard, and once written down. */
const TRANSCRIPTION_TOKENS_PER_SECOND = 20;

/** Most micro-dollars and tokens that transcribing so many seconds can take. */
export function worstTranscription(seconds: number, { perHour, input, output }: RealtimePrice) {
  const tokens = Math.ceil(seconds * TRANSCRIPTION_TOKENS_PER_SECOND);
  if (perHour !== undefined) return { tokens: 0, micros: Math.ceil((perHour * 1e6 * seconds) / 3600) };
  return { tokens, micros: Math.ceil((tokens / 2) * (Math.max(input.audio, input.text) + output.text)) };
}
