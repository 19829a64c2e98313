import { utf8 } from "../contract/bytes.ts";
import type { SchemaId } from "../contract/endpoints.ts";
import type { ModelRequest } from "../model-request.ts";
import { kindOf } from "../wire/openai/model-kind.ts";
import { asNumber, asObject, asObjects, type Json } from "../wire/read.ts";
import { isUnmetered, partsOf, triesOf } from "./bounds.ts";
import { MOST_TOKENS } from "./sound-usage.ts";

/** The tokens that a request can make its model write. */
export interface OutputBound {
  /** Most of one answer; absent where the caller states none. */
  readonly each?: number;
  /** How many answers are asked for. */
  readonly answers: number;
  /** What is charged like output, and no maximum bounds: predictions that do not come true, thoughts between tools. */
  readonly beside: number;
  /** Most of one answer where the caller states none and the schema says what holds then. */
  readonly usual?: number;
}

/** No picture or recording is known to have more tokens. */
const MEDIA_TOKENS = 32_768;
/** All that a model which transcribes can write. */
const TRANSCRIPT_TOKENS = 16_000;

/** What is known of the length of a request's answers before it is sent. */
export function outputBound(request: ModelRequest): OutputBound {
  const { endpoint, body } = request;
  if (isUnmetered(request)) return NONE;
  return READERS[endpoint.schema]({ body, endpoint });
}

/** Most tokens of all answers together; `undefined` where neither the caller nor `each` bounds them. */
export function totalOutput(bound: OutputBound, each = bound.each): number | undefined {
  return each === undefined ? undefined : Math.min(bound.answers * each + bound.beside, MOST_TOKENS);
}

/** Most tokens of one answer, if all together may have `total`. */
export function eachOutput({ answers, beside }: OutputBound, total: number): number {
  return Math.max(0, Math.floor((total - beside) / answers));
}

const NONE: OutputBound = { each: 0, answers: 1, beside: 0 };

interface Asked {
  readonly body: Json;
  readonly endpoint: ModelRequest["endpoint"];
}

const READERS: Readonly<Record<SchemaId, (asked: Asked) => OutputBound>> = {
  chat: ({ body }) => {
    const answers = count(body.n);
    const prediction = asObject(body.prediction);
    return {
      ...most(body.max_completion_tokens, body.max_tokens),
      answers,
      beside: answers * (prediction ? utf8(JSON.stringify(prediction)).length : 0),
    };
  },
  completions: ({ body }) => ({
    ...most(body.max_tokens),
    answers: Math.max(count(body.n), count(body.best_of)) * partsOf(body.prompt),
    beside: 0,
    usual: 16,
  }),
  responses: ({ body }) => ({ ...most(body.max_output_tokens), answers: 1, beside: 0 }),
  anthropic: ({ body, endpoint }) => {
    const others = asObjects(body.fallbacks).map(({ max_tokens: tokens }) => tokens);
    // None at all is how Anthropic's API is asked to read a prompt into its cache, and no more.
    const bound = body.max_tokens === 0 && others.length === 0 ? { each: 0 } : most(body.max_tokens, ...others);
    const budget = asNumber(asObject(body.thinking)?.budget_tokens) ?? 0;
    // A budget beyond the maximum is one of thoughts between tools, which then bounds them alone.
    const answers = triesOf({ endpoint, body });
    return { ...bound, answers, beside: budget >= (bound.each ?? 0) ? Math.ceil(budget) * answers : 0 };
  },
  google: ({ body }) => {
    const config = asObject(body.generationConfig ?? body.generation_config) ?? {};
    return {
      ...most(config.maxOutputTokens, config.max_output_tokens),
      answers: count(config.candidateCount ?? config.candidate_count),
      beside: 0,
    };
  },
  embeddings: () => NONE,
  "google-embeddings": () => NONE,
  openai: ({ body, endpoint: { path } }) => ({
    each: path === "audio/transcriptions" ? TRANSCRIPT_TOKENS : MEDIA_TOKENS,
    answers: count(body.n),
    beside: 0,
  }),
};

/**
 * The largest of several spellings of a maximum. One that is no positive number makes all of them count for nothing, since
 * there are providers to which it means that there is none.
 */
function most(...spellings: readonly unknown[]): Pick<OutputBound, "each"> {
  const stated = spellings.filter((value) => value !== undefined && value !== null);
  const numbers = stated.flatMap((value) => asNumber(value) ?? []).filter((value) => value > 0);
  return numbers.length === 0 || numbers.length < stated.length ? {} : { each: Math.ceil(Math.max(...numbers)) };
}

/** Some providers take a number that is written as a text. */
function count(value: unknown): number {
  const number = Number(value ?? 1);
  return Number.isFinite(number) ? Math.max(1, Math.ceil(number)) : 1;
}

/** The same request with `each` as the most tokens of an answer, in its schema's own field. */
export function withMaxTokens(request: ModelRequest, each: number): ModelRequest {
  const body = WRITERS[request.endpoint.schema]?.(request.body, each, request.model);
  return body && !isUnmetered(request) ? { ...request, body, payload: JSON.stringify(body) } : request;
}

/**
 * The same request with its maximum by the name that every provider of its model knows: some, such as DeepSeek and Ollama,
 * take no notice of OpenAI's newer one.
 */
export function withKnownMaximum(request: ModelRequest): ModelRequest {
  const { endpoint, body, model } = request;
  const { max_completion_tokens: newer, max_tokens: older } = body;
  const isKnown = older !== undefined && older !== null;
  if (endpoint.schema !== "chat" || typeof newer !== "number" || isKnown || kindOf(model).own) return request;
  return withMaxTokens(request, newer);
}

const WRITERS: Readonly<Partial<Record<SchemaId, (body: Json, each: number, model: string) => Json>>> = {
  chat: ({ max_tokens: _, max_completion_tokens: __, ...body }, each, model) => ({
    ...body,
    [kindOf(model).completionTokens ? "max_completion_tokens" : "max_tokens"]: each,
  }),
  completions: (body, each) => ({ ...body, max_tokens: each }),
  responses: (body, each) => ({ ...body, max_output_tokens: each }),
  anthropic: (body, each) => ({ ...body, max_tokens: each }),
  google: (body, each) => {
    const name = body.generation_config === undefined ? "generationConfig" : "generation_config";
    const { max_output_tokens: _, maxOutputTokens: __, ...config } = asObject(body[name]) ?? {};
    return { ...body, [name]: { ...config, maxOutputTokens: each } };
  },
};
