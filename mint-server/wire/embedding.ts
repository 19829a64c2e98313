import type { ErrorDetails } from "../contract/openai-error.ts";
import type { CallerCall } from "./wire-format.ts";

/** Texts to be turned into vectors, in no provider's words. */
export interface EmbeddingRequest {
  readonly model: string;
  readonly inputs: readonly string[];
  readonly dimensions?: number;
  /** Gemini's name of what the vectors are for, such as `RETRIEVAL_QUERY`. */
  readonly taskType?: string;
  readonly title?: string;
  /** Whether the answer holds numbers or base64 of little-endian 32-bit floats. */
  readonly encoding: "float" | "base64";
  /** The caller's field that holds the texts, for errors that name it. */
  readonly at: string;
}

export interface EmbeddingAnswer {
  /** As many as there were texts, in their order. */
  readonly vectors: readonly (readonly number[])[];
  readonly inputTokens?: number;
}

/** How a provider is asked for vectors. Pure functions. */
export interface EmbeddingWire {
  /**
   * The JSON body, and what the last part of its address is called.
   *
   * @throws {FieldError} for what the model cannot do.
   */
  encodeRequest(request: EmbeddingRequest): { readonly path: string; readonly body: Record<string, unknown> };
  decodeAnswer(body: unknown): EmbeddingAnswer | undefined;
  decodeError(body: string): ErrorDetails | undefined;
}

/** A schema in which callers ask for vectors. Pure functions. */
export interface EmbeddingSchema {
  /** @throws {FieldError} at the first field that is wrong or unknown. */
  decodeRequest(body: Readonly<Record<string, unknown>>, call: CallerCall): EmbeddingRequest;
  encodeAnswer(answer: EmbeddingAnswer, request: EmbeddingRequest): Record<string, unknown>;
}
