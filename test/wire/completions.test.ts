import OpenAI from "openai";
import type { Completion } from "openai/resources/completions";
import { expect, test } from "vitest";
import { type ChatAnswer, eventsOf, type StreamEvent } from "../../mint-server/wire/chat-answer.ts";
import { completions } from "../../mint-server/wire/completions/format.ts";
import { FieldError } from "../../mint-server/wire/read.ts";

const CALL = { model: "claude-1", stream: false };
const STAMP = { created: 1_700_000_000, newId: (prefix: string) => `${prefix}new` };
const decode = (body: object) => completions.decodeRequest({ prompt: "Hi", ...body }, CALL);
const ANSWER: ChatAnswer = {
  choices: [
    {
      index: 0,
      parts: [
        { kind: "reasoning", text: "Hm." },
        { kind: "text", text: "A" },
        { kind: "text", text: "B" },
      ],
      finish: { reason: "length" },
    },
  ],
  usage: { inputTokens: 1, outputTokens: 2 },
};

test.each([["Hi"], [["Hi"]]])("the prompt %j becomes a message of the user", (prompt) => {
  expect(decode({ prompt, max_tokens: 5, stop: "x", best_of: 1, echo: false, n: 2 })).toEqual({
    ...CALL,
    messages: [{ role: "user", parts: [{ kind: "text", text: "Hi" }] }],
    tools: [],
    maxTokens: 5,
    stop: ["x"],
    choices: 2,
    includeUsage: false,
    asked: new Map([
      ["choices", "n"],
      ["stop", "stop"],
      ["maxTokens", "max_tokens"],
    ]),
  });
});

test.each([
  [{ suffix: "." }, "suffix"],
  [{ echo: true }, "echo"],
  [{ best_of: 3 }, "best_of"],
  [{ logprobs: 0 }, "logprobs"],
  [{ prompt: null }, "prompt"],
  [{ prompt: [] }, "prompt"],
  [{ prompt: ["a", "b"] }, "prompt"],
  [{ prompt: [1, 2] }, "prompt"],
  [{ prompt: [[1, 2]] }, "prompt"],
  [{ messages: [] }, "messages"],
  [{ temperature: "x" }, "temperature"],
])("a request with %j is refused by the name of %s", (body, param) => {
  expect(() => decode(body)).toThrow(expect.toSatisfy((error) => error instanceof FieldError && error.param === param));
});

test("a whole answer holds what was said, and no thoughts", () => {
  expect(completions.encodeAnswer(ANSWER, decode({}), STAMP)).toEqual({
    id: "cmpl-new",
    object: "text_completion",
    created: 1_700_000_000,
    model: "claude-1",
    choices: [{ text: "AB", index: 0, logprobs: null, finish_reason: "length" }],
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3, prompt_tokens_details: { cached_tokens: 0 } },
  } satisfies Completion);
});

test.each([
  ["stop", "stop"],
  ["tool_calls", "stop"],
  ["refusal", "content_filter"],
  ["content_filter", "content_filter"],
  ["pause", "length"],
] as const)("the end %s is called %s", (reason, finish_reason) => {
  const answer: ChatAnswer = { choices: [{ index: 0, parts: [], finish: { reason } }] };
  expect(completions.encodeAnswer(answer, decode({}), STAMP)).toMatchObject({ choices: [{ finish_reason }] });
});

const write = (events: Iterable<StreamEvent>, body: object = {}) => {
  const encoder = completions.createStreamEncoder(decode(body), STAMP);
  return [...events].map((event) => encoder.encode(event)).join("");
};
const read = async (stream: string) => {
  const fetch = async () => new Response(stream, { headers: { "content-type": "text/event-stream" } });
  const client = new OpenAI({ apiKey: "k", maxRetries: 0, fetch });
  const chunks: Completion[] = [];
  for await (const chunk of await client.completions.create({ model: "m", prompt: "Hi", stream: true }))
    chunks.push(chunk);
  return chunks;
};

test("a stream is read by OpenAI's SDK, with usage only if it was asked for", async () => {
  const chunks = await read(write(eventsOf(ANSWER), { stream_options: { include_usage: true } }));
  expect(
    chunks.map(({ choices, usage }) => [choices[0]?.text, choices[0]?.finish_reason, usage?.total_tokens]),
  ).toEqual([
    ["A", null, undefined],
    ["B", null, undefined],
    ["", "length", undefined],
    [undefined, undefined, 3],
  ]);
  expect(new Set(chunks.map(({ id, object }) => `${id} ${object}`))).toEqual(new Set(["cmpl-new text_completion"]));
  const plain = write(eventsOf(ANSWER));
  expect(plain).not.toContain("usage");
  expect(plain.endsWith("data: [DONE]\n\n")).toBe(true);
});

test("a stream that fails ends with an error that the SDK throws, and nothing after it", async () => {
  const details = { message: "down", type: "upstream_error", code: null };
  const stream = write([{ type: "text", choice: 0, text: "A" }, { type: "error", details }, { type: "end" }]);
  expect(stream).not.toContain("[DONE]");
  await expect(read(stream)).rejects.toThrow("down");
});
