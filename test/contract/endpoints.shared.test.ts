import { expect, test } from "vitest";
import {
  findModelEndpoint,
  GRANTABLE_ENDPOINTS,
  MAX_MEDIA_BODY_BYTES,
  MODEL_ENDPOINTS,
  type ModelEndpoint,
} from "../../mint-server/contract/endpoints.ts";

test.each(MODEL_ENDPOINTS)("finds $path, and the model in a path that has one", (endpoint) => {
  const [before = "", after] = endpoint.path.split("{model}");
  if (after === undefined) return expect(findModelEndpoint(endpoint.path)).toEqual({ endpoint });
  for (const model of ["gemini-2.5-pro", "google/gemini-2.5-pro", "a%2Fb", "tuned:1"]) {
    const found = { endpoint, model };
    expect(findModelEndpoint(`${before}${model}${after}`)).toEqual(found);
    expect(findModelEndpoint(`${before.replace("v1beta", "v1")}${model}${after}`)).toEqual(found);
  }
});

test.each([
  "",
  "files",
  "chat/completions/",
  "x/chat/completions",
  "google/v1beta/models/gemini-2.5-pro",
  "google/v1beta/models/:generateContent",
  "google/v1beta/models/gemini-2.5-pro:deleteContent",
  "google/v1beta/models/gemini-2.5-pro:generateContent/x",
  "google/v2/models/gemini-2.5-pro:generateContent",
  "x/google/v1beta/models/gemini-2.5-pro:generateContent",
])("finds nothing at %j", (path) => {
  expect(findModelEndpoint(path)).toBeUndefined();
});

test("a grant may list each by its name; ways to ask the same thing have one", () => {
  expect([...GRANTABLE_ENDPOINTS].sort()).toEqual([
    ...["audio/speech", "audio/transcriptions", "auto", "chat/completions", "completions", "countTokens"],
    ...["embedContent", "embeddings", "generateContent", "images/generations", "messages", "models", "moderations"],
    ...["realtime", "responses"],
  ]);
});

/** The paths of those that are so, shortened. */
const those = (isSo: (endpoint: ModelEndpoint) => boolean | undefined): readonly string[] =>
  MODEL_ENDPOINTS.filter(isSo).map(({ path }) => path.replace(/^google.*:/, ""));

test("takes large bodies where pictures, sound and files have a place", () => {
  expect(MAX_MEDIA_BODY_BYTES).toBe(27_262_976);
  expect(those(({ takesMedia }) => takesMedia)).toEqual([
    ...["chat/completions", "moderations", "responses", "auto", "audio/transcriptions", "anthropic/v1/messages"],
    ...["generateContent", "streamGenerateContent", "countTokens"],
  ]);
  expect(those(({ body }) => body === "multipart")).toEqual(["audio/transcriptions"]);
  expect(those(({ streams }) => streams)).toEqual(["streamGenerateContent"]);
});

test("a stream ends as its schema says", () => {
  const kinds = { done: "[DONE]", types: "", candidates: "every candidate has finished" };
  const ends = MODEL_ENDPOINTS.filter(({ schema }) => !schema.includes("embeddings")).map(
    ({ schema, name, terminal }) => [
      schema,
      name,
      terminal.kind === "types" ? terminal.types.join(" ") : kinds[terminal.kind],
    ],
  );
  expect(ends).toEqual([
    ["chat", "chat/completions", kinds.done],
    ["completions", "completions", kinds.done],
    ["openai", "moderations", kinds.done],
    ["responses", "responses", "response.completed response.failed response.incomplete"],
    ["chat", "auto", kinds.done],
    ["openai", "images/generations", "image_generation.completed"],
    ["openai", "audio/speech", "speech.audio.done"],
    ["openai", "audio/transcriptions", "transcript.text.done"],
    ["anthropic", "messages", "message_stop"],
    ["google", "generateContent", kinds.candidates],
    ["google", "generateContent", kinds.candidates],
    ["google", "countTokens", kinds.candidates],
  ]);
});
