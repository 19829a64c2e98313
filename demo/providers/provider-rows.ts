/** A field of an endpoint, as a form asks for it. */
export interface FieldRow {
  /** Where it stands, such as `aws.region`. */
  readonly path: string;
  readonly label: string;
  readonly secret?: true;
  readonly required?: true;
  readonly hint?: string;
}

export interface ProviderRow {
  readonly id: string;
  readonly name: string;
  readonly fields: readonly FieldRow[];
}

const KEY: FieldRow = { path: "apiKey", label: "API key", secret: true, required: true };
const OTHER_KEY: FieldRow = { path: "apiKey", label: "API key", secret: true };
const BASE: FieldRow = { path: "baseURL", label: "Base URL", hint: "Empty: the provider’s own" };
const OWN_BASE: FieldRow = { path: "baseURL", label: "Base URL", required: true };

const plain = (id: string, name: string): ProviderRow => ({ id, name, fields: [KEY, BASE] });

/** Every provider of the server, and what its endpoints need. */
export const PROVIDER_ROWS: readonly ProviderRow[] = [
  plain("openai", "OpenAI"),
  {
    id: "azure",
    name: "Azure OpenAI",
    fields: [
      KEY,
      { ...OWN_BASE, hint: "Of the resource, such as https://name.openai.azure.com" },
      { path: "azure.apiVersion", label: "API version", hint: "Such as 2024-10-21" },
    ],
  },
  plain("anthropic", "Anthropic"),
  plain("google", "Google Gemini"),
  {
    id: "vertex",
    name: "Google Vertex AI",
    fields: [
      { path: "google.project", label: "Project", required: true },
      { path: "google.location", label: "Location", required: true, hint: "Such as europe-west1" },
      { path: "google.serviceAccount", label: "Service account", secret: true, hint: "The text of its JSON key file" },
      { path: "google.accessToken", label: "Access token", secret: true, hint: "In place of a service account" },
      BASE,
    ],
  },
  {
    id: "bedrock",
    name: "Amazon Bedrock",
    fields: [
      { path: "aws.region", label: "Region", required: true, hint: "Such as us-east-1" },
      { path: "aws.accessKeyId", label: "Access key ID", secret: true },
      { path: "aws.secretAccessKey", label: "Secret access key", secret: true },
      { path: "aws.sessionToken", label: "Session token", secret: true },
      { ...OTHER_KEY, label: "Bedrock API key", hint: "In place of the three above" },
      BASE,
    ],
  },
  plain("mistral", "Mistral"),
  plain("xai", "xAI"),
  plain("deepseek", "DeepSeek"),
  plain("cohere", "Cohere"),
  plain("perplexity", "Perplexity"),
  plain("fireworks", "Fireworks"),
  plain("replicate", "Replicate"),
  plain("cerebras", "Cerebras"),
  plain("groq", "Groq"),
  plain("lepton", "Lepton"),
  { id: "databricks", name: "Databricks", fields: [KEY, OWN_BASE] },
  plain("nvidia", "NVIDIA"),
  plain("openrouter", "OpenRouter"),
  plain("together", "Together"),
  plain("baseten", "Baseten"),
  plain("huggingface", "Hugging Face"),
  { id: "ollama", name: "Ollama", fields: [OWN_BASE] },
  {
    id: "custom",
    name: "Another, that speaks OpenAI’s API",
    fields: [OWN_BASE, { ...OTHER_KEY, hint: "Empty only where headers carry it" }],
  },
];

export function providerRow(id: string): ProviderRow {
  return PROVIDER_ROWS.find((row) => row.id === id) ?? plain(id, id);
}
