/** What the catalog takes of a provider's models, beside those that are promised: current ones, under ids that its API has. */
export interface Selection {
  /** The provider's id in the source, where it has another there. */
  readonly source?: string;
  /** Which of the ids that the source spells out. */
  readonly current?: RegExp;
  /** Ids that the source prices and does not spell out, as the provider does. */
  readonly priced?: readonly string[];
  /** Ids that the source has no price for, or only another model's, which begins alike. */
  readonly unpriced?: readonly string[];
  /** Providers that serve the same, under the same ids and prices. */
  readonly alsoAt?: { readonly provider: string; readonly except: RegExp };
}

/** Ids of Bedrock's inference profiles: many models are to be had in no other way, and not everywhere at one price. */
const profiles = (geographies: string, models: string): string[] =>
  geographies.split(" ").flatMap((geography) => models.split(/\s+/).map((model) => `${geography}.${model}`));

export const SELECTIONS: Readonly<Record<string, Selection>> = {
  openai: {
    current: /^(gpt-(4\.1|4o|5|6|audio|image)|gpt-transcribe|chatgpt-|o3|o4|text-embedding-(3|ada-002$)|whisper-1$)/,
    alsoAt: { provider: "azure", except: /^chatgpt-|-search-preview$|-moderation/ },
    unpriced: ["omni-moderation-latest"],
  },
  anthropic: {
    current: /^claude-(fable|haiku|opus|sonnet)-(4-[5-9]|[5-9](-\d)?)$/,
    priced: ["claude-haiku-4-5-20251001", "claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929"],
    unpriced: `claude-fable-5-2 claude-haiku-5-5 claude-sonnet-5-5 claude-mythos-5 claude-mythos-5-1
      claude-mythos-5-2`.split(/\s+/),
    // Elsewhere, older ones carry their date, and the last are by invitation.
    alsoAt: { provider: "vertex", except: /-4-5(-\d{8})?$|mythos/ },
  },
  google: {
    current:
      /^(gemini-(2\.5|3\.\d)-(pro|flash)(-lite)?(-image)?|gemini-3(\.1-pro-preview|-flash-preview|-pro-image)|gemini-embedding-\d+|gemma-4-.*-it)$/,
    unpriced: ["gemini-flash-latest", "gemini-flash-lite-latest", "gemini-pro-latest"],
    alsoAt: { provider: "vertex", except: /^gemma-|-latest$/ },
  },
  vertex: {
    source: "google",
    priced: ["claude-haiku-4-5@20251001", "claude-opus-4-5@20251101", "claude-sonnet-4-5@20250929"],
    unpriced: ["text-embedding-005", "text-multilingual-embedding-002"],
  },
  bedrock: {
    source: "aws",
    priced: [
      ...profiles(
        "us eu global",
        `anthropic.claude-fable-5 anthropic.claude-haiku-4-5-20251001-v1:0 anthropic.claude-opus-4-5-20251101-v1:0
        anthropic.claude-opus-4-6-v1 anthropic.claude-opus-4-7 anthropic.claude-opus-4-8 anthropic.claude-opus-5
        anthropic.claude-opus-5-5 anthropic.claude-sonnet-4-5-20250929-v1:0 anthropic.claude-sonnet-4-6
        anthropic.claude-sonnet-5 amazon.nova-2-lite-v1:0`,
      ),
      ...profiles("us global", "anthropic.claude-fable-5-1"),
      ...profiles("us eu", "amazon.nova-pro-v1:0 amazon.nova-lite-v1:0 amazon.nova-micro-v1:0"),
      ...profiles(
        "us",
        `meta.llama3-1-8b-instruct-v1:0 meta.llama3-1-70b-instruct-v1:0 meta.llama3-3-70b-instruct-v1:0
        meta.llama4-maverick-17b-instruct-v1:0 meta.llama4-scout-17b-instruct-v1:0 mistral.pixtral-large-2502-v1:0
        deepseek.r1-v1:0 writer.palmyra-x4-v1:0 writer.palmyra-x5-v1:0`,
      ),
      ...`amazon.titan-embed-text-v1 google.gemma-3-4b-it google.gemma-3-12b-it google.gemma-3-27b-it
      meta.llama3-8b-instruct-v1:0 meta.llama3-70b-instruct-v1:0 mistral.devstral-2-123b mistral.magistral-small-2509
      mistral.ministral-3-3b-instruct mistral.ministral-3-8b-instruct mistral.ministral-3-14b-instruct
      mistral.mistral-7b-instruct-v0:2 mistral.mistral-large-2402-v1:0 mistral.mistral-large-3-675b-instruct
      mistral.mistral-small-2402-v1:0 mistral.mixtral-8x7b-instruct-v0:1 mistral.voxtral-mini-3b-2507
      mistral.voxtral-small-24b-2507 nvidia.nemotron-nano-3-30b nvidia.nemotron-nano-9b-v2 nvidia.nemotron-super-3-120b
      openai.gpt-oss-20b-1:0 openai.gpt-oss-120b-1:0 qwen.qwen3-32b-v1:0 qwen.qwen3-coder-30b-a3b-v1:0
      qwen.qwen3-coder-480b-a35b-v1:0 qwen.qwen3-vl-235b-a22b`.split(/\s+/),
    ],
    unpriced: [
      ...profiles("us global", "anthropic.claude-fable-5-2 anthropic.claude-sonnet-5-5"),
      ...profiles("us", "anthropic.claude-haiku-5-5"),
      ...profiles("us eu global", "cohere.embed-v4:0"),
      ...`amazon.titan-embed-text-v2:0 cohere.embed-english-v3 cohere.embed-multilingual-v3 cohere.embed-v4:0
      deepseek.v3.2`.split(/\s+/),
    ],
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
export const LEFT_OUT =
  /-\d{4}-\d{2}-\d{2}|^gpt-\d-\d|:|realtime|-ocr-|-voice-|-deep-research$|-high$|-fast-us$|^gpt-5\.1-mini$|^gpt-5-image|^gpt-5\.4-image/;
/** What the source calls a model whose id it would take for another's. */
export const SOURCE_IDS: Readonly<Record<string, string>> = { "gemini-1.5-flash-8b": "gemini-flash-1.5-8b" };
