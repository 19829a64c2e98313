import type { CountTokensResponse } from "@google/genai";
import type { Answer } from "../answers.ts";
import { type Problem, strangeField } from "../check.ts";
import type { Fields } from "../orders.ts";
import { vectorOf } from "../scores.ts";
import { type Asked, objectIn, objectsIn } from "../turn.ts";
import { camelCased } from "./camel.ts";
import { unknownName } from "./content-rules.ts";
import { EMBEDDING } from "./fields.ts";

interface Call {
  readonly fields: readonly string[];
  /** Field that must be there. */
  readonly required: string;
  answer(fields: Fields): unknown;
}

const CALLS: Readonly<Record<string, Call>> = {
  embedContent: {
    fields: EMBEDDING,
    required: "content",
    answer: (fields) => ({ embedding: embeddingOf(fields) }),
  },
  batchEmbedContents: {
    fields: ["requests"],
    required: "requests",
    answer: ({ requests }) => ({ embeddings: objectsIn(requests).map(embeddingOf) }),
  },
  predict: {
    fields: ["instances", "parameters"],
    required: "instances",
    answer: ({ instances, parameters }) => ({
      predictions: objectsIn(instances).map(({ content }) => ({
        embeddings: {
          values: [...vectorOf(content, Number(objectIn(parameters).outputDimensionality ?? 16))],
          statistics: { truncated: false, token_count: 3 },
        },
      })),
      metadata: { billableCharacterCount: 9 },
    }),
  },
  countTokens: {
    fields: ["contents", "generateContentRequest", "tools", "systemInstruction", "generationConfig", "model"],
    required: "",
    answer: countOf,
  },
};

interface Handler {
  check(asked: Asked): Problem | undefined;
  answer(asked: Asked): Answer;
}

/** Gemini's and Vertex's calls that make no model speak. */
export const EMBEDDINGS: Readonly<Record<string, Handler>> = Object.fromEntries(
  Object.entries(CALLS).map(([name, { fields: known, required, answer }]) => [
    name,
    {
      check(asked: Asked) {
        const fields = objectIn(camelCased(asked.fields));
        const strange = strangeField(fields, known);
        if (strange) return unknownName(strange, "");
        if (required && fields[required] === undefined)
          return { message: `* ${required}: ${required} is not specified` };
        return name === "batchEmbedContents" ? batchProblem(fields) : undefined;
      },
      answer: (asked: Asked) => ({ kind: "json" as const, body: answer(objectIn(camelCased(asked.fields))) }),
    },
  ]),
);

function batchProblem({ requests }: Fields): Problem | undefined {
  for (const [at, request] of objectsIn(requests).entries()) {
    const strange = strangeField(request, EMBEDDING);
    if (strange) return unknownName(strange, `requests[${at}]`);
    if (typeof request.model === "string" && request.model.startsWith("models/")) continue;
    return { message: `* BatchEmbedContentsRequest.requests[${at}].model: unexpected model name format` };
  }
  return undefined;
}

function embeddingOf({ content, outputDimensionality, embedContentConfig }: Fields) {
  const text = objectsIn(objectIn(content).parts).map((part) => part.text);
  const size = outputDimensionality ?? objectIn(embedContentConfig).outputDimensionality ?? 16;
  return { values: [...vectorOf(text.length === 1 ? text[0] : text, Number(size))] };
}

function countOf({ contents, generateContentRequest }: Fields): CountTokensResponse {
  const counted = objectsIn(contents ?? objectIn(generateContentRequest).contents);
  const words = counted.flatMap(({ parts }) => objectsIn(parts)).flatMap(({ text }) => String(text ?? "").split(/\s+/));
  // The SDK's class adds only what it makes itself.
  return { totalTokens: words.filter(Boolean).length } as CountTokensResponse;
}

/** Tokens of a request; a word counts as one. */
export function countAnswer({ fields }: Asked): Answer {
  return { kind: "json", body: countOf(objectIn(camelCased(fields))) };
}
