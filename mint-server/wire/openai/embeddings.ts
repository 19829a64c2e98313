import type { CreateEmbeddingResponse, Embedding } from "openai/resources/embeddings";
import { fromBase64url, toBase64url } from "../../contract/bytes.ts";
import type { EmbeddingAnswer, EmbeddingRequest, EmbeddingSchema, EmbeddingWire } from "../embedding.ts";
import { asNumber, asObject, asObjects, FieldError, type Json, optionalNumber, optionalText } from "../read.ts";
import { decodeError } from "./decode-error.ts";
import { defined } from "./defined.ts";
import { refuseUnknown } from "./read-fields.ts";

/**
 * OpenAI's embeddings, as callers write them and as providers are asked for them. The callers' SDK wants base64 unless told
 * otherwise; providers are asked for numbers, which all of them know.
 */
export const openaiEmbeddings: EmbeddingSchema & EmbeddingWire = {
  decodeRequest(body, { model }) {
    refuseUnknown(body, FIELDS);
    optionalText(body.user, "user");
    return {
      model,
      inputs: readInputs(body.input),
      encoding: readEncoding(body),
      ...defined({ dimensions: optionalNumber(body.dimensions, "dimensions") }),
      at: "input",
    };
  },
  encodeRequest({ model, inputs, dimensions }) {
    return { path: "embeddings", body: { model, input: [...inputs], ...defined({ dimensions }) } };
  },
  decodeAnswer,
  encodeAnswer({ vectors, inputTokens = 0 }, { model, encoding }) {
    const data = vectors.map((vector, index) => ({
      object: "embedding" as const,
      index,
      embedding: encoding === "base64" ? toFloats(vector) : [...vector],
    }));
    const usage = { prompt_tokens: inputTokens, total_tokens: inputTokens };
    return { object: "list", data, model, usage } satisfies Answer;
  },
  decodeError,
};

type Answer = Omit<CreateEmbeddingResponse, "data"> & {
  data: (Omit<Embedding, "embedding"> & { embedding: number[] | string })[];
};

const FIELDS = new Set(["model", "input", "dimensions", "encoding_format", "user"]);

function readInputs(input: unknown): readonly string[] {
  if (input === undefined || input === null) throw new FieldError("input", "`input` is missing.");
  const texts: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (texts.length === 0) throw new FieldError("input", "`input` is empty.");
  return texts.map((text, index) => {
    if (typeof text === "string") return text;
    const at = Array.isArray(input) ? `input[${index}]` : "input";
    const isTokens = typeof text === "number" || Array.isArray(text);
    throw new FieldError(
      isTokens ? "input" : at,
      isTokens ? "`input` must be text for this model: tokens are another model's." : `\`${at}\` must be a string.`,
    );
  });
}

function readEncoding({ encoding_format }: Json): EmbeddingRequest["encoding"] {
  const format = optionalText(encoding_format, "encoding_format") ?? "float";
  if (format === "float" || format === "base64") return format;
  throw new FieldError("encoding_format", "`encoding_format` must be float or base64.");
}

function decodeAnswer(value: unknown): EmbeddingAnswer | undefined {
  const body = asObject(value);
  if (!body || !Array.isArray(body.data)) return undefined;
  const found = asObjects(body.data).map(({ index, embedding }, at) => ({
    index: asNumber(index) ?? at,
    vector: readVector(embedding),
  }));
  const vectors = found.sort((a, b) => a.index - b.index).flatMap(({ vector }) => (vector ? [vector] : []));
  if (vectors.length === 0 || vectors.length < body.data.length) return undefined;
  return { vectors, ...defined({ inputTokens: asNumber(asObject(body.usage)?.prompt_tokens) }) };
}

function readVector(value: unknown): readonly number[] | undefined {
  if (typeof value === "string") return fromFloats(value);
  return Array.isArray(value) && value.every((number) => typeof number === "number") ? value : undefined;
}

/** Base64 of 32-bit floats, little-endian whatever the machine's own order. */
function toFloats(vector: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(vector.length * 4));
  vector.forEach((number, index) => {
    view.setFloat32(index * 4, number, true);
  });
  const text = toBase64url(new Uint8Array(view.buffer)).replaceAll("-", "+").replaceAll("_", "/");
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}

function fromFloats(base64: string): readonly number[] | undefined {
  const bytes = fromBase64url(base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, ""));
  if (!bytes || bytes.length % 4 !== 0) return undefined;
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(index * 4, true));
}
