import { utf8 } from "../contract/bytes.ts";
import { FEATURES, type Feature } from "../contract/credential.ts";
import { forbiddenFeature } from "../credentials/features.ts";
import type { ModelRequest } from "../model-request.ts";
import type { ModelFacts } from "../providers/provider.ts";
import { asObject, type Json } from "../wire/read.ts";
import { type Media, mediaOf } from "./media.ts";
import { MOST_TOKENS } from "./sound-usage.ts";

/** More than any model reads at once, for models whose own most is not known. */
export const LARGEST_CONTEXT = 10_000_000;

/**
 * Most tokens that a request can put into its model, whatever the model's tokens are: of text as many as it has UTF-8
 * bytes, of an image what its maker states as the worst case, of a recording one a byte (Gemini counts 32 a second, OpenAI
 * 10, and no way to store speech takes fewer bytes), and all that the model can read for documents and for what only the
 * provider has. Never more than `contextTokens` for each text that is read by itself, since a longer one is not answered.
 */
export function inputBound(
  request: ModelRequest,
  { contextTokens = LARGEST_CONTEXT, multimodal }: Pick<ModelFacts, "contextTokens" | "multimodal">,
): number {
  if (isUnmetered(request)) return 0;
  if (typeof request.payload !== "string") return Math.min(request.payload.length, contextTokens);
  const most = contextTokens * textsIn(request);
  const tries = triesOf(request);
  const media = mediaOf(request);
  if (media.some(({ kind }) => kind === "document" || kind === "other") || usesFeature(request, "hosted_tools")) {
    return Math.min(most * tries, MOST_TOKENS);
  }
  // A model that sees no images may be given their base64 as text.
  const images = multimodal ? media.filter(({ kind }) => kind === "image") : [];
  const seen = images.reduce((sum, image) => sum + imageTokens(request.model, image) - image.inlineLength, 0);
  return Math.min(Math.min(most, textTokens(request) + seen + definitionTokens(request.body)) * tries, MOST_TOKENS);
}

/** How many texts are read each by itself: of a list of texts, or of lists of tokens, every one. */
function textsIn({ endpoint: { schema }, body }: ModelRequest): number {
  switch (schema) {
    case "completions":
      return partsOf(body.prompt);
    case "embeddings":
      return partsOf(body.input);
    case "google-embeddings":
      return Array.isArray(body.requests) ? Math.max(1, body.requests.length) : 1;
    default:
      return 1;
  }
}

/** Of a list of texts, or of lists of tokens, the number of these; 1 for a text, and for a list of tokens. */
export function partsOf(texts: unknown): number {
  return Array.isArray(texts) && texts.some((text) => typeof text !== "number") ? texts.length : 1;
}

/** Set aside for where the caller leaves it to Anthropic which models it turns to: nobody is told how many these are. */
const UNNAMED_TRIES = 4;

/** How often a request may be read and answered: once more by each model that Anthropic turns to after a refusal. */
export function triesOf({ endpoint, body: { fallbacks } }: Pick<ModelRequest, "endpoint" | "body">): number {
  if (endpoint.schema !== "anthropic" || fallbacks === undefined || fallbacks === null) return 1;
  return Array.isArray(fallbacks) ? 1 + fallbacks.length : UNNAMED_TRIES;
}

/** What no provider charges tokens for. */
export function isUnmetered({ endpoint }: Pick<ModelRequest, "endpoint">): boolean {
  return endpoint.name === "countTokens" || endpoint.name === "moderations";
}

/** Whether a request asks for something that a grant must allow by name. */
export function usesFeature({ body, endpoint }: Pick<ModelRequest, "body" | "endpoint">, feature: Feature): boolean {
  const others = FEATURES.filter((other) => other !== feature);
  return forbiddenFeature({ org: "", features: others }, body, endpoint.schema) !== undefined;
}

/**
 * A token stands for one byte at least, whether the model's tokens are byte-level or fall back to bytes. The JSON around the
 * text is longer than the marks that a model's template puts there. Some models bring their text into form NFKC first, in
 * which a character of three bytes can have 33 (U+FDFA).
 */
function textTokens({ payload, body }: ModelRequest): number {
  const text = String(payload).includes("\\u") ? JSON.stringify(body) : String(payload);
  const bytes = utf8(text).length;
  return bytes === text.length ? bytes : Math.max(bytes, utf8(text.normalize("NFKC")).length);
}

/** What a provider writes around tools and schemas of answers: Anthropic's system prompt for tools has up to 804 tokens. */
const DEFINITIONS_TOKENS = 1024;
const DEFINITIONS = ["tools", "functions", "response_format", "text", "output_config", "output_format"];
const SCHEMAS = ["responseSchema", "responseJsonSchema", "response_schema", "response_json_schema"];

/** Tools and schemas count twice: providers indent them, or write them in a language of their own. */
function definitionTokens(body: Json): number {
  const config = asObject(body.generationConfig ?? body.generation_config) ?? {};
  const found = [...DEFINITIONS.map((name) => body[name]), ...SCHEMAS.map((name) => config[name])].filter(Boolean);
  return found.length === 0 ? 0 : DEFINITIONS_TOKENS + utf8(JSON.stringify(found)).length;
}

/** Most tokens that an image of any size costs, as the makers of the models state. */
const IMAGE_TOKENS: readonly (readonly [model: RegExp, tokens: number])[] = [
  // 2576 pixels at most on the long edge, in patches of 28 × 28.
  [/claude/, 4_784],
  // 3072 × 384 pixels in tiles of 256: 12 × 2 tiles of 258 tokens; 2,240 at the highest resolution of Gemini 3.
  [/gemini/, 6_192],
  // 2,833 + 5,667 for each of 8 tiles.
  [/gpt-4o-mini/, 48_169],
  // 85 + 170 × 8 tiles; in patches of 32 × 32, of which there are 1,536 at most, times 2.46.
  [/gpt-4|chatgpt-4o|(^|\/)o\d/, 3_779],
];
/** 2,500 patches of 32 × 32, times 2.46 in the smallest models. */
const OPENAI_HIGH = 6_150;
/** 30,000 patches, which is where `detail: "original"`, or none, of the newest models ends, times 1.62. */
const OPENAI_ORIGINAL = 48_600;
/** Qwen's models, whose images have the most tokens of those whose weights are open. */
const OF_OTHERS = 16_384;

function imageTokens(model: string, { detail }: Media): number {
  const stated = IMAGE_TOKENS.find(([pattern]) => pattern.test(model))?.[1];
  if (stated !== undefined) return stated;
  if (!/gpt-[5-9]/.test(model)) return OF_OTHERS;
  return detail === "high" || detail === "low" ? OPENAI_HIGH : OPENAI_ORIGINAL;
}
