import type { EmbeddingAnswer, EmbeddingRequest, EmbeddingSchema, EmbeddingWire } from "../embedding.ts";
import { asNumber, asObject, asObjects, FieldError, type Json, needText } from "../read.ts";
import { decodeError } from "./error.ts";
import { readFields } from "./fields.ts";

/** The Gemini API: one text by `embedContent`, several by `batchEmbedContents`. */
export const geminiEmbeddings: EmbeddingWire = {
  encodeRequest(request) {
    const requests = request.inputs.map((text) => ({
      model: /^(models|tunedModels)\//.test(request.model) ? request.model : `models/${request.model}`,
      content: { parts: [{ text }] },
      ...settingsOf(request),
    }));
    const [only, ...others] = requests;
    return only && others.length === 0
      ? { path: "embedContent", body: only }
      : { path: "batchEmbedContents", body: { requests } };
  },
  decodeAnswer(body) {
    const answer = asObject(body);
    const embeddings = answer?.embedding === undefined ? answer?.embeddings : [answer.embedding];
    const inputTokens = asNumber(asObject(answer?.usageMetadata)?.promptTokenCount);
    return vectorsIn(asObjects(embeddings), inputTokens);
  },
  decodeError,
};

/** Vertex: `predict`, and `embedContent` for Gemini models after the first, which take one text at a time. */
export const vertexEmbeddings: EmbeddingWire = {
  encodeRequest(request) {
    const { model, inputs, dimensions, taskType, title, at } = request;
    if (!/gemini-(?!embedding-001)/.test(model)) {
      const instances = inputs.map((content) => ({
        content,
        ...(taskType !== undefined && { task_type: taskType }),
        ...(title !== undefined && { title }),
      }));
      const parameters = dimensions === undefined ? {} : { parameters: { outputDimensionality: dimensions } };
      return { path: "predict", body: { instances, ...parameters } };
    }
    const [text, ...others] = inputs;
    if (text === undefined || others.length > 0) {
      throw new FieldError(
        at,
        `The model ${JSON.stringify(model)} takes one text at a time; send one request for each.`,
      );
    }
    const settings = settingsOf(request);
    return {
      path: "embedContent",
      body: {
        content: { parts: [{ text }] },
        ...(Object.keys(settings).length > 0 && { embedContentConfig: settings }),
      },
    };
  },
  decodeAnswer(body) {
    const predictions = asObject(body)?.predictions;
    if (predictions === undefined) return geminiEmbeddings.decodeAnswer(body);
    const embeddings = asObjects(predictions).map(({ embeddings }) => asObject(embeddings) ?? {});
    const counts = embeddings.flatMap(({ statistics }) => asNumber(asObject(statistics)?.token_count) ?? []);
    return vectorsIn(embeddings, counts.length > 0 ? counts.reduce((sum, count) => sum + count, 0) : undefined);
  },
  decodeError,
};

function settingsOf({ taskType, title, dimensions }: EmbeddingRequest): Record<string, unknown> {
  return {
    ...(taskType !== undefined && { taskType }),
    ...(title !== undefined && { title }),
    ...(dimensions !== undefined && { outputDimensionality: dimensions }),
  };
}

function vectorsIn(embeddings: readonly Json[], inputTokens: number | undefined): EmbeddingAnswer | undefined {
  const vectors = embeddings.flatMap(({ values }) =>
    Array.isArray(values) && values.every((value) => typeof value === "number") ? [values as number[]] : [],
  );
  if (vectors.length === 0 || vectors.length < embeddings.length) return undefined;
  return { vectors, ...(inputTokens !== undefined && { inputTokens }) };
}

const BATCH = "requests";

/** `embedContent` and `batchEmbedContents`, which are told apart by their bodies. */
export const geminiEmbeddingSchema: EmbeddingSchema = {
  decodeRequest(body, { model }) {
    if (body.requests === undefined) {
      const { text, ...settings } = decodeOne(body, "");
      return { model, inputs: [text], ...settings, encoding: "float", at: "content" };
    }
    const all = readFields(body, "", ["requests", "model"]).list(BATCH);
    const [first, ...others] = all.map(({ value, at }) => decodeOne(value, at));
    if (!first) throw new FieldError(BATCH, "`requests` is empty.");
    const { text, ...settings } = first;
    others.forEach((other, index) => {
      for (const name of ["taskType", "title", "dimensions"] as const) {
        if (other[name] === settings[name]) continue;
        const at = `${BATCH}[${index + 1}].${name === "dimensions" ? "outputDimensionality" : name}`;
        throw new FieldError(at, `\`${at}\` must be the same in all requests of a batch for this model.`);
      }
    });
    return { model, inputs: [text, ...others.map((other) => other.text)], ...settings, encoding: "float", at: BATCH };
  },
  encodeAnswer({ vectors, inputTokens }, { at }) {
    const embeddings = vectors.map((values) => ({ values }));
    return {
      ...(at === BATCH ? { embeddings } : { embedding: embeddings[0] }),
      ...(inputTokens !== undefined && { usageMetadata: { promptTokenCount: inputTokens } }),
    };
  },
};

type One = Pick<EmbeddingRequest, "taskType" | "title" | "dimensions"> & { readonly text: string };

function decodeOne(value: unknown, at: string): One {
  const fields = readFields(value, at, ["model", "content", "taskType", "title", "outputDimensionality"]);
  const parts = readFields(fields.get("content"), fields.at("content"), ["role", "parts"]).list("parts");
  const texts = parts.map((part) => {
    const own = readFields(part.value, part.at, ["text"]);
    return needText(own.get("text"), own.at("text"));
  });
  const taskType = fields.text("taskType");
  const title = fields.text("title");
  const dimensions = fields.number("outputDimensionality");
  return {
    text: texts.join(""),
    ...(taskType !== undefined && { taskType }),
    ...(title !== undefined && { title }),
    ...(dimensions !== undefined && { dimensions }),
  };
}
