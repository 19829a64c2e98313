import { describe, expect, test } from "vitest";
import { type EndedAnswer, isStorable } from "../../mint-server/cache/complete-answer.ts";
import { utf8 } from "../../mint-server/contract/bytes.ts";
import { findModelEndpoint, type ModelEndpoint } from "../../mint-server/contract/endpoints.ts";
import { errorEvent } from "../../mint-server/contract/error-shapes.ts";
import { TRUNCATED } from "../../mint-server/contract/openai-error.ts";
import { collect, decodeStream } from "../wire/support/collect.ts";
import { joined } from "../wire/support/converse.ts";
import { type ChatSchema, callerOf, schemas } from "../wire/support/formats.ts";
import { tell } from "../wire/support/listeners.ts";
import { createStamp } from "../wire/support/samples.ts";
import { STREAMS } from "../wire/support/streams.ts";
import { type RecordedStream, recordedStreams } from "./corpus.ts";

const GEMINI = "google/v1beta/models/gemini-3-flash-preview";
const PATHS: Readonly<Record<ChatSchema, string>> = {
  chat: "chat/completions",
  completions: "completions",
  responses: "responses",
  anthropic: "anthropic/v1/messages",
  google: `${GEMINI}:streamGenerateContent`,
};

function endpointAt(path: string): ModelEndpoint {
  const endpoint = findModelEndpoint(path)?.endpoint;
  if (!endpoint) throw new Error(`no endpoint ${path}`);
  return endpoint;
}

/** Whether it would be stored if everything else about it were right. */
function isStored(path: string, body: string, rest: Partial<EndedAnswer> = {}): boolean {
  const headers = {
    "content-type": body.startsWith("{") || body.startsWith("[") ? "application/json" : "text/event-stream",
  };
  return isStorable(endpointAt(path), { status: 200, headers, body: utf8(body), isComplete: true, ...rest });
}

const CORPUS = [...recordedStreams()];

test("the corpus holds at least 500 different streams of all schemas", () => {
  expect(new Set(CORPUS.map(({ schema, text }) => `${schema}\n${text}`)).size).toBe(CORPUS.length);
  expect(new Set(CORPUS.map(({ name }) => name)).size).toBe(CORPUS.length);
  expect(CORPUS.length).toBeGreaterThanOrEqual(500);
  for (const schema of Object.keys(PATHS)) {
    expect(CORPUS.filter((stream) => stream.schema === schema).length).toBeGreaterThanOrEqual(50);
  }
});

test("stores every whole stream of the corpus", () => {
  expect(CORPUS.filter(({ path, text }) => !isStored(path, text)).map(({ name }) => name)).toEqual([]);
});

/** A stream's beginnings, each up to the end of an event. */
function* beginnings(text: string): Generator<string> {
  for (const { index } of text.matchAll(/\r?\n\r?\n/g)) {
    const end = /^\r?\n\r?\n/.exec(text.slice(index))?.[0].length ?? 0;
    // Comments at the end say nothing.
    if (text.slice(index + end).replace(/: ping\r?\n\r?\n/g, "") !== "") yield text.slice(0, index + end);
  }
}

const short = ({ text }: RecordedStream): boolean => text.length < 20_000;

describe.each(Object.keys(PATHS) as ChatSchema[])("streams of %s", (schema) => {
  const streams = CORPUS.filter((stream) => stream.schema === schema);

  test("are not stored when they were cut after any event, even if they are said to be complete", () => {
    let cuts = 0;
    for (const { name, path, text } of streams.filter(short)) {
      for (const beginning of beginnings(text)) {
        cuts++;
        if (isStored(path, beginning)) expect.fail(`${name}: stored after ${beginning.slice(-200)}`);
      }
    }
    expect(cuts).toBeGreaterThan(300);
  });

  test("are not stored when they were cut at any byte", () => {
    const stream = streams.find(({ name }) => name.includes("thoughts, text and parallel calls"));
    const bytes = utf8(stream?.text ?? "");
    // Whether the last line end is one or two bytes long, and both of them there, says nothing.
    for (let end = 0; end < bytes.length - 2; end++) {
      const headers = { "content-type": "text/event-stream" };
      const cut = { status: 200, headers, body: bytes.subarray(0, end), isComplete: true };
      if (isStorable(endpointAt(PATHS[schema]), cut)) expect.fail(`stored ${end} of ${bytes.length} bytes`);
    }
  });

  test("are not stored without a success, or when the end was not seen, or under another type", () => {
    const [stream] = streams;
    const { path = "", text = "" } = stream ?? {};
    expect(isStored(path, text)).toBe(true);
    expect(isStored(path, text, { isComplete: false })).toBe(false);
    for (const status of [0, 199, 201, 204, 206, 301, 400, 401, 429, 500, 503]) {
      expect(isStored(path, text, { status })).toBe(false);
    }
    for (const type of ["application/json", "text/html", "application/octet-stream", ""]) {
      expect(isStored(path, text, { headers: { "content-type": type } })).toBe(false);
    }
    expect(isStored(path, text, { headers: {} })).toBe(false);
    expect(isStored(path, text, { headers: { "content-type": "Text/Event-Stream ; charset=utf-8" } })).toBe(true);
  });

  test("are not stored with an error event anywhere, ours or a provider's", () => {
    const [stream] = streams;
    const { path = "", text = "" } = stream ?? {};
    const errorSchema = schema === "anthropic" || schema === "google" ? schema : "openai";
    const errors = [
      errorEvent(TRUNCATED, errorSchema),
      'data: {"error":{"message":"Overloaded"}}\n\n',
      'event: error\ndata: {"message":"x"}\n\n',
      'data: {"type":"error","message":"x"}\n\n',
    ];
    for (const error of errors) {
      expect(isStored(path, error + text)).toBe(false);
      expect(isStored(path, text + error)).toBe(false);
      for (const beginning of beginnings(text)) {
        expect(isStored(path, beginning + error)).toBe(false);
        expect(isStored(path, beginning + error + text.slice(beginning.length))).toBe(false);
      }
    }
  });
});

test.each(STREAMS.filter(({ ends }) => ends === "error"))("does not store a stream with $name", (stream) => {
  const own = callerOf(stream.wire);
  if (own) expect(isStored(PATHS[own], new TextDecoder().decode(joined(stream.pieces)))).toBe(false);
  for (const schema of Object.keys(PATHS) as ChatSchema[]) {
    expect(isStored(PATHS[schema], tell(stream, schema, stream.pieces).join(""))).toBe(false);
  }
});

describe.each(STREAMS.filter(({ ends }) => ends === "whole"))("the whole answer of $name", (stream) => {
  const answer = collect(decodeStream(stream.wire, joined(stream.pieces), stream.request));

  test.each(Object.keys(PATHS) as ChatSchema[])("is stored in %s, and no part of it", (schema) => {
    if (!answer) throw new Error("the stream was not whole");
    const path = PATHS[schema].replace("streamGenerateContent", "generateContent");
    const body = JSON.stringify(schemas[schema].encodeAnswer(answer, stream.request, createStamp()));
    expect(isStored(path, body)).toBe(true);
    expect(isStored(path, body, { isComplete: false })).toBe(false);
    for (let end = 1; end < body.length; end++) {
      if (isStored(path, body.slice(0, end))) expect.fail(`stored ${body.slice(0, end)}`);
    }
  });

  test("is stored as Gemini's array, and no beginning of it", () => {
    const text = tell(stream, "google's array", stream.pieces).join("");
    expect(isStored(PATHS.google, text)).toBe(true);
    const list = JSON.parse(text) as readonly unknown[];
    for (let end = 0; end < list.length; end++) {
      expect(isStored(PATHS.google, JSON.stringify(list.slice(0, end)))).toBe(false);
    }
  });
});

const chunk = (choice: object): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, ...choice }] })}\n\n`;
const chat = (...choices: readonly object[]): string => `${choices.map(chunk).join("")}data: [DONE]\n\n`;
const completion = (choice: object): string =>
  JSON.stringify({ object: "chat.completion", choices: [{ index: 0, ...choice }] });
const calls = (...list: readonly object[]) => ({ delta: { tool_calls: list } });
const piece = (index: number | undefined, text: string, id?: string, name?: string): object => ({
  ...(index !== undefined && { index }),
  ...(id && { id }),
  function: { ...(name && { name }), arguments: text },
});
const named = (body: { readonly type: string }): string => `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`;
const events = (...bodies: readonly { readonly type: string }[]): string => bodies.map(named).join("");
const gemini = (...bodies: readonly object[]): string =>
  bodies.map((body) => `data: ${JSON.stringify(body)}\n\n`).join("");
const start = { type: "message_start", message: { type: "message", content: [] } };
const stop = [{ type: "message_delta", delta: { stop_reason: "tool_use" } }, { type: "message_stop" }];
const tool = {
  type: "content_block_start",
  index: 0,
  content_block: { type: "tool_use", id: "a", name: "f", input: {} },
};
const input = (partial_json: string) => ({
  type: "content_block_delta",
  index: 0,
  delta: { type: "input_json_delta", partial_json },
});
const over = { type: "content_block_stop", index: 0 };
const response = (fields: object) => ({ object: "response", output: [], status: "completed", ...fields });
const item = (text: string) => ({ type: "function_call", call_id: "a", name: "f", arguments: text });

test.each<[string, string, string]>([
  ["an answer that was cut at its limit", "chat/completions", chat({ finish_reason: "length" })],
  ["one that a filter took out", "chat/completions", completion({ message: {}, finish_reason: "content_filter" })],
  ["a refusal", "chat/completions", completion({ message: { refusal: "No" }, finish_reason: "stop" })],
  [
    "a call in pieces",
    "chat/completions",
    chat(calls(piece(0, '{"a', "c1", "f")), calls(piece(0, '":1}')), { finish_reason: "tool_calls" }),
  ],
  [
    "a call without arguments",
    "chat/completions",
    chat(calls(piece(0, "", "c1", "f")), { finish_reason: "tool_calls" }),
  ],
  [
    "calls without an index",
    "chat/completions",
    chat(
      calls(piece(undefined, "{}", "c1", "f")),
      calls(piece(undefined, '{"b":', "c2", "g")),
      calls(piece(undefined, "2}")),
      { finish_reason: "tool_calls" },
    ),
  ],
  [
    "calls that share an index",
    "chat/completions",
    chat(calls(piece(0, "{}", "c1", "f")), calls(piece(0, "{}", "c2", "g")), { finish_reason: "tool_calls" }),
  ],
  [
    "the older kind of call",
    "chat/completions",
    completion({ message: { function_call: { name: "f", arguments: '{"a":1}' } }, finish_reason: "function_call" }),
  ],
  [
    "a tool's free text",
    "chat/completions",
    completion({
      message: { tool_calls: [{ id: "c", type: "custom", custom: { name: "f", input: "SELECT {" } }] },
      finish_reason: "tool_calls",
    }),
  ],
  [
    "an error that is null",
    "chat/completions",
    JSON.stringify({ error: null, choices: [{ index: 0, message: {}, finish_reason: "stop" }] }),
  ],
  ["a completion", "completions", JSON.stringify({ choices: [{ index: 0, text: "", finish_reason: "length" }] })],
  ["a response that was cut at its limit", "responses", JSON.stringify(response({ status: "incomplete" }))],
  [
    "a response's stream",
    "responses",
    events({ type: "response.completed", response: response({ output: [item("{}")] }) } as { type: string }),
  ],
  ["a tool of Claude's", "anthropic/v1/messages", events(start, tool, input('{"a":'), input("1}"), over, ...stop)],
  ["a tool without input", "anthropic/v1/messages", events(start, tool, input(""), over, ...stop)],
  [
    "Claude's refusal",
    "anthropic/v1/messages",
    JSON.stringify({ type: "message", content: [], stop_reason: "refusal" }),
  ],
  [
    "a prompt that Gemini blocked",
    `${GEMINI}:generateContent`,
    JSON.stringify({ promptFeedback: { blockReason: "SAFETY" } }),
  ],
  [
    "an answer that Gemini took out",
    `${GEMINI}:generateContent`,
    JSON.stringify({ candidates: [{ finishReason: "SAFETY" }] }),
  ],
  ["vectors", "embeddings", JSON.stringify({ object: "list", data: [{ embedding: [0.1] }] })],
  ["Gemini's vector", `${GEMINI}:embedContent`, JSON.stringify({ embedding: { values: [1] } })],
  ["Gemini's vectors", `${GEMINI}:batchEmbedContents`, JSON.stringify({ embeddings: [{ values: [1] }] })],
  ["a moderation", "moderations", JSON.stringify({ results: [{ flagged: false }] })],
  ["a count of tokens", `${GEMINI}:countTokens`, JSON.stringify({ totalTokens: 0 })],
])("stores %s", (_, path, body) => {
  expect(isStored(path, body)).toBe(true);
});

test.each<[string, string, string]>([
  [
    "an answer without a reason to end",
    "chat/completions",
    completion({ message: { content: "So" }, finish_reason: null }),
  ],
  [
    "a stream whose second choice did not end",
    "chat/completions",
    chat({ finish_reason: "stop" }, { index: 1, delta: { content: "So" } }),
  ],
  ["an answer without choices", "chat/completions", JSON.stringify({ choices: [] })],
  ["a stream of nothing but its end", "chat/completions", chat()],
  ["a stream that ends with an error for its reason", "chat/completions", chat({ finish_reason: "error" })],
  [
    "a choice with an error",
    "chat/completions",
    completion({ message: {}, error: { code: 502 }, finish_reason: "stop" }),
  ],
  ["an error inside a success", "chat/completions", JSON.stringify({ error: { message: "Overloaded" } })],
  [
    "an error beside an answer",
    "chat/completions",
    JSON.stringify({ error: "x", choices: [{ message: {}, finish_reason: "stop" }] }),
  ],
  [
    "a call whose arguments break off",
    "chat/completions",
    chat(calls(piece(0, '{"a":', "c1", "f")), { finish_reason: "length" }),
  ],
  [
    "a call with too much of them",
    "chat/completions",
    completion({
      message: { tool_calls: [{ id: "c", function: { name: "f", arguments: "{}{}" } }] },
      finish_reason: "tool_calls",
    }),
  ],
  [
    "the second of two calls broken",
    "chat/completions",
    chat(calls(piece(0, "{}", "c1", "f"), piece(1, "{", "c2", "g")), { finish_reason: "tool_calls" }),
  ],
  ["a chunk that is no JSON", "chat/completions", `data: {"choices"\n\n${chat({ finish_reason: "stop" })}`],
  ["a page", "chat/completions", "<html>Bad gateway</html>"],
  ["a text instead of an object", "chat/completions", '"ok"'],
  ["a list of OpenAI's", "chat/completions", "[]"],
  ["a completion without its reason", "completions", JSON.stringify({ choices: [{ text: "a", finish_reason: null }] })],
  [
    "a response that failed",
    "responses",
    events({ type: "response.failed", response: response({ status: "failed", error: { code: "x" } }) } as {
      type: string;
    }),
  ],
  ["a response that goes on in the background", "responses", JSON.stringify(response({ status: "queued" }))],
  ["a response that was cancelled", "responses", JSON.stringify(response({ status: "cancelled" }))],
  ["a response with a broken call", "responses", JSON.stringify(response({ output: [item("{")] }))],
  [
    "a broken call that the end left out",
    "responses",
    events(
      { type: "response.output_item.done", item: item("{") } as { type: string },
      { type: "response.completed", response: response({}) } as { type: string },
    ),
  ],
  ["Claude's error", "anthropic/v1/messages", JSON.stringify({ type: "error", error: { type: "overloaded_error" } })],
  [
    "a message without its reason",
    "anthropic/v1/messages",
    JSON.stringify({ type: "message", content: [], stop_reason: null }),
  ],
  ["a tool with broken input", "anthropic/v1/messages", events(start, tool, input('{"a":'), over, ...stop)],
  ["a block that is not over", "anthropic/v1/messages", events(start, tool, input("{}"), ...stop)],
  ["a stream without its reason", "anthropic/v1/messages", events(start, { type: "message_stop" })],
  [
    "a candidate without its reason",
    `${GEMINI}:generateContent`,
    JSON.stringify({ candidates: [{ content: { parts: [] } }] }),
  ],
  [
    "the first of two candidates unfinished",
    PATHS.google,
    gemini(
      {
        candidates: [
          { index: 0, content: {} },
          { index: 1, content: {} },
        ],
      },
      { candidates: [{ index: 1, finishReason: "STOP" }] },
    ),
  ],
  [
    "a call that Gemini got wrong",
    `${GEMINI}:generateContent`,
    JSON.stringify({ candidates: [{ finishReason: "MALFORMED_FUNCTION_CALL" }] }),
  ],
  ["no vectors", "embeddings", JSON.stringify({ object: "list", data: [] })],
  ["no moderation", "moderations", "{}"],
  ["no count", `${GEMINI}:countTokens`, "{}"],
  ["an image", "images/generations", JSON.stringify({ data: [{ b64_json: "AA" }] })],
  ["a recording", "audio/speech", JSON.stringify({ data: [1] })],
])("does not store %s", (_, path, body) => {
  expect(isStored(path, body)).toBe(false);
  expect(isStored(path, body, { headers: { "content-type": "application/json" } })).toBe(false);
});

test("does not store what is not UTF-8", () => {
  const body = utf8(completion({ message: { content: "ä" }, finish_reason: "stop" }));
  const answer = { status: 200, headers: { "content-type": "application/json" }, isComplete: true };
  expect(isStorable(endpointAt("chat/completions"), { ...answer, body })).toBe(true);
  const broken = body.slice();
  broken[body.indexOf(0xa4)] = 0x41;
  expect(isStorable(endpointAt("chat/completions"), { ...answer, body: broken })).toBe(false);
});
