import type { EmbeddingAnswer, EmbeddingRequest, EmbeddingWire } from "../embedding.ts";
import { asNumber, asObject, FieldError } from "../read.ts";
import { decodeError } from "./decode-error.ts";

/** Embedding models of Bedrock have no API in common: Titan's takes one text, Cohere's several. */
export const bedrockEmbeddings: EmbeddingWire = {
  encodeRequest(request) {
    return { path: "invoke", body: /cohere\.embed/.test(request.model) ? cohere(request) : titan(request) };
  },
  decodeAnswer(body) {
    const answer = asObject(body);
    const vectors = vectorsOf(answer?.embedding === undefined ? answer?.embeddings : [answer.embedding]);
    if (!vectors) return undefined;
    const inputTokens = asNumber(answer?.inputTextTokenCount);
    return { vectors, ...(inputTokens !== undefined && { inputTokens }) } satisfies EmbeddingAnswer;
  },
  decodeError,
};

function titan({ inputs, dimensions, model, at }: EmbeddingRequest): Record<string, unknown> {
  const [inputText, ...more] = inputs;
  if (more.length > 0)
    throw new FieldError(at, `${JSON.stringify(model)} takes one text a request; \`${at}\` holds ${inputs.length}.`);
  return { inputText, ...(dimensions !== undefined && { dimensions }) };
}

/** What Gemini calls a task, in Cohere's words. */
const INPUT_TYPES: Readonly<Record<string, string>> = {
  RETRIEVAL_QUERY: "search_query",
  QUESTION_ANSWERING: "search_query",
  CODE_RETRIEVAL_QUERY: "search_query",
  CLASSIFICATION: "classification",
  CLUSTERING: "clustering",
};

function cohere({ inputs, dimensions, taskType }: EmbeddingRequest): Record<string, unknown> {
  return {
    texts: [...inputs],
    input_type: INPUT_TYPES[taskType ?? ""] ?? "search_document",
    ...(dimensions !== undefined && { output_dimension: dimensions }),
  };
}

/** A list of vectors, or Cohere's lists by the type of their numbers. */
function vectorsOf(value: unknown): number[][] | undefined {
  const list = Array.isArray(value) ? value : asObject(value)?.float;
  if (!Array.isArray(list) || !list.every((vector) => Array.isArray(vector))) return undefined;
  return list as number[][];
}
