import type { EmbeddingSchema, EmbeddingWire } from "./embedding.ts";
import type { CallerFormat, WireFormat } from "./wire-format.ts";

/** Wire formats that a provider is spoken to in. */
export type SpokenWire = "openai" | "responses" | "anthropic" | "google" | "bedrock";

/** Schemas of conversations that callers write. */
export type ChatSchema = "chat" | "completions" | "responses" | "anthropic" | "google";

// Each format loads when it is first needed: most servers speak to few providers, and a Worker that starts for a request
// should not wait for the others.
const chat = async () => (await import("./openai/format.ts")).chat;
const responses = async () => (await import("./responses/format.ts")).responses;
const anthropic = async () => (await import("./anthropic/format.ts")).anthropic;
const google = async () => (await import("./google/format.ts")).google;

export const WIRES: Readonly<Record<SpokenWire, () => Promise<WireFormat>>> = {
  openai: chat,
  responses,
  anthropic,
  google,
  bedrock: async () => (await import("./bedrock/format.ts")).bedrock,
};

export const SCHEMAS: Readonly<Record<ChatSchema, () => Promise<CallerFormat>>> = {
  chat,
  completions: async () => (await import("./completions/format.ts")).completions,
  responses,
  anthropic,
  google,
};

const openaiEmbeddings = async () => (await import("./openai/embeddings.ts")).openaiEmbeddings;

/** By wire format, or by a provider's own way where it has one. */
export const EMBEDDING_WIRES: Readonly<Partial<Record<SpokenWire | "vertex", () => Promise<EmbeddingWire>>>> = {
  openai: openaiEmbeddings,
  google: async () => (await import("./google/embeddings.ts")).geminiEmbeddings,
  vertex: async () => (await import("./google/embeddings.ts")).vertexEmbeddings,
  bedrock: async () => (await import("./bedrock/embeddings.ts")).bedrockEmbeddings,
};

export const EMBEDDING_SCHEMAS: Readonly<Record<"embeddings" | "google-embeddings", () => Promise<EmbeddingSchema>>> = {
  embeddings: openaiEmbeddings,
  "google-embeddings": async () => (await import("./google/embeddings.ts")).geminiEmbeddingSchema,
};
