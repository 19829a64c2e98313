import type { Answer } from "../answers.ts";
import { outOfRange, type Problem, strangeField } from "../check.ts";
import { vectorOf } from "../scores.ts";
import { type Asked, objectIn } from "../turn.ts";

interface Model {
  readonly required: readonly string[];
  readonly fields: readonly string[];
  answer(fields: Asked["fields"]): unknown;
}

const titan: Model = {
  required: ["inputText"],
  fields: ["inputText", "dimensions", "normalize", "embeddingTypes"],
  answer({ inputText, dimensions }) {
    const embedding = [...vectorOf(inputText, Number(dimensions ?? 16))];
    return { embedding, embeddingsByType: { float: embedding }, inputTextTokenCount: 3 };
  },
};

const cohere: Model = {
  required: ["texts", "input_type"],
  fields: ["texts", "images", "inputs", "input_type", "truncate", "embedding_types", "max_tokens", "output_dimension"],
  answer({ texts, embedding_types, output_dimension }) {
    const inputs = Array.isArray(texts) ? texts : [];
    const float = inputs.map((text) => [...vectorOf(text, Number(output_dimension ?? 16))]);
    const base = { id: "emb-stand-in", texts: inputs };
    if (embedding_types === undefined) return { ...base, embeddings: float, response_type: "embeddings_floats" };
    return { ...base, embeddings: { float }, response_type: "embeddings_by_type" };
  },
};

const modelOf = ({ model }: Asked): Model | undefined => {
  if (/(^|\.)amazon\.titan-embed/.test(model)) return titan;
  return /(^|\.)cohere\.embed/.test(model) ? cohere : undefined;
};

/** Why Bedrock would not run an embedding model on this. */
export function embeddingProblem(asked: Asked): Problem | undefined {
  const model = modelOf(asked);
  if (model === undefined) return { status: 404, message: `The stand-in runs no model ${asked.model} by invoke.` };
  const strange = strangeField(asked.fields, model.fields);
  if (strange) return malformed(`extraneous key [${strange}] is not permitted`);
  const absent = model.required.find((name) => asked.fields[name] === undefined);
  if (absent) return malformed(`required key [${absent}] not found`);
  const wrong = outOfRange(objectIn(asked.fields), { dimensions: [1, 4096] });
  return wrong && malformed(`${wrong.value} is not a valid value of [${wrong.name}]`);
}

const malformed = (why: string): Problem => ({
  message: `Malformed input request: #: ${why}, please reformat your input and try again.`,
});

/** Titan's and Cohere's vectors. */
export function embeddingAnswer(asked: Asked): Answer {
  return { kind: "json", body: modelOf(asked)?.answer(asked.fields) };
}
