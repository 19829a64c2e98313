import type { EmbeddingSchema, EmbeddingWire } from "./embedding.ts";
import { lazy } from "./lazy.ts";
import type { CallerFormat, WireFormat } from "./wire-format.ts";

/** Wire formats that a provider is spoken to in. */
export type SpokenWire = "openai" | "responses" | "anthropic" | "google" | "bedrock";

/** Schemas of conversations that callers write. */
export type ChatSchema = "chat" | "completions" | "responses" | "anthropic" | "google";

// Each format loads when it is first needed: most servers speak to few providers, and a Worker that starts for a request
// should not wait for the others.
const chat = lazy(async () => (await import("./openai/format.ts")).chat);
const responses = lazy(async () => (await import("./responses/format.ts")).responses);
const anthropic = lazy(async () => (await import("./anthropic/format.ts")).anthropic);
const google = lazy(async () => (await import("./google/format.ts")).google);

export const WIRES: Readonly<Record<SpokenWire, () => WireFormat | Promise<WireFormat>>> = {
  openai: chat,
  responses,
  anthropic,
  google,
  bedrock: lazy(async () => (await import("./bedrock/format.ts")).bedrock),
};

export const SCHEMAS: Readonly<Record<ChatSchema, () => CallerFormat | Promise<CallerFormat>>> = {
  chat,
  completions: lazy(async () => (await import("./completions/format.ts")).completions),
  responses,
  anthropic,
  google,
};

const openaiEmbeddings = lazy(async () => (await import("./openai/embeddings.ts")).openaiEmbeddings);

/** By wire format, or by a provider's own way where it has one. */
export const EMBEDDING_WIRES: Readonly<
  Partial<Record<SpokenWire | "vertex", () => EmbeddingWire | Promise<EmbeddingWire>>>
> = {
  openai: openaiEmbeddings,
  google: lazy(async () => (await import("./google/embeddings.ts")).geminiEmbeddings),
  vertex: lazy(async () => (await import("./google/embeddings.ts")).vertexEmbeddings),
  bedrock: lazy(async () => (await import("./bedrock/embeddings.ts")).bedrockEmbeddings),
};

export const EMBEDDING_SCHEMAS: Readonly<
  Record<"embeddings" | "google-embeddings", () => EmbeddingSchema | Promise<EmbeddingSchema>>
> = {
  embeddings: openaiEmbeddings,
  "google-embeddings": lazy(async () => (await import("./google/embeddings.ts")).geminiEmbeddingSchema),
};
