import { createHash } from "node:crypto";
import type { Answer } from "./answers.ts";
import type { AnswerInput } from "./openai/format.ts";

const DIMENSIONS = 16;

/** `embeddings`: a vector made of the input's hash, as numbers or in base64 (what the `openai` package asks for). */
export function embeddingsAnswer({ fields, model }: AnswerInput): Answer {
  const data = inputsOf(fields.input).map((input, index) => {
    const vector = vectorOf(input, Number(fields.dimensions ?? DIMENSIONS));
    const embedding = fields.encoding_format === "base64" ? toBase64(vector) : [...vector];
    return { object: "embedding", index, embedding };
  });
  const tokens = data.length * 3;
  return {
    kind: "json",
    body: { object: "list", data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } },
  };
}

/** `moderations`: flags an input that holds the word "violence". */
export function moderationsAnswer({ fields, model }: AnswerInput): Answer {
  const results = inputsOf(fields.input).map((input) => {
    const flagged = JSON.stringify(input).includes("violence");
    return { flagged, categories: { violence: flagged }, category_scores: { violence: flagged ? 0.9 : 0.001 } };
  });
  return { kind: "json", body: { id: "modr-stand-in", model, results } };
}

function inputsOf(input: unknown): readonly unknown[] {
  const isTokens = Array.isArray(input) && typeof input[0] === "number";
  return Array.isArray(input) && !isTokens ? input : [input];
}

/** A vector of so many numbers, made of the input's hash. */
export function vectorOf(input: unknown, dimensions = DIMENSIONS): Float32Array {
  const hash = createHash("sha256")
    .update(JSON.stringify(input ?? null))
    .digest();
  return Float32Array.from({ length: dimensions }, (_, at) => hash.readInt16LE((at % DIMENSIONS) * 2) / 32768);
}

function toBase64(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
}
