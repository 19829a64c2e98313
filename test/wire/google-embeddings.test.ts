import { GoogleGenAI } from "@google/genai";
import { expect, test } from "vitest";
import type { EmbeddingRequest } from "../../mint-server/wire/embedding.ts";
import { geminiEmbeddingSchema, geminiEmbeddings, vertexEmbeddings } from "../../mint-server/wire/google/embeddings.ts";
import { FieldError } from "../../mint-server/wire/read.ts";

const CALL = { model: "text-embedding-3-small", stream: false };

function request(fields: Partial<EmbeddingRequest> = {}): EmbeddingRequest {
  return { model: "gemini-embedding-001", inputs: ["a"], encoding: "float", at: "input", ...fields };
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof FieldError) return error.param;
  }
  throw new Error("nothing was refused");
}

const all = { inputs: ["a", "b"], taskType: "RETRIEVAL_DOCUMENT", title: "T", dimensions: 8 };
const settings = { taskType: "RETRIEVAL_DOCUMENT", title: "T", outputDimensionality: 8 };
const one = (text: string): object => ({ model: "models/gemini-embedding-001", content: { parts: [{ text }] } });

test("asks Gemini for one vector or for a batch", () => {
  expect(geminiEmbeddings.encodeRequest(request())).toEqual({ path: "embedContent", body: one("a") });
  expect(geminiEmbeddings.encodeRequest(request(all))).toEqual({
    path: "batchEmbedContents",
    body: {
      requests: [
        { ...one("a"), ...settings },
        { ...one("b"), ...settings },
      ],
    },
  });
});

test("asks Vertex by predict, and newer Gemini models by embedContent, one text at a time", () => {
  expect(vertexEmbeddings.encodeRequest(request(all))).toEqual({
    path: "predict",
    body: {
      instances: [
        { content: "a", task_type: "RETRIEVAL_DOCUMENT", title: "T" },
        { content: "b", task_type: "RETRIEVAL_DOCUMENT", title: "T" },
      ],
      parameters: { outputDimensionality: 8 },
    },
  });
  expect(vertexEmbeddings.encodeRequest(request({ model: "gemini-embedding-2", dimensions: 8 }))).toEqual({
    path: "embedContent",
    body: { content: { parts: [{ text: "a" }] }, embedContentConfig: { outputDimensionality: 8 } },
  });
  expect(refusal(() => vertexEmbeddings.encodeRequest(request({ ...all, model: "gemini-embedding-2" })))).toBe("input");
});

test.each([
  ["one vector", { embedding: { values: [1, 2] } }, { vectors: [[1, 2]] }],
  [
    "a batch",
    { embeddings: [{ values: [1] }, { values: [2] }], usageMetadata: { promptTokenCount: 4 } },
    { vectors: [[1], [2]], inputTokens: 4 },
  ],
  [
    "Vertex's predictions",
    {
      predictions: [
        { embeddings: { values: [1], statistics: { token_count: 3 } } },
        { embeddings: { values: [2], statistics: { token_count: 2 } } },
      ],
    },
    { vectors: [[1], [2]], inputTokens: 5 },
  ],
  ["no error", { error: { message: "no" } }, undefined],
  ["nothing half-read", { embeddings: [{ values: [1] }, {}] }, undefined],
  ["no list", [], undefined],
])("decodes %s", (_, body, answer) => {
  expect(vertexEmbeddings.decodeAnswer(body)).toEqual(answer);
  if (!("predictions" in body)) expect(geminiEmbeddings.decodeAnswer(body)).toEqual(answer);
});

test("answers the SDK for any provider's model", async () => {
  const asked: EmbeddingRequest[] = [];
  const fetch = async (_: unknown, init?: RequestInit): Promise<Response> => {
    const decoded = geminiEmbeddingSchema.decodeRequest(
      JSON.parse(String(init?.body)) as Record<string, unknown>,
      CALL,
    );
    asked.push(decoded);
    const vectors = decoded.inputs.map((_text, index) => [index, 0.5]);
    return Response.json(geminiEmbeddingSchema.encodeAnswer({ vectors, inputTokens: 2 }, decoded));
  };
  const ai = new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: "http://mint.example", fetch } });
  const { embeddings } = await ai.models.embedContent({
    model: CALL.model,
    contents: ["a", "b"],
    config: { outputDimensionality: 2, taskType: "RETRIEVAL_QUERY" },
  });
  expect(embeddings).toEqual([{ values: [0, 0.5] }, { values: [1, 0.5] }]);
  expect(asked).toEqual([
    {
      model: CALL.model,
      inputs: ["a", "b"],
      taskType: "RETRIEVAL_QUERY",
      dimensions: 2,
      encoding: "float",
      at: "requests",
    },
  ]);
});

test("decodes a single text, and answers in the shape of the question", () => {
  const decoded = geminiEmbeddingSchema.decodeRequest({ content: { parts: [{ text: "a" }, { text: "b" }] } }, CALL);
  expect(decoded).toEqual({ model: CALL.model, inputs: ["ab"], encoding: "float", at: "content" });
  expect(geminiEmbeddingSchema.encodeAnswer({ vectors: [[1]] }, decoded)).toEqual({ embedding: { values: [1] } });
});

test.each<[string, Record<string, unknown>]>([
  ["content", {}],
  ["requests", { requests: [] }],
  ["surprise", { content: { parts: [] }, surprise: 1 }],
  ["content.parts[0].inlineData", { content: { parts: [{ inlineData: {} }] } }],
  ["requests[1].taskType", { requests: [{ content: {} }, { content: {}, taskType: "X" }] }],
])("refuses by the path %s", (param, body) => {
  expect(refusal(() => geminiEmbeddingSchema.decodeRequest(body, CALL))).toBe(param);
});
