import type { Provider } from "../../mint-server/providers/provider.ts";
import { providers } from "../../mint-server/providers/table.ts";
import type { SpokenWire } from "../../mint-server/wire/formats.ts";

// The matrix of docs/compatibility.md as data: `features.test.ts` tests each cell, `generate-compatibility.ts` writes it down.

/** What each provider is tested with: the column's heading. `features-checks.ts` has what is checked. */
export const FEATURES = {
  chat: "chat",
  stream: "stream",
  tools: "tools",
  parallel: "parallel tools",
  schema: "structured output",
  images: "images",
  files: "files",
  reasoning: "reasoning",
  embeddings: "embeddings",
  native: "native schema in",
} as const;
export type FeatureId = keyof typeof FEATURES;
export const FEATURE_IDS: readonly FeatureId[] = Object.keys(FEATURES) as FeatureId[];

/** A provider in one of its wire formats. */
export interface Row {
  /** The provider's id, and in brackets what tells its rows apart where it has several. */
  readonly id: string;
  readonly provider: Provider;
  readonly wire: SpokenWire;
  readonly model: string;
  readonly embeddingModel: string;
}

type Models = Pick<Row, "model" | "embeddingModel">;

/** Models of a wire format that any provider of it could have: each thinks, sees and calls tools. */
const MODELS: Readonly<Record<SpokenWire, Models>> = {
  openai: { model: "openai/gpt-oss-120b", embeddingModel: "an-embedding-model" },
  responses: { model: "gpt-5.2-codex", embeddingModel: "text-embedding-3-small" },
  anthropic: { model: "claude-opus-4-5", embeddingModel: "claude-opus-4-5" },
  google: { model: "gemini-2.5-pro", embeddingModel: "gemini-embedding-001" },
  bedrock: {
    model: "eu.anthropic.claude-opus-4-5-20251101-v1:0",
    embeddingModel: "cohere.embed-multilingual-v3",
  },
};

/** Where the format alone does not tell which models a provider has. */
const OWN_MODELS: Readonly<Record<string, Partial<Record<SpokenWire, Models>>>> = {
  openai: { openai: { model: "gpt-5.2", embeddingModel: "text-embedding-3-small" } },
  azure: { openai: { model: "gpt-5.2", embeddingModel: "text-embedding-3-small" } },
  vertex: {
    google: { model: "gemini-2.5-pro", embeddingModel: "text-embedding-005" },
    anthropic: { model: "claude-opus-4-5@20251101", embeddingModel: "claude-opus-4-5@20251101" },
    openai: { model: "openai/gpt-oss-120b-maas", embeddingModel: "openai/gpt-oss-120b-maas" },
  },
};

/** Formats that the models of a `custom` endpoint may have beside its own. */
const CUSTOM_FORMATS = ["anthropic", "google"] as const;

/** What `customModels` says of the models of those rows. */
export const CUSTOM_MODELS = Object.fromEntries(
  CUSTOM_FORMATS.flatMap((format) =>
    Object.values(MODELS[format]).map((model) => [model, { flavor: "chat" as const, format }]),
  ),
);

const TITLES: Readonly<Record<SpokenWire, string>> = {
  openai: "OpenAI's format",
  responses: "Responses alone",
  anthropic: "Anthropic's format",
  google: "Google's format",
  bedrock: "Converse",
};

/** Every provider of the table, each in all of its wire formats. */
export const ROWS: readonly Row[] = providers().flatMap((provider) => {
  const others = provider.id === "custom" ? CUSTOM_FORMATS : (provider.otherWires ?? []).map(([, wire]) => wire);
  const wires = [provider.wire, ...others] as readonly SpokenWire[];
  return wires.map((wire) => ({
    id: wires.length > 1 ? `${provider.id} (${TITLES[wire]})` : provider.id,
    provider,
    wire,
    ...(OWN_MODELS[provider.id]?.[wire] ?? MODELS[wire]),
  }));
});

/** What a provider itself does not have. */
export interface Lack {
  /** As its documentation says, or does not say where it lists what there is. */
  readonly why: string;
  /** The caller's field that mintgate refuses by name. Absent: the provider is asked, and its refusal comes back. */
  readonly refusedField?: string;
}

const NO_VECTORS: Lack = { why: "Anthropic has no embedding models", refusedField: "model" };
const TEXT_AND_IMAGES: Lack = { why: "its chat takes text and images" };
const NO_EMBEDDINGS: Lack = { why: "it offers no embeddings" };
const PROXY_FOR_CHAT: Lack = { why: "its OpenAI proxy is documented for chat and streams alone" };

const BY_WIRE: Readonly<Partial<Record<SpokenWire, Partial<Record<FeatureId, Lack>>>>> = {
  anthropic: { embeddings: NO_VECTORS },
  bedrock: {
    native: { why: "callers write one of four schemas, and Converse is none of them; its models take all four" },
  },
};

const BY_ROW: Readonly<Record<string, Partial<Record<FeatureId, Lack>>>> = {
  "vertex (OpenAI's format)": {
    embeddings: { why: "Vertex has them in Google's format" },
    files: TEXT_AND_IMAGES,
  },
  xai: { files: { why: "it takes files that were uploaded to it before, by their ids" }, embeddings: NO_EMBEDDINGS },
  deepseek: {
    schema: { why: "it has JSON mode, and no schemas" },
    files: TEXT_AND_IMAGES,
    embeddings: NO_EMBEDDINGS,
  },
  cohere: { files: TEXT_AND_IMAGES },
  perplexity: {
    tools: { why: "its Sonar models call no tools of the caller's" },
    parallel: { why: "its Sonar models call no tools of the caller's" },
    embeddings: { why: "its embeddings stand elsewhere, and come as 8-bit numbers only" },
  },
  fireworks: { files: { why: "it has withdrawn its reading of documents" } },
  replicate: {
    tools: PROXY_FOR_CHAT,
    parallel: PROXY_FOR_CHAT,
    schema: PROXY_FOR_CHAT,
    images: PROXY_FOR_CHAT,
    files: PROXY_FOR_CHAT,
    reasoning: PROXY_FOR_CHAT,
    embeddings: PROXY_FOR_CHAT,
  },
  cerebras: { files: TEXT_AND_IMAGES, embeddings: NO_EMBEDDINGS },
  groq: { files: TEXT_AND_IMAGES, embeddings: NO_EMBEDDINGS },
  lepton: { files: { why: "its chat takes no documents" }, embeddings: NO_EMBEDDINGS },
  nvidia: { files: TEXT_AND_IMAGES },
  together: { files: TEXT_AND_IMAGES },
  huggingface: { files: TEXT_AND_IMAGES, embeddings: { why: "its OpenAI-like address is for chat alone" } },
  ollama: { files: TEXT_AND_IMAGES },
};

/** Why a cell is empty, if it is. */
export function lackOf({ id, wire }: Row, feature: FeatureId): Lack | undefined {
  return BY_ROW[id]?.[feature] ?? BY_WIRE[wire]?.[feature];
}

/** Rows that {@link lackOf} has something to say of: none may be left over when the table changes. */
export const ROWS_THAT_LACK: readonly string[] = Object.keys(BY_ROW);
