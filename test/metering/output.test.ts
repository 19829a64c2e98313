import { describe, expect, test } from "vitest";
import {
  eachOutput,
  outputBound,
  totalOutput,
  withKnownMaximum,
  withMaxTokens,
} from "../../mint-server/metering/output.ts";
import { formOf, requestOf } from "./requests.ts";

type Body = Record<string, unknown>;
const total = (path: string, body: Body): number | undefined => totalOutput(outputBound(requestOf(path, body)));

describe("the output that is asked for", () => {
  test.each<[string, Body, number | undefined]>([
    ["chat/completions", {}, undefined],
    ["chat/completions", { max_tokens: null }, undefined],
    ["chat/completions", { max_tokens: 100 }, 100],
    ["chat/completions", { max_tokens: 100, max_completion_tokens: 300 }, 300],
    ["chat/completions", { max_tokens: 100, n: 3 }, 300],
    ["chat/completions", { max_tokens: 100, n: "3" }, 300],
    ["chat/completions", { max_tokens: 99.5, n: 1.5 }, 200],
    ["chat/completions", { max_tokens: 100, n: -1 }, 100],
    ["chat/completions", { max_tokens: 100, n: "many" }, 100],
    ["completions", {}, undefined],
    ["completions", { max_tokens: 10, n: 2, best_of: 5, prompt: "x" }, 50],
    ["completions", { max_tokens: 10, n: 2, prompt: ["x", "y", "z"] }, 60],
    ["completions", { max_tokens: 10, prompt: [1, 2, 3] }, 10],
    ["completions", { max_tokens: 10, prompt: [[1, 2], [3]] }, 20],
    ["completions", { max_tokens: 10, prompt: [1, "x"] }, 20],
    ["responses", { max_output_tokens: 64 }, 64],
    ["anthropic/v1/messages", { max_tokens: 0 }, 0],
    ["anthropic/v1/messages", { max_tokens: 2000, thinking: { type: "enabled", budget_tokens: 1024 } }, 2000],
    ["anthropic/v1/messages", { max_tokens: 2000, thinking: { type: "enabled", budget_tokens: 2000 } }, 4000],
    ["anthropic/v1/messages", { max_tokens: 2000, thinking: { type: "enabled", budget_tokens: 8999.5 } }, 11_000],
    ["anthropic/v1/messages", { max_tokens: 10, fallbacks: [{ model: "a", max_tokens: 500 }, { model: "b" }] }, 1500],
    ["anthropic/v1/messages", { max_tokens: 0, fallbacks: [{ model: "a", max_tokens: 500 }] }, undefined],
    ["anthropic/v1/messages", { max_tokens: 10, fallbacks: "default" }, 40],
    ["generateContent", { generationConfig: { maxOutputTokens: 50, candidateCount: 4 } }, 200],
    ["generateContent", { generation_config: { max_output_tokens: 50, candidate_count: 2 } }, 100],
    ["streamGenerateContent", { contents: [] }, undefined],
    ["embeddings", { input: "x" }, 0],
    ["embedContent", { content: {} }, 0],
    ["moderations", { input: "x" }, 0],
    ["countTokens", { contents: [] }, 0],
    ["images/generations", { prompt: "x", n: 2 }, 65_536],
    ["audio/speech", { input: "x" }, 32_768],
  ])("of %s with %j", (path, body, tokens) => {
    expect(total(path, body)).toBe(tokens);
  });

  // Such a maximum is no maximum to some providers.
  test.each([-1, 0, "100", true, {}])("is not bounded by %j", (value) => {
    expect(total("chat/completions", { max_tokens: value })).toBeUndefined();
    expect(total("chat/completions", { max_tokens: value, max_completion_tokens: 100 })).toBeUndefined();
    expect(total("responses", { max_output_tokens: value })).toBeUndefined();
  });

  test("is never more than can be counted", () => {
    for (const [path, body] of [
      ["chat/completions", { max_tokens: Number.MAX_SAFE_INTEGER }],
      ["chat/completions", { max_tokens: 1, n: Number.MAX_SAFE_INTEGER }],
      ["anthropic/v1/messages", { max_tokens: 1e300, thinking: { budget_tokens: 1e300 } }],
    ] as const)
      expect(total(path, body)).toBe(1e9);
  });

  test("holds a prediction that may not come true, for each answer", () => {
    const prediction = { type: "content", content: "x".repeat(500) };
    expect(total("chat/completions", { max_tokens: 100, prediction })).toBeGreaterThanOrEqual(600);
    expect(total("chat/completions", { max_tokens: 100, n: 2, prediction })).toBeGreaterThanOrEqual(1200);
  });

  test("of a transcript is what its model can write", () => {
    expect(totalOutput(outputBound(formOf("audio/transcriptions", 10)))).toBe(16_000);
  });

  test("is usually short where the schema says so", () => {
    expect(outputBound(requestOf("completions", { prompt: "x" })).usual).toBe(16);
  });
});

test("what is granted is shared by the answers", () => {
  const bound = { answers: 3, beside: 10 };
  expect(eachOutput(bound, 100)).toBe(30);
  expect(eachOutput(bound, 99)).toBe(29);
  expect(totalOutput(bound, 30)).toBe(100);
  expect(eachOutput(bound, 5)).toBe(0);
});

describe("a maximum is written in its schema's own field", () => {
  test.each<[string, string, Body, Body]>([
    ["chat/completions", "gpt-4o", { n: 2 }, { n: 2, max_tokens: 77 }],
    ["chat/completions", "gpt-5.1", { n: 2 }, { n: 2, max_completion_tokens: 77 }],
    ["chat/completions", "o3", { max_tokens: "9" }, { max_completion_tokens: 77 }],
    ["chat/completions", "llama-3.3", { max_completion_tokens: -1 }, { max_tokens: 77 }],
    ["completions", "x", { prompt: "a" }, { prompt: "a", max_tokens: 77 }],
    ["responses", "gpt-5", { input: "a" }, { input: "a", max_output_tokens: 77 }],
    ["anthropic/v1/messages", "claude-opus-4-8", { messages: [] }, { messages: [], max_tokens: 77 }],
    ["generateContent", "gemini-3-pro", { contents: [] }, { contents: [], generationConfig: { maxOutputTokens: 77 } }],
    [
      "streamGenerateContent",
      "gemini-3-pro",
      { generation_config: { topK: 1, max_output_tokens: 0 } },
      { generation_config: { topK: 1, maxOutputTokens: 77 } },
    ],
  ])("%s of %s with %j", (path, model, body, expected) => {
    const before = structuredClone(body);
    const request = requestOf(path, body, model);
    const written = withMaxTokens(request, 77);
    expect(written.body).toEqual(expected);
    expect(JSON.parse(String(written.payload))).toEqual(expected);
    expect(totalOutput(outputBound(written))).toBe(77 * outputBound(request).answers);
    expect(request.body).toEqual(before);
  });

  test("and nowhere else", () => {
    for (const path of ["embeddings", "moderations", "countTokens", "images/generations"]) {
      const request = requestOf(path, { input: "x" });
      expect(withMaxTokens(request, 77)).toBe(request);
    }
    const form = formOf("audio/transcriptions", 10);
    expect(withMaxTokens(form, 77)).toBe(form);
  });
});

describe("a maximum by OpenAI's newer name", () => {
  const sent = (body: Body, model: string, path = "chat/completions") => {
    const { body: fields, payload } = withKnownMaximum(requestOf(path, body, model));
    expect(JSON.parse(String(payload))).toEqual(fields);
    return fields;
  };

  test("goes to other makers' models by the name that all of them know", () => {
    expect(sent({ messages: [], max_completion_tokens: 5 }, "deepseek-chat")).toEqual({ messages: [], max_tokens: 5 });
    expect(sent({ max_completion_tokens: 5, max_tokens: null }, "llama3")).toEqual({ max_tokens: 5 });
  });

  test.each([
    [{ max_completion_tokens: 5 }, "gpt-5"],
    [{ max_completion_tokens: 5 }, "openai/gpt-4o"],
    [{ max_completion_tokens: 5, max_tokens: 4 }, "deepseek-chat"],
    [{ max_tokens: 4 }, "deepseek-chat"],
    [{ max_completion_tokens: null }, "deepseek-chat"],
  ])("and stays as it is in %j for %s", (body, model) => {
    expect(sent(body, model)).toEqual(body);
  });

  test("and in other schemas", () => {
    expect(sent({ max_completion_tokens: 5 }, "m", "completions")).toEqual({ max_completion_tokens: 5 });
  });
});
