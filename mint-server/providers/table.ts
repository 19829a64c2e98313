import type { Provider } from "./provider.ts";

const openaiLike = (id: string, keySetting: string, baseURL: string, models: RegExp): Provider => ({
  id,
  keySetting,
  baseURL,
  models,
  auth: "bearer",
  wire: "openai",
});

const NONE = /(?!)/;

/** Every provider, in the order in which a model id that fits several is tried. */
const PROVIDERS: readonly Provider[] = [
  openaiLike(
    "openai",
    "OPENAI_API_KEY",
    "https://api.openai.com/v1",
    /^(ft:)?(gpt-|chatgpt-|o\d|codex-|text-embedding-|omni-moderation-|text-moderation-|dall-e-|whisper-|tts-|text-davinci-|davinci-002|babbage-002|computer-use-)/,
  ),
  openaiLike(
    "mistral",
    "MISTRAL_API_KEY",
    "https://api.mistral.ai/v1",
    /^(mistral|ministral|magistral|devstral|codestral|pixtral|voxtral|open-mistral|open-mixtral|open-codestral)-(?!7b-)/,
  ),
  openaiLike("xai", "XAI_API_KEY", "https://api.x.ai/v1", /^grok-/),
  openaiLike("fireworks", "FIREWORKS_API_KEY", "https://api.fireworks.ai/inference/v1", /^accounts\/[\w-]+\/models\//),
  openaiLike("replicate", "REPLICATE_API_TOKEN", "https://openai-proxy.replicate.com/v1", /^meta\//),
  openaiLike("perplexity", "PERPLEXITY_API_KEY", "https://api.perplexity.ai", /^(sonar|pplx-|r1-1776)/),
  openaiLike("cerebras", "CEREBRAS_API_KEY", "https://api.cerebras.ai/v1", /^llama3\.1-\d+b$/),
  openaiLike(
    "groq",
    "GROQ_API_KEY",
    "https://api.groq.com/openai/v1",
    /^(llama-3\.\d-|llama3-|llama2-|gemma|mixtral-8x7b-32768)/,
  ),
  openaiLike("together", "TOGETHER_API_KEY", "https://api.together.xyz/v1", /^[\w.-]+\/[\w.-]+$/),
  { id: "ollama", auth: "none", wire: "openai", models: /^[a-z0-9._-]+(:[\w.-]+)?$/ },
  { id: "custom", auth: "bearer", wire: "openai", models: NONE },
];

const BY_ID: ReadonlyMap<string, Provider> = new Map(PROVIDERS.map((provider) => [provider.id, provider]));

export function providerById(id: string): Provider | undefined {
  return BY_ID.get(id);
}

export function providers(): readonly Provider[] {
  return PROVIDERS;
}

/** The setting that replaces a provider's default base URL. */
export function baseURLSetting(provider: Provider): string {
  return `${provider.id.toUpperCase()}_BASE_URL`;
}
