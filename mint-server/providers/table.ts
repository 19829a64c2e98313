import { forVertex } from "../wire/anthropic/vertex.ts";
import { geminiForVertex } from "../wire/google/vertex.ts";
import { bedrockBase, deploymentURL, invocationURL, modelInHost, vertexBase, vertexURL } from "./address.ts";
import type { Provider } from "./provider.ts";
import { azureRealtimeURL, geminiLiveURL, realtimeURL } from "./realtime-address.ts";

const openaiLike = (id: string, keySetting: string, baseURL: string, models: RegExp): Provider => ({
  id,
  keySetting,
  baseURL,
  models,
  auth: "bearer",
  wire: "openai",
});

const NONE = /(?!)/;
const OPENAI =
  /^(ft:)?(gpt-(?!35-|oss-)|chatgpt-|o\d|codex-|text-embedding-(?!00)|omni-moderation-|text-moderation-|dall-e-|whisper-1$|tts-|text-davinci-|davinci-002|babbage-002|computer-use-)/;
/** OpenAI's models that answer at `/responses` alone. */
const RESPONSES_ONLY: NonNullable<Provider["otherWires"]> = [
  [/^(ft:)?(o\d(-mini)?-(pro|deep-research)|gpt-5(\.\d+)?-(pro|codex)|codex-|computer-use-)/, "responses"],
];
/** The one model of another provider that is also known as a model of OpenAI's and of Azure's. */
const LLAMA_OF_OTHERS = /^accounts\/fireworks\/models\/llama-v3p3-70b-instruct$/;
/** Hosts of other makers' models call them `maker/model`. */
const MAKER_MODEL = /^[\w.-]+\/[\w.:-]+$/;
/** Makers whose models Amazon Bedrock has, as `maker.model`, behind a group of regions or not, or as an ARN. */
const BEDROCK =
  /^(arn:aws[\w-]*:bedrock:|((us|us-gov|eu|apac|jp|au|ca|global)\.)?(ai21|amazon|anthropic|cohere|deepseek|google|luma|meta|minimax|mistral|moonshot(ai)?|nvidia|openai|qwen|stability|twelvelabs|writer|xai|zai)\.)/;
const LEPTON = "https://lepton.run/api/v1";

/** Every provider, in the order in which a model id that fits several is tried: makers before those who host others' models. */
const PROVIDERS: readonly Provider[] = [
  {
    ...openaiLike("openai", "OPENAI_API_KEY", "https://api.openai.com/v1", OPENAI),
    alsoModels: LLAMA_OF_OTHERS,
    otherWires: RESPONSES_ONLY,
    responses: true,
    realtime: { url: realtimeURL, calls: true, live: true },
  },
  {
    id: "azure",
    telemetryName: "azure.ai.openai",
    keySetting: "AZURE_OPENAI_API_KEY",
    baseURLSetting: "AZURE_OPENAI_ENDPOINT",
    optionsField: "azure",
    optionSettings: { apiVersion: "AZURE_OPENAI_API_VERSION" },
    auth: "api-key",
    wire: "openai",
    otherWires: RESPONSES_ONLY,
    models: /^gpt-35-/,
    alsoModels: new RegExp(`${OPENAI.source}|${LLAMA_OF_OTHERS.source}`),
    url: deploymentURL,
    responses: true,
    realtime: { url: azureRealtimeURL, calls: true },
  },
  {
    id: "anthropic",
    keySetting: "ANTHROPIC_API_KEY",
    baseURL: "https://api.anthropic.com",
    auth: "api-key",
    wire: "anthropic",
    models: /^claude-(?!.*@)/,
  },
  {
    id: "google",
    telemetryName: "gcp.gemini",
    keySetting: "GEMINI_API_KEY",
    baseURL: "https://generativelanguage.googleapis.com",
    auth: "api-key",
    wire: "google",
    models: /^(models\/)?(gemini-|learnlm-|gemma-\d+n?-|text-embedding-004$)/,
    realtime: { url: geminiLiveURL, dialect: "gemini" },
  },
  {
    id: "vertex",
    telemetryName: "gcp.vertex_ai",
    keySetting: "GOOGLE_VERTEX_ACCESS_TOKEN",
    baseFor: vertexBase,
    optionsField: "google",
    optionSettings: { project: "GOOGLE_CLOUD_PROJECT", location: "GOOGLE_CLOUD_LOCATION" },
    secretSettings: { required: { serviceAccount: "GOOGLE_SERVICE_ACCOUNT_JSON" } },
    needs: ["project", "location"],
    auth: "bearer",
    keyHeader: "x-goog-api-key",
    wire: "google",
    otherWires: [
      [/^(publishers\/anthropic\/models\/|claude-)/, "anthropic"],
      [/^[\w-]+\/[\w.-]+-maas$/, "openai"],
    ],
    models:
      /^(claude-.*@|publishers\/(google|anthropic)\/models\/|[\w-]+\/[\w.-]+-maas$|text-embedding-005$|text-multilingual-embedding-)/,
    alsoModels: /^(claude-|gemini-|text-embedding-004$)/,
    url: vertexURL,
    embeddings: "vertex",
    bodyFor: (body, wire) => (wire === "anthropic" ? forVertex(body) : geminiForVertex(body)),
  },
  {
    id: "bedrock",
    telemetryName: "aws.bedrock",
    keySetting: "AWS_BEARER_TOKEN_BEDROCK",
    baseFor: bedrockBase,
    optionsField: "aws",
    optionSettings: { region: "AWS_REGION" },
    secretSettings: {
      required: { accessKeyId: "AWS_ACCESS_KEY_ID", secretAccessKey: "AWS_SECRET_ACCESS_KEY" },
      optional: { sessionToken: "AWS_SESSION_TOKEN" },
    },
    auth: "bearer",
    wire: "bedrock",
    models: BEDROCK,
  },
  {
    ...openaiLike(
      "mistral",
      "MISTRAL_API_KEY",
      "https://api.mistral.ai/v1",
      /^(mistral|ministral|magistral|devstral|codestral|pixtral|voxtral|open-mistral|open-mixtral|open-codestral)-(?!7b-)/,
    ),
    toolCallIds: "nine",
    thoughtsInContent: /^magistral-/,
    files: "document_url",
    fields: { seed: "random_seed", stream_options: null, user: null },
  },
  {
    ...openaiLike("xai", "XAI_API_KEY", "https://api.x.ai/v1", /^grok-/),
    responses: true,
    realtime: { url: realtimeURL },
  },
  openaiLike("deepseek", "DEEPSEEK_API_KEY", "https://api.deepseek.com/v1", /^deepseek-[^/]+$/),
  openaiLike(
    "cohere",
    "COHERE_API_KEY",
    "https://api.cohere.com/compatibility/v1",
    /^(command(-|$)|c4ai-|embed-(v\d|english|multilingual))/,
  ),
  {
    ...openaiLike("perplexity", "PERPLEXITY_API_KEY", "https://api.perplexity.ai", /^(sonar|pplx-|r1-1776)/),
    files: "file_url",
  },
  openaiLike(
    "fireworks",
    "FIREWORKS_API_KEY",
    "https://api.fireworks.ai/inference/v1",
    /^accounts\/[\w-]+\/(models|routers|deployments)\//,
  ),
  openaiLike("replicate", "REPLICATE_API_TOKEN", "https://openai-proxy.replicate.com/v1", /^meta\//),
  openaiLike("cerebras", "CEREBRAS_API_KEY", "https://api.cerebras.ai/v1", /^llama3\.1-\d+b$/),
  openaiLike(
    "groq",
    "GROQ_API_KEY",
    "https://api.groq.com/openai/v1",
    /^(llama-3\.\d-|llama3-(?!\d-\d+b$)|llama2-|gemma|mixtral-8x7b-32768|whisper-large-)/,
  ),
  { ...openaiLike("lepton", "LEPTON_API_KEY", LEPTON, /^llama3-\d-\d+b$/), url: modelInHost(LEPTON) },
  {
    id: "databricks",
    keySetting: "DATABRICKS_TOKEN",
    baseURLSetting: "DATABRICKS_HOST",
    auth: "bearer",
    wire: "openai",
    models: /^databricks-/,
    url: invocationURL,
  },
  {
    ...openaiLike("nvidia", "NVIDIA_API_KEY", "https://integrate.api.nvidia.com/v1", /^nvidia\//),
    alsoModels: MAKER_MODEL,
  },
  {
    ...openaiLike(
      "openrouter",
      "OPENROUTER_API_KEY",
      "https://openrouter.ai/api/v1",
      /^(openrouter|anthropic|x-ai|cohere|perplexity|amazon|deepseek|qwen|z-ai|openai(?!\/gpt-oss)|google(?!\/gemma))\//,
    ),
    alsoModels: /^~?[\w.-]+\/[\w.:-]+$/,
  },
  openaiLike("together", "TOGETHER_API_KEY", "https://api.together.xyz/v1", /^[\w.-]+\/[\w.-]+$/),
  {
    ...openaiLike("baseten", "BASETEN_API_KEY", "https://inference.baseten.co/v1", NONE),
    alsoModels: MAKER_MODEL,
  },
  { ...openaiLike("huggingface", "HF_TOKEN", "https://router.huggingface.co/v1", NONE), alsoModels: MAKER_MODEL },
  { id: "ollama", auth: "none", wire: "openai", models: NONE, alsoModels: /^[a-z0-9._-]+(:[\w.-]+)?$/ },
  {
    id: "custom",
    auth: "bearer",
    wire: "openai",
    models: NONE,
    realtime: { url: realtimeURL, calls: true, live: true },
  },
];

const BY_ID: ReadonlyMap<string, Provider> = new Map(PROVIDERS.map((provider) => [provider.id, provider]));

export function providerById(id: string): Provider | undefined {
  return BY_ID.get(id);
}

export function providers(): readonly Provider[] {
  return PROVIDERS;
}

/** The settings that replace a provider's default base URL; the first that is set counts. */
export function baseURLSettings({ id, baseURLSetting }: Provider): readonly string[] {
  const own = `${id.toUpperCase()}_BASE_URL`;
  return baseURLSetting === undefined ? [own] : [baseURLSetting, own];
}
