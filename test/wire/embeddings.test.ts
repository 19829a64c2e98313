import OpenAI from "openai";
import { expect, test } from "vitest";
import type { EmbeddingAnswer } from "../../mint-server/wire/embedding.ts";
import { openaiEmbeddings } from "../../mint-server/wire/openai/embeddings.ts";
import { FieldError } from "../../mint-server/wire/read.ts";

const CALL = { model: "gemini-embedding-001", stream: false };
const decode = (body: object) => openaiEmbeddings.decodeRequest({ input: "Hi", ...body }, CALL);
const VECTORS = [
  [0.5, -1, 0.1],
  [1e-8, 3, 0],
];

test.each([
  ["Hi", ["Hi"]],
  [
    ["a", "b"],
    ["a", "b"],
  ],
])("the input %j is %j", (input, inputs) => {
  const asked = { input, dimensions: 8, encoding_format: "base64", user: "u" };
  expect(decode(asked)).toEqual({ model: CALL.model, inputs, dimensions: 8, encoding: "base64", at: "input" });
  expect(decode({ input, dimensions: null })).toEqual({ model: CALL.model, inputs, encoding: "float", at: "input" });
});

test.each([
  [{ input: null }, "input"],
  [{ input: [] }, "input"],
  [{ input: [1, 2] }, "input"],
  [{ input: [[1], [2]] }, "input"],
  [{ input: ["a", {}] }, "input[1]"],
  [{ encoding_format: "hex" }, "encoding_format"],
  [{ dimensions: "8" }, "dimensions"],
  [{ truncate: true }, "truncate"],
])("a request with %j is refused by the name of %s", (body, param) => {
  expect(() => decode(body)).toThrow(expect.toSatisfy((error) => error instanceof FieldError && error.param === param));
});

test("providers are asked for numbers", () => {
  expect(openaiEmbeddings.encodeRequest(decode({ encoding_format: "base64", dimensions: 8 }))).toEqual({
    path: "embeddings",
    body: { model: CALL.model, input: ["Hi"], dimensions: 8 },
  });
});

test.each(["float", "base64", undefined] as const)(
  "OpenAI's SDK, asking for %s, reads the vectors",
  async (encoding_format) => {
    const answer: EmbeddingAnswer = { vectors: VECTORS, inputTokens: 4 };
    const fetch = async (_url: unknown, init?: { body?: unknown }) => {
      const asked = openaiEmbeddings.decodeRequest(JSON.parse(String(init?.body)), CALL);
      expect(asked.encoding).toBe(encoding_format ?? "base64");
      return Response.json(openaiEmbeddings.encodeAnswer(answer, asked));
    };
    const client = new OpenAI({ apiKey: "k", maxRetries: 0, fetch });
    const body = { model: CALL.model, input: ["a", "b"], ...(encoding_format && { encoding_format }) };
    const { data, usage, model } = await client.embeddings.create(body);
    expect({ usage, model }).toEqual({ usage: { prompt_tokens: 4, total_tokens: 4 }, model: CALL.model });
    const vectors = data.map(({ embedding }) => embedding as unknown);
    if (encoding_format === "float") expect(vectors).toEqual(VECTORS);
    if (encoding_format === "base64") expect(vectors[0]).toBe("AAAAPwAAgL/NzMw9");
    if (!encoding_format) expect(vectors).toEqual(VECTORS.map((vector) => [...new Float32Array(vector)]));
  },
);

test("vectors are read as numbers or base64, in the order of the texts", () => {
  const body = {
    object: "list",
    data: [
      { index: 1, embedding: [1, 2] },
      { index: 0, embedding: "AAAAPwAAgL8=" },
    ],
    usage: { prompt_tokens: 3, total_tokens: 3 },
  };
  expect(openaiEmbeddings.decodeAnswer(body)).toEqual({
    vectors: [
      [0.5, -1],
      [1, 2],
    ],
    inputTokens: 3,
  });
});

test.each([
  [{ error: { message: "no" } }],
  [{ data: [] }],
  [{ data: [{ embedding: [1] }, { embedding: "?" }] }],
  [{ data: [{ embedding: "AAA=" }] }],
  [null],
])("an answer that is none is told apart: %j", (body) => {
  expect(openaiEmbeddings.decodeAnswer(body)).toBeUndefined();
});
