import Anthropic from "@anthropic-ai/sdk";
import type {
  Message,
  MessageCreateParamsNonStreaming,
  MessageCreateParamsStreaming,
  RawMessageStreamEvent,
} from "@anthropic-ai/sdk/resources/messages/messages";
import { describe, expect, test } from "vitest";
import { encodeError } from "../../mint-server/contract/error-shapes.ts";
import { anthropic } from "../../mint-server/wire/anthropic/format.ts";
import { forVertex } from "../../mint-server/wire/anthropic/vertex.ts";
import { packCallId, packSignature } from "../../mint-server/wire/carry.ts";
import { type ChatAnswer, eventsOf, type StreamEvent } from "../../mint-server/wire/chat-answer.ts";
import type { ChatRequest, Part, Setting, Tool } from "../../mint-server/wire/chat-request.ts";
import { FieldError } from "../../mint-server/wire/read.ts";

const OLD = "claude-3-5-sonnet-20241022";
const MIDDLE = "claude-sonnet-4-5";
const NEW = "claude-opus-4-8";

function say(text: string): Part {
  return { kind: "text", text };
}

function request(fields: Partial<ChatRequest> = {}): ChatRequest {
  return {
    model: OLD,
    stream: false,
    messages: [{ role: "user", parts: [say("Hello")] }],
    tools: [],
    includeUsage: false,
    asked: new Map<Setting, string>(),
    ...fields,
  };
}

/** What `fields` make of the body, next to the model, `max_tokens` and the one message. */
function encoded(fields: Partial<ChatRequest>): Record<string, unknown> {
  return anthropic.encodeRequest(request(fields), {});
}

function problemOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof FieldError) return error.param;
    throw error;
  }
  throw new Error("nothing was refused");
}

const WEATHER: Tool = {
  kind: "function",
  name: "weather",
  description: "Tells the weather.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const TIME: Tool = { kind: "function", name: "time" };
const SCHEMA = { type: "object", properties: { n: { type: "integer", minimum: 1 } }, required: ["n"] };

describe("a request to Anthropic", () => {
  test("says the same in Anthropic's words", () => {
    const body = encoded({
      model: OLD,
      stream: true,
      messages: [
        { role: "system", parts: [{ kind: "text", text: "Be brief.", cache: { ttl: "1h" } }] },
        { role: "developer", parts: [say("Be kind.")] },
        { role: "user", parts: [say("What is this?"), say(""), say("Look:")] },
        {
          role: "user",
          parts: [
            { kind: "image", at: "a", source: { kind: "base64", mediaType: "image/jpg", data: "AA==" } },
            { kind: "image", at: "b", source: { kind: "url", url: "https://x.example/i.png" }, cache: {} },
            {
              kind: "file",
              at: "c",
              name: "a.pdf",
              source: { kind: "base64", mediaType: "application/pdf", data: "AQ==" },
            },
            { kind: "file", at: "d", source: { kind: "url", url: "https://x.example/b.pdf" } },
            { kind: "file", at: "e", source: { kind: "base64", mediaType: "text/plain", data: "w6k=" } },
          ],
        },
        { role: "assistant", parts: [say("A cat. ")] },
      ],
      maxTokens: 100,
      temperature: 1.5,
      topP: 0.5,
      topK: 5,
      stop: ["END"],
      user: "u1",
      serviceTier: "default",
      seed: 1,
      metadata: { a: "b" },
    });
    expect(body).toEqual({
      model: OLD,
      stream: true,
      system: [
        { type: "text", text: "Be brief.", cache_control: { type: "ephemeral", ttl: "1h" } },
        { type: "text", text: "Be kind." },
      ],
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "text", text: "Look:" },
            { type: "image", source: { type: "base64", media_type: "image/jpeg", data: "AA==" } },
            {
              type: "image",
              source: { type: "url", url: "https://x.example/i.png" },
              cache_control: { type: "ephemeral" },
            },
            {
              type: "document",
              title: "a.pdf",
              source: { type: "base64", media_type: "application/pdf", data: "AQ==" },
            },
            { type: "document", source: { type: "url", url: "https://x.example/b.pdf" } },
            { type: "document", source: { type: "text", media_type: "text/plain", data: "é" } },
          ],
        },
        { role: "assistant", content: [{ type: "text", text: "A cat." }] },
      ],
      max_tokens: 100,
      temperature: 1,
      top_p: 0.5,
      top_k: 5,
      stop_sequences: ["END"],
      metadata: { user_id: "u1" },
      service_tier: "standard_only",
    } satisfies MessageCreateParamsStreaming & { temperature: number; top_p: number; top_k: number });
  });

  test.each([
    ["claude-2", 4096],
    ["claude-2.1", 4096],
    ["claude-instant-1.2", 4096],
    ["claude-3-haiku-20240307", 4096],
    ["claude-3-opus@20240229", 4096],
    ["anthropic.claude-3-sonnet-20240229-v1:0", 4096],
    ["claude-3-5-haiku-latest", 8192],
    ["claude-3-7-sonnet-latest", 32_000],
    ["claude-sonnet-4-20250514", 32_000],
    ["claude-opus-5-5", 32_000],
    ["claude-mythos-preview", 32_000],
    ["a-model-of-their-own", 8192],
  ])("gives %s %i tokens where the caller says nothing", (model, max_tokens) => {
    expect(encoded({ model })).toMatchObject({ model, max_tokens });
  });

  test("keeps every call, puts results first and ids into letters that are allowed", () => {
    const body = encoded({
      tools: [WEATHER, TIME],
      parallelToolCalls: false,
      messages: [
        { role: "user", parts: [say("Weather and time?")] },
        {
          role: "assistant",
          parts: [
            say("Let me see."),
            { kind: "tool_call", id: "call:1", name: "weather", arguments: '{"city":"Rome"}' },
            { kind: "tool_call", id: "call_2", name: "time", arguments: "" },
          ],
        },
        { role: "user", parts: [{ kind: "tool_result", callId: "call:1", parts: [say("Sun")], at: "a" }] },
        { role: "system", parts: [say("Hurry.")] },
        {
          role: "user",
          parts: [
            {
              kind: "tool_result",
              callId: "call_2",
              isError: true,
              at: "b",
              parts: [
                say("see"),
                { kind: "image", at: "c", source: { kind: "base64", mediaType: "image/png", data: "AA==" } },
              ],
            },
          ],
        },
      ],
    });
    const expected = {
      messages: [
        { role: "user", content: [{ type: "text", text: "Weather and time?" }] },
        {
          role: "assistant",
          content: [
            { type: "text", text: "Let me see." },
            { type: "tool_use", id: "call_3a_1", name: "weather", input: { city: "Rome" } },
            { type: "tool_use", id: "call_2", name: "time", input: {} },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "call_3a_1", content: [{ type: "text", text: "Sun" }] },
            {
              type: "tool_result",
              tool_use_id: "call_2",
              is_error: true,
              content: [
                { type: "text", text: "see" },
                { type: "image", source: { type: "base64", media_type: "image/png", data: "AA==" } },
              ],
            },
            { type: "text", text: "<system>\nHurry.\n</system>" },
          ],
        },
      ],
      tools: [
        {
          name: "weather",
          description: "Tells the weather.",
          input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
        },
        { name: "time", input_schema: { type: "object" } },
      ],
      tool_choice: { type: "auto", disable_parallel_tool_use: true },
    } satisfies Partial<MessageCreateParamsNonStreaming>;
    expect(body).toMatchObject(expected);
  });

  test.each<[string, Partial<ChatRequest>, unknown]>([
    ["nothing", {}, undefined],
    ["auto", { toolChoice: { kind: "auto" } }, { type: "auto" }],
    ["none", { toolChoice: { kind: "none" } }, { type: "none" }],
    [
      "any",
      { toolChoice: { kind: "required" }, parallelToolCalls: false },
      { type: "any", disable_parallel_tool_use: true },
    ],
    ["one", { toolChoice: { kind: "function", name: "time" } }, { type: "tool", name: "time" }],
    ["some", { toolChoice: { kind: "allowed", names: ["time"], required: false } }, { type: "auto" }],
    ["any of some", { toolChoice: { kind: "allowed", names: ["time"], required: true } }, { type: "any" }],
  ])("lets the model choose: %s", (_, fields, tool_choice) => {
    const body = encoded({ tools: [WEATHER, TIME], ...fields });
    expect(body.tool_choice).toEqual(tool_choice);
    const names = (body.tools as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(fields.toolChoice?.kind === "allowed" ? ["time"] : ["weather", "time"]);
  });

  test("defines the tools that the conversation called where the caller no longer does", () => {
    const body = encoded({
      messages: [
        { role: "user", parts: [say("Time?")] },
        { role: "assistant", parts: [{ kind: "tool_call", id: "c", name: "time", arguments: "{}" }] },
        { role: "user", parts: [{ kind: "tool_result", callId: "c", parts: [say("Noon")], at: "" }] },
      ],
    });
    expect(body).toMatchObject({
      tools: [{ name: "time", input_schema: { type: "object" } }],
      tool_choice: { type: "none" },
    });
  });

  test("closes the schema of a strict tool for models that have them", () => {
    const strict: Tool = { kind: "function", name: "f", parameters: SCHEMA, strict: true };
    expect(encoded({ model: MIDDLE, tools: [strict] }).tools).toEqual([
      {
        name: "f",
        strict: true,
        input_schema: {
          type: "object",
          properties: { n: { type: "integer", description: "{minimum: 1}" } },
          required: ["n"],
          additionalProperties: false,
        },
      },
    ]);
    expect(encoded({ model: OLD, tools: [strict] }).tools).toEqual([{ name: "f", input_schema: SCHEMA }]);
  });

  test.each<[string, readonly ["system" | "user" | "assistant", string][], string, unknown]>([
    [
      "in a system turn after the user's",
      [
        ["system", "a"],
        ["user", "b"],
        ["system", "c"],
        ["system", "d"],
      ],
      NEW,
      {
        system: ["a"],
        turns: [
          ["user", "b"],
          ["system", "c", "d"],
        ],
      },
    ],
    [
      "wrapped where the user goes on",
      [
        ["user", "b"],
        ["system", "c"],
        ["user", "d"],
      ],
      NEW,
      { system: [], turns: [["user", "b", "<system>\nc\n</system>", "d"]] },
    ],
    [
      "wrapped for older models",
      [
        ["user", "b"],
        ["system", "c"],
        ["assistant", "d"],
      ],
      MIDDLE,
      {
        system: [],
        turns: [
          ["user", "b", "<system>\nc\n</system>"],
          ["assistant", "d"],
        ],
      },
    ],
    [
      "as the user's where nobody else speaks",
      [
        ["system", "a"],
        ["system", "b"],
      ],
      NEW,
      { system: ["a"], turns: [["user", "b"]] },
    ],
    [
      "in front of an assistant who begins",
      [
        ["system", "a"],
        ["assistant", "b"],
        ["user", "c"],
      ],
      NEW,
      {
        system: ["a"],
        turns: [
          ["user", "."],
          ["assistant", "b"],
          ["user", "c"],
        ],
      },
    ],
  ])("keeps every system message: %s", (_, messages, model, expected) => {
    const body = encoded({ model, messages: messages.map(([role, text]) => ({ role, parts: [say(text)] })) });
    const texts = (blocks: unknown): string[] => (blocks as { text: string }[]).map(({ text }) => text);
    expect({
      system: texts(body.system ?? []),
      turns: (body.messages as { role: string; content: unknown }[]).map(({ role, content }) => [
        role,
        ...texts(content),
      ]),
    }).toEqual(expected);
  });

  test.each<[string, ChatRequest["reasoning"], Partial<ChatRequest>, Record<string, unknown>]>([
    [
      "claude-3-7-sonnet-latest",
      { effort: "low" },
      {},
      { thinking: { type: "enabled", budget_tokens: 2048 }, max_tokens: 32_000 },
    ],
    [
      "claude-sonnet-4-0",
      { effort: "max" },
      {},
      { thinking: { type: "enabled", budget_tokens: 32_768 }, max_tokens: 40_960 },
    ],
    [
      "claude-opus-4-1",
      { effort: "max" },
      {},
      { thinking: { type: "enabled", budget_tokens: 16_000 }, max_tokens: 32_000 },
    ],
    [
      MIDDLE,
      { budgetTokens: 5 },
      { maxTokens: 1500 },
      { thinking: { type: "enabled", budget_tokens: 1024 }, max_tokens: 1500 },
    ],
    [
      MIDDLE,
      { effort: "high" },
      { maxTokens: 10_000 },
      { thinking: { type: "enabled", budget_tokens: 5000 }, max_tokens: 10_000 },
    ],
    [MIDDLE, { effort: "high" }, { maxTokens: 1000 }, { max_tokens: 1000 }],
    [
      MIDDLE,
      { effort: "low", show: true },
      {},
      { thinking: { type: "enabled", budget_tokens: 2048, display: "summarized" }, max_tokens: 32_000 },
    ],
    [MIDDLE, { effort: "low" }, { tools: [TIME], toolChoice: { kind: "required" } }, { max_tokens: 32_000 }],
    [MIDDLE, { effort: "none" }, {}, { thinking: { type: "disabled" }, max_tokens: 32_000 }],
    [
      "claude-opus-4-6",
      { effort: "xhigh" },
      {},
      { thinking: { type: "adaptive" }, output_config: { effort: "max" }, max_tokens: 32_000 },
    ],
    [
      NEW,
      { effort: "minimal", show: false },
      {},
      { thinking: { type: "adaptive", display: "omitted" }, output_config: { effort: "low" }, max_tokens: 32_000 },
    ],
    [
      NEW,
      { effort: "xhigh" },
      { maxTokens: 9 },
      { thinking: { type: "adaptive" }, output_config: { effort: "xhigh" }, max_tokens: 9 },
    ],
    [NEW, { budgetTokens: -1 }, {}, { thinking: { type: "adaptive" }, max_tokens: 32_000 }],
    [NEW, { effort: "none" }, {}, { thinking: { type: "disabled" }, max_tokens: 32_000 }],
    ["claude-sonnet-5-5", { effort: "none" }, {}, { thinking: { type: "between_tools" }, max_tokens: 32_000 }],
    ["claude-opus-5-5", { effort: "none" }, {}, { output_config: { effort: "low" }, max_tokens: 32_000 }],
    [
      "claude-haiku-5-5",
      undefined,
      { tools: [TIME], toolChoice: { kind: "required" } },
      { thinking: { type: "disabled" }, max_tokens: 32_000 },
    ],
    ["claude-fable-5", undefined, { tools: [TIME], toolChoice: { kind: "required" } }, { max_tokens: 32_000 }],
    [OLD, { effort: "none" }, {}, { max_tokens: 8192 }],
  ])("lets %s think as it can: %j", (model, reasoning, fields, expected) => {
    const { thinking, output_config, max_tokens } = encoded({ model, ...(reasoning && { reasoning }), ...fields });
    expect({
      ...(thinking !== undefined && { thinking }),
      ...(output_config !== undefined && { output_config }),
      max_tokens,
    }).toEqual(expected);
  });

  test("does not ask a model to think that goes on after calls without its thoughts", () => {
    const calling = (reasoning: Part[]): Partial<ChatRequest> => ({
      model: MIDDLE,
      reasoning: { effort: "low" },
      tools: [TIME],
      messages: [
        { role: "user", parts: [say("Time?")] },
        { role: "assistant", parts: [...reasoning, { kind: "tool_call", id: "c", name: "time", arguments: "{}" }] },
        { role: "user", parts: [{ kind: "tool_result", callId: "c", parts: [say("Noon")], at: "" }] },
      ],
    });
    const thought: Part = { kind: "reasoning", text: "hm", signature: { by: "anthropic", value: "S" } };
    expect(encoded(calling([]))).not.toHaveProperty("thinking");
    expect(encoded(calling([{ ...thought, signature: { by: "google", value: "S" } }]))).not.toHaveProperty("thinking");
    expect(encoded(calling([thought]))).toMatchObject({ thinking: { type: "enabled" } });
  });

  test("sends its own thoughts back and nobody else's", () => {
    const parts: Part[] = [
      { kind: "reasoning", text: "mine", signature: { by: "anthropic", value: "S" } },
      { kind: "reasoning", text: "", signature: { by: "anthropic", value: "R", redacted: true } },
      { kind: "reasoning", text: "theirs", signature: { by: "google", value: "G" } },
      { kind: "reasoning", text: "unsigned" },
      say("Hi"),
    ];
    const content = (model: string): unknown => {
      const messages = [
        { role: "user", parts: [say("?")] },
        { role: "assistant", parts },
      ] as const;
      return (encoded({ model, messages }).messages as { content: unknown }[])[1]?.content;
    };
    expect(content(NEW)).toEqual([
      { type: "thinking", thinking: "mine", signature: "S" },
      { type: "redacted_thinking", data: "R" },
      { type: "text", text: "Hi" },
    ]);
    expect(content(OLD)).toEqual([{ type: "text", text: "Hi" }]);
  });

  test.each<[string, Partial<ChatRequest>, Record<string, unknown>]>([
    [OLD, { temperature: 0, topP: 0.1 }, { temperature: 0, top_p: 0.1 }],
    [MIDDLE, { temperature: 0, topP: 0.1, topK: 3 }, { temperature: 0, top_k: 3 }],
    [MIDDLE, { topP: 0.1 }, { top_p: 0.1 }],
    [MIDDLE, { temperature: 0, reasoning: { effort: "low" } }, {}],
    [NEW, { temperature: 0, topP: 0.1, topK: 3 }, {}],
  ])("samples as %s allows: %j", (model, fields, expected) => {
    const { temperature, top_p, top_k } = encoded({ model, ...fields });
    expect(JSON.parse(JSON.stringify({ temperature, top_p, top_k }))).toEqual(expected);
  });

  test("asks for a schema natively, or by a tool that is made for it", () => {
    const output = { kind: "schema", name: "count it", schema: SCHEMA } as const;
    const closed = {
      type: "object",
      properties: { n: { type: "integer", description: "{minimum: 1}" } },
      required: ["n"],
      additionalProperties: false,
    };
    expect(encoded({ model: NEW, output, reasoning: { effort: "low" } })).toMatchObject({
      output_config: { effort: "low", format: { type: "json_schema", schema: closed } },
    });
    const free = { ...output, schema: { type: "object", additionalProperties: { type: "string" } } };
    for (const fields of [
      { model: OLD, output },
      { model: MIDDLE, output: free },
    ])
      expect(encoded(fields)).toMatchObject({
        tools: [{ name: "count_it", input_schema: fields.output.schema }],
        tool_choice: { type: "tool", name: "count_it", disable_parallel_tool_use: true },
      });
    expect(encoded({ output: { ...output, name: "time" }, tools: [TIME] })).toMatchObject({
      tools: [{ name: "time" }, { name: "time_" }],
      tool_choice: { type: "any" },
    });
    expect(encoded({ output, tools: [TIME], toolChoice: { kind: "none" } }).tool_choice).toMatchObject({
      name: "count_it",
    });
    expect(encoded({ output, tools: [TIME], toolChoice: { kind: "required" } })).toMatchObject({
      tools: [{ name: "time" }],
      tool_choice: { type: "any" },
    });
    const recursive = { type: "object", properties: { next: { $ref: "#" } } };
    expect(encoded({ model: "claude-opus-5-5", output: { ...output, schema: recursive } }).system).toEqual([
      { type: "text", text: expect.stringContaining(JSON.stringify(recursive)) },
    ]);
  });

  test("asks in words for JSON of any shape", () => {
    const body = encoded({ output: { kind: "json" }, messages: [{ role: "user", parts: [say("JSON!")] }] });
    expect(body.system).toEqual([{ type: "text", text: expect.stringContaining("JSON object") }]);
    expect(body).not.toHaveProperty("tools");
  });

  test.each<[string, Partial<ChatRequest>]>([
    [
      "messages[0].content[0]",
      {
        messages: [
          {
            role: "user",
            parts: [
              {
                kind: "audio",
                at: "messages[0].content[0]",
                source: { kind: "base64", mediaType: "audio/wav", data: "" },
              },
            ],
          },
        ],
      },
    ],
    [
      "input[1]",
      {
        messages: [
          { role: "user", parts: [{ kind: "file", at: "input[1]", source: { kind: "uploaded", id: "file_1" } }] },
        ],
      },
    ],
    [
      "a",
      { messages: [{ role: "user", parts: [{ kind: "image", at: "a", source: { kind: "url", url: "gs://b/c" } }] }] },
    ],
    [
      "b",
      {
        messages: [
          {
            role: "user",
            parts: [{ kind: "image", at: "b", source: { kind: "base64", mediaType: "image/tiff", data: "" } }],
          },
        ],
      },
    ],
    [
      "messages",
      { messages: [{ role: "assistant", parts: [{ kind: "tool_call", id: "c", name: "f", arguments: "[1]" }] }] },
    ],
    ["messages", { messages: [{ role: "user", parts: [say(" ")] }] }],
    ["reasoning_effort", { reasoning: { effort: "low" }, asked: new Map([["reasoning", "reasoning_effort"]]) }],
    ["generationConfig.stopSequences", { stop: ["\n"], asked: new Map([["stop", "generationConfig.stopSequences"]]) }],
    [
      "tool_choice",
      {
        model: "claude-opus-5-5",
        tools: [TIME],
        toolChoice: { kind: "required" },
        asked: new Map([["toolChoice", "tool_choice"]]),
      },
    ],
    ["tools[0]", { tools: [{ kind: "hosted", type: "web_search", at: "tools[0]" }] }],
  ])("refuses what has no place, by its name: %s", (param, fields) => {
    expect(problemOf(() => encoded(fields))).toBe(param);
  });

  test("is encoded the same at every attempt", () => {
    const again = request({
      model: OLD,
      output: { kind: "schema", name: "x", schema: SCHEMA },
      tools: [WEATHER],
      messages: [
        { role: "user", parts: [say("a")] },
        { role: "user", parts: [say("b")] },
        { role: "assistant", parts: [say("c ")] },
      ],
    });
    const first = JSON.stringify(anthropic.encodeRequest(again, {}));
    const before = structuredClone({ ...again, asked: 0 });
    expect(JSON.stringify(anthropic.encodeRequest(again, {}))).toBe(first);
    expect({ ...again, asked: 0 }).toEqual(before);
  });

  test("asks for no service tier where the API refuses the field", () => {
    const asked = request({ serviceTier: "default" });
    expect(anthropic.encodeRequest(asked, { serviceTier: "none" })).not.toHaveProperty("service_tier");
  });

  test("fits Vertex without its model", () => {
    const body = { model: "claude-x", messages: [], anthropic_version: "2023-06-01" };
    expect(forVertex(body)).toEqual({ messages: [], anthropic_version: "vertex-2023-10-16" });
    expect(body).toHaveProperty("model");
  });
});

const USAGE = {
  input_tokens: 10,
  output_tokens: 7,
  cache_read_input_tokens: 100,
  cache_creation_input_tokens: 20,
  output_tokens_details: { thinking_tokens: 3 },
};

function message(content: unknown[], fields: object = {}): unknown {
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-x",
    content,
    stop_reason: "end_turn",
    usage: USAGE,
    ...fields,
  };
}

describe("an answer of Anthropic's", () => {
  test("keeps its thoughts, texts, citations and every call", () => {
    const web = {
      type: "web_search_result_location",
      url: "https://x.example",
      title: "X",
      cited_text: "q",
      encrypted_index: "e",
    };
    const page = { type: "page_location", document_title: "D", cited_text: "p", document_index: 0 };
    const answer = anthropic.decodeAnswer(
      message(
        [
          { type: "thinking", thinking: "hm", signature: "S" },
          { type: "redacted_thinking", data: "R" },
          { type: "server_tool_use", id: "s", name: "web_search", input: {} },
          { type: "a_block_of_tomorrow" },
          { type: "text", text: "See ", citations: null },
          { type: "text", text: "this", citations: [web, page] },
          { type: "tool_use", id: "t1", name: "f", input: { a: [1] } },
          { type: "tool_use", id: "t2", name: "f", input: {} },
        ],
        { stop_reason: "tool_use", usage: { ...USAGE, service_tier: "standard" } },
      ),
      request(),
    );
    expect(answer).toEqual({
      id: "msg_1",
      model: "claude-x",
      serviceTier: "default",
      usage: { inputTokens: 130, outputTokens: 7, cachedTokens: 100, cacheWriteTokens: 20, reasoningTokens: 3 },
      choices: [
        {
          index: 0,
          finish: { reason: "tool_calls" },
          parts: [
            { kind: "reasoning", text: "hm", signature: { by: "anthropic", value: "S" } },
            { kind: "reasoning", text: "", signature: { by: "anthropic", value: "R", redacted: true } },
            { kind: "text", text: "See " },
            {
              kind: "text",
              text: "this",
              citations: [
                { url: "https://x.example", title: "X", quote: "q", start: 4, end: 8 },
                { title: "D", quote: "p", start: 4, end: 8 },
              ],
            },
            { kind: "tool_call", id: "t1", name: "f", arguments: '{"a":[1]}' },
            { kind: "tool_call", id: "t2", name: "f", arguments: "{}" },
          ],
        },
      ],
    } satisfies ChatAnswer);
  });

  test.each([
    ["end_turn", { reason: "stop" }],
    ["max_tokens", { reason: "length" }],
    ["model_context_window_exceeded", { reason: "length" }],
    ["stop_sequence", { reason: "stop", stopSequence: "END" }],
    ["pause_turn", { reason: "pause" }],
    ["refusal", { reason: "refusal" }],
    ["something_new", { reason: "stop" }],
  ])("that stops for %s says so", (stop_reason, finish) => {
    const body = message([{ type: "text", text: "a" }], { stop_reason, stop_sequence: "END" });
    expect(anthropic.decodeAnswer(body, request())?.choices[0]?.finish).toEqual(finish);
  });

  test("that came by the tool made for it is text", () => {
    const asked = request({ output: { kind: "schema", name: "count", schema: SCHEMA } });
    const body = message([{ type: "tool_use", id: "t", name: "count", input: { n: 2 } }], { stop_reason: "tool_use" });
    expect(anthropic.decodeAnswer(body, asked)?.choices[0]).toEqual({
      index: 0,
      parts: [{ kind: "text", text: '{"n":2}' }],
      finish: { reason: "stop" },
    });
  });

  test("that refuses tells why", () => {
    const body = message([], { stop_reason: "refusal", stop_details: { type: "refusal", explanation: "No." } });
    expect(anthropic.decodeAnswer(body, request())?.choices[0]?.parts).toEqual([{ kind: "refusal", text: "No." }]);
  });

  test.each([null, [], "x", {}, { type: "error", error: { type: "api_error", message: "m" } }])(
    "is none where it is %j",
    (body) => expect(anthropic.decodeAnswer(body, request())).toBeUndefined(),
  );
});

function decoded(events: readonly object[], asked = request()): StreamEvent[] {
  const decoder = anthropic.createStreamDecoder(asked);
  return events.flatMap((event) => {
    const out: StreamEvent[] = [];
    decoder.decode({ event: (event as { type?: string }).type, data: JSON.stringify(event) }, (e) => out.push(e));
    return out;
  });
}

const START = {
  type: "message_start",
  message: message([], { stop_reason: null, usage: { ...USAGE, output_tokens: 1 } }),
};
const STOP = { type: "message_stop" };
function delta(index: number, body: object): object {
  return { type: "content_block_delta", index, delta: body };
}
function block(index: number, content_block: object, ...deltas: object[]): object[] {
  return [
    { type: "content_block_start", index, content_block },
    ...deltas.map((body) => delta(index, body)),
    { type: "content_block_stop", index },
  ];
}
function json(partial_json: string): object {
  return { type: "input_json_delta", partial_json };
}
function ended(stop_reason: string, fields: object = {}): object {
  return {
    type: "message_delta",
    delta: { stop_reason, stop_sequence: null, ...fields },
    usage: { output_tokens: 7, input_tokens: null },
  };
}

describe("a stream of Anthropic's", () => {
  test("is told as it comes, whatever indices its blocks have", () => {
    const cited = { type: "char_location", document_title: "D", cited_text: "q" };
    const events = decoded([
      START,
      { type: "ping" },
      ...block(
        0,
        { type: "thinking", thinking: "", signature: "" },
        { type: "thinking_delta", thinking: "hm" },
        { type: "signature_delta", signature: "S" },
      ),
      ...block(1, { type: "redacted_thinking", data: "R" }),
      ...block(2, { type: "server_tool_use", id: "s", name: "web_search", input: {} }, json('{"q":1}')),
      ...block(
        5,
        { type: "text", text: "" },
        { type: "citations_delta", citation: cited },
        { type: "text_delta", text: "Hé\ndata: x" },
      ),
      { type: "content_block_start", index: 6, content_block: { type: "tool_use", id: "t1", name: "f", input: {} } },
      { type: "content_block_start", index: 9, content_block: { type: "tool_use", id: "t2", name: "g", input: {} } },
      delta(6, json("")),
      delta(9, json('{"b":')),
      delta(6, json('{"a":1}')),
      delta(9, json("2}")),
      { type: "content_block_stop", index: 9 },
      { type: "content_block_stop", index: 6 },
      // The same index again is another call.
      ...block(6, { type: "tool_use", id: "t3", name: "h", input: {} }, json("")),
      { type: "an_event_of_tomorrow", index: 7 },
      ended("tool_use"),
      STOP,
      delta(9, json("late")),
    ]);
    const choice = 0;
    const usage = { inputTokens: 130, outputTokens: 7, cachedTokens: 100, cacheWriteTokens: 20, reasoningTokens: 3 };
    expect(events).toEqual([
      { type: "start", id: "msg_1", model: "claude-x", usage: { ...usage, outputTokens: 1 } },
      { type: "reasoning", choice, text: "hm" },
      { type: "reasoning_end", choice, signature: { by: "anthropic", value: "S" } },
      { type: "reasoning_end", choice, signature: { by: "anthropic", value: "R", redacted: true } },
      { type: "text", choice, text: "Hé\ndata: x" },
      { type: "citation", choice, citation: { title: "D", quote: "q", start: 0, end: 10 } },
      { type: "tool_start", choice, call: 0, id: "t1", name: "f" },
      { type: "tool_start", choice, call: 1, id: "t2", name: "g" },
      { type: "tool_arguments", choice, call: 1, text: '{"b":' },
      { type: "tool_arguments", choice, call: 0, text: '{"a":1}' },
      { type: "tool_arguments", choice, call: 1, text: "2}" },
      { type: "tool_end", choice, call: 1 },
      { type: "tool_end", choice, call: 0 },
      { type: "tool_start", choice, call: 2, id: "t3", name: "h" },
      { type: "tool_arguments", choice, call: 2, text: "{}" },
      { type: "tool_end", choice, call: 2 },
      { type: "finish", choice, finish: { reason: "tool_calls" } },
      { type: "usage", usage },
      { type: "end" },
    ] satisfies StreamEvent[]);
  });

  test("whose answer comes by the tool made for it is text", () => {
    const asked = request({ output: { kind: "schema", name: "count", schema: SCHEMA } });
    const events = decoded(
      [
        START,
        ...block(0, { type: "tool_use", id: "t", name: "count", input: {} }, json('{"n"'), json(":2}")),
        ended("tool_use"),
        STOP,
      ],
      asked,
    );
    expect(events.slice(1)).toMatchObject([
      { type: "text", text: '{"n"' },
      { type: "text", text: ":2}" },
      { type: "finish", finish: { reason: "stop" } },
      { type: "usage" },
      { type: "end" },
    ]);
  });

  test("that refuses tells why before it ends", () => {
    const details = { stop_details: { type: "refusal", explanation: "No." } };
    expect(decoded([START, ended("refusal", details), STOP]).slice(1)).toMatchObject([
      { type: "refusal", text: "No." },
      { type: "finish", finish: { reason: "refusal" } },
      { type: "usage" },
      { type: "end" },
    ]);
  });

  test("that fails ends with its error", () => {
    const failed = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
    expect(decoded([START, failed, STOP]).slice(1)).toEqual([
      { type: "error", details: { message: "Overloaded", type: "server_error", param: null, code: "overloaded" } },
    ]);
    expect(decoded([{ error: { message: "Bare" } }, STOP])).toMatchObject([
      { type: "error", details: { message: "Bare", type: "upstream_error" } },
    ]);
    const out: StreamEvent[] = [];
    anthropic.createStreamDecoder(request()).decode({ data: "<html>" }, (event) => out.push(event));
    expect(out).toMatchObject([{ type: "error", details: { type: "upstream_error" } }]);
  });
});

describe("an error of Anthropic's", () => {
  test.each([
    ["invalid_request_error", "tools.0: bad", { type: "invalid_request_error", code: null }],
    ["invalid_request_error", "prompt is too long: 3 tokens > 2 maximum", { code: "context_length_exceeded" }],
    ["authentication_error", "m", { type: "authentication_error", code: "invalid_api_key" }],
    ["rate_limit_error", "m", { type: "rate_limit_error", code: "rate_limit_exceeded" }],
    ["overloaded_error", "m", { type: "server_error", code: "overloaded" }],
    ["an_error_of_tomorrow", "m", { type: "an_error_of_tomorrow", code: null }],
  ])("of type %s reads as OpenAI's", (type, text, expected) => {
    const body = JSON.stringify({ type: "error", error: { type, message: text }, request_id: "req_1" });
    expect(anthropic.decodeError(body)).toMatchObject({ message: text, ...expected });
  });

  test("is read in Google's shape, too, and nothing else is an error", () => {
    const body = '[{"error":{"code":429,"message":"Quota","status":"RESOURCE_EXHAUSTED"}}]';
    expect(anthropic.decodeError(body)).toMatchObject({
      message: "Quota",
      type: "upstream_error",
      code: "RESOURCE_EXHAUSTED",
    });
    for (const other of ["", "null", "{}", '{"error":{}}', "<html>"])
      expect(anthropic.decodeError(other)).toBeUndefined();
  });
});

function decodedRequest(fields: object): ChatRequest {
  const body = { model: "gpt-x", max_tokens: 9, messages: [{ role: "user", content: "Hi" }], ...fields };
  return anthropic.decodeRequest(body, { model: "gpt-x", stream: false });
}

describe("a caller's Messages request", () => {
  test("is understood field by field", () => {
    const body = {
      model: "gpt-x",
      max_tokens: 9,
      system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral", ttl: "5m" } }],
      messages: [
        { role: "user", content: "Hi" },
        { role: "system", content: [{ type: "text", text: "Hurry." }] },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "hm", signature: packSignature({ by: "google", value: "G" }, "anthropic") },
            { type: "thinking", thinking: "hm", signature: "S" },
            { type: "redacted_thinking", data: "R" },
            { type: "text", text: "Hello" },
            {
              type: "tool_use",
              id: packCallId("c1", { signature: { by: "google", value: "T" }, reasoning: [] }),
              name: "f",
              input: { a: 1 },
            },
            { type: "tool_use", id: "c2", name: "g", input: {} },
          ],
        },
        {
          role: "user",
          content: [
            {
              type: "tool_result",
              tool_use_id: packCallId("c1", { signature: { by: "google", value: "T" }, reasoning: [] }),
              content: "one",
            },
            {
              type: "tool_result",
              tool_use_id: "c2",
              is_error: true,
              content: [
                { type: "text", text: "two" },
                { type: "image", source: { type: "url", url: "https://x.example/i.png" } },
              ],
            },
            { type: "image", source: { type: "base64", media_type: "image/png", data: "AA==" } },
            {
              type: "document",
              title: "T",
              context: "About it.",
              source: { type: "base64", media_type: "application/pdf", data: "AQ==" },
            },
            { type: "document", source: { type: "text", media_type: "text/plain", data: "plain" } },
            {
              type: "document",
              source: { type: "content", content: [{ type: "text", text: "inner" }] },
              cache_control: { type: "ephemeral" },
            },
            { type: "document", source: { type: "file", file_id: "file_1" } },
            {
              type: "search_result",
              title: "Found",
              source: "https://s.example",
              content: [{ type: "text", text: "it" }],
            },
          ],
        },
      ],
      tools: [
        {
          name: "f",
          description: "F.",
          input_schema: { type: "object" },
          strict: true,
          cache_control: { type: "ephemeral" },
        },
        { type: "custom", name: "g", input_schema: { type: "object" }, input_examples: [{ a: 1 }] },
      ],
      tool_choice: { type: "any", disable_parallel_tool_use: true },
      thinking: { type: "enabled", budget_tokens: 2000 },
      output_config: { format: { type: "json_schema", schema: SCHEMA }, effort: null },
      metadata: { user_id: "u1" },
      stop_sequences: ["END"],
      service_tier: "standard_only",
      cache_control: { type: "ephemeral" },
      diagnostics: null,
      stream: true,
    } satisfies Anthropic.MessageCreateParams;
    const { asked, ...rest } = anthropic.decodeRequest(
      { ...body, temperature: 0.5, top_p: 0.9, top_k: 4 },
      { model: "gpt-x", stream: true },
    );
    const at = (index: number): string => `messages[3].content[${index}]`;
    expect(rest).toEqual({
      model: "gpt-x",
      stream: true,
      includeUsage: true,
      maxTokens: 9,
      temperature: 0.5,
      topP: 0.9,
      topK: 4,
      stop: ["END"],
      user: "u1",
      serviceTier: "standard_only",
      toolChoice: { kind: "required" },
      parallelToolCalls: false,
      reasoning: { budgetTokens: 2000, show: true },
      output: { kind: "schema", name: "answer", schema: SCHEMA, strict: true },
      tools: [
        { kind: "function", name: "f", description: "F.", parameters: { type: "object" }, strict: true, cache: {} },
        { kind: "function", name: "g", description: 'Examples of its input:\n{"a":1}', parameters: { type: "object" } },
      ],
      messages: [
        { role: "system", parts: [{ kind: "text", text: "Be brief.", cache: { ttl: "5m" } }] },
        { role: "user", parts: [say("Hi")] },
        { role: "system", parts: [say("Hurry.")] },
        {
          role: "assistant",
          parts: [
            { kind: "reasoning", text: "hm", signature: { by: "google", value: "G" } },
            { kind: "reasoning", text: "hm", signature: { by: "anthropic", value: "S" } },
            { kind: "reasoning", text: "", signature: { by: "anthropic", value: "R", redacted: true } },
            say("Hello"),
            { kind: "tool_call", id: "c1", name: "f", arguments: '{"a":1}', signature: { by: "google", value: "T" } },
            { kind: "tool_call", id: "c2", name: "g", arguments: "{}" },
          ],
        },
        {
          role: "user",
          parts: [
            { kind: "tool_result", callId: "c1", parts: [say("one")], at: at(0) },
            {
              kind: "tool_result",
              callId: "c2",
              isError: true,
              at: at(1),
              parts: [
                say("two"),
                { kind: "image", source: { kind: "url", url: "https://x.example/i.png" }, at: `${at(1)}.content[1]` },
              ],
            },
            { kind: "image", source: { kind: "base64", mediaType: "image/png", data: "AA==" }, at: at(2) },
            say("About it."),
            {
              kind: "file",
              name: "T",
              source: { kind: "base64", mediaType: "application/pdf", data: "AQ==" },
              at: at(3),
            },
            { kind: "file", source: { kind: "text", text: "plain" }, at: at(4) },
            { kind: "text", text: "inner", cache: {} },
            { kind: "file", source: { kind: "uploaded", id: "file_1" }, at: at(6) },
            say("Found\nhttps://s.example"),
            say("it"),
          ],
        },
      ],
    } satisfies Omit<ChatRequest, "asked">);
    expect(Object.fromEntries(asked)).toEqual({
      maxTokens: "max_tokens",
      temperature: "temperature",
      topP: "top_p",
      topK: "top_k",
      stop: "stop_sequences",
      tools: "tools",
      strictTools: "tools[0].strict",
      toolChoice: "tool_choice",
      singleToolCall: "tool_choice.disable_parallel_tool_use",
      jsonSchema: "output_config.format",
      reasoning: "thinking",
      user: "metadata.user_id",
      serviceTier: "service_tier",
    });
  });

  test.each<[object, Partial<Record<keyof ChatRequest, unknown>>]>([
    [{ thinking: { type: "disabled" } }, { reasoning: { effort: "none" } }],
    [{ thinking: { type: "adaptive", display: "omitted" } }, { reasoning: { budgetTokens: -1, show: false } }],
    [{ thinking: { type: "adaptive" }, output_config: { effort: "max" } }, { reasoning: { effort: "max" } }],
    [{ output_config: { effort: "low" } }, { reasoning: { effort: "low" } }],
    [{ tool_choice: { type: "tool", name: "f" } }, { toolChoice: { kind: "function", name: "f" } }],
    [{ tool_choice: { type: "none" } }, { toolChoice: { kind: "none" } }],
    [
      { system: "s" },
      {
        messages: [
          { role: "system", parts: [say("s")] },
          { role: "user", parts: [say("Hi")] },
        ],
      },
    ],
    [
      { temperature: null, metadata: null, tools: null, mcp_servers: [], service_tier: "auto" },
      { tools: [], asked: new Map([["maxTokens", "max_tokens"]]) },
    ],
  ])("says the same in ours: %j", (fields, expected) => {
    expect(decodedRequest(fields)).toMatchObject(expected);
  });

  test.each([
    [{ container: "c" }, "container"],
    [{ mcp_servers: [{}] }, "mcp_servers"],
    [{ context_management: { edits: [] } }, "context_management"],
    [{ tools: [{ type: "web_search_20250305", name: "web_search" }] }, "tools[0]"],
    [{ messages: [{ role: "assistant", content: [{ type: "server_tool_use", id: "s" }] }] }, "messages[0].content[0]"],
    [{ messages: [{ role: "user", content: [{ type: "web_search_tool_result" }] }] }, "messages[0].content[0]"],
  ])("asks for what only Anthropic hosts: %j", (fields, field) => {
    expect(decodedRequest(fields).asked.get("hostedTools")).toBe(field);
  });

  test.each([
    [{ max_completion_tokens: 9 }, "max_completion_tokens"],
    [{ max_tokens: undefined }, "max_tokens"],
    [{ max_tokens: "9" }, "max_tokens"],
    [{ messages: undefined }, "messages"],
    [{ messages: [{ role: "tool", content: "x" }] }, "messages[0].role"],
    [{ messages: [{ role: "user", content: 1 }] }, "messages[0].content"],
    [{ messages: [{ role: "user", content: [{ type: "text" }] }] }, "messages[0].content[0].text"],
    [{ messages: [{ role: "user", content: [{ type: "video" }] }] }, "messages[0].content[0]"],
    [
      { messages: [{ role: "user", content: [{ type: "image", source: { type: "url" } }] }] },
      "messages[0].content[0].source.url",
    ],
    [
      {
        messages: [
          { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: [{ type: "image" }] }] },
        ],
      },
      "messages[0].content[0].content[0].source",
    ],
    [{ tools: [{ name: "f" }] }, "tools[0].input_schema"],
    [{ tools: [{ name: "f", input_schema: {}, parameters: {} }] }, "tools[0].parameters"],
    [{ tool_choice: { type: "some" } }, "tool_choice.type"],
    [{ tool_choice: { type: "tool" } }, "tool_choice.name"],
    [{ thinking: { type: "enabled" } }, "thinking.budget_tokens"],
    [{ thinking: { type: "hard" } }, "thinking.type"],
    [{ output_config: { effort: "huge" } }, "output_config.effort"],
    [{ output_config: { format: { type: "grammar" } } }, "output_config.format.type"],
    [{ output_config: { style: "x" } }, "output_config.style"],
    [{ metadata: { team: "x" } }, "metadata.team"],
    [{ stop_sequences: ["a", 1] }, "stop_sequences[1]"],
  ])("is refused by the field's name: %j", (fields, param) => {
    expect(problemOf(() => decodedRequest(fields))).toBe(param);
  });
});

const stamp = { created: 1, newId: (prefix: string) => `${prefix}new` };

function streamed(events: Iterable<StreamEvent>): string {
  const encoder = anthropic.createStreamEncoder(request({ model: "gpt-x" }), stamp);
  return [...events].map((event) => encoder.encode(event)).join("");
}

function wireEvents(text: string): RawMessageStreamEvent[] {
  return text
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => {
      const [head = "", data = "", ...more] = event.split("\n");
      const body = JSON.parse(data.replace(/^data: /, ""));
      expect(head).toBe(`event: ${body.type}`);
      expect(more).toEqual([]);
      return body;
    });
}

/** Anthropic's client, to which any request is answered so. */
function client(body: string, { status = 200, type = "text/event-stream" } = {}): Anthropic {
  const fetch = async (): Promise<Response> => new Response(body, { status, headers: { "content-type": type } });
  return new Anthropic({ apiKey: "k", fetch, maxRetries: 0 });
}

const PARAMS = {
  model: "gpt-x",
  max_tokens: 9,
  messages: [{ role: "user", content: "Hi" }],
} satisfies MessageCreateParamsNonStreaming;

const ANSWERS: readonly (readonly [string, ChatAnswer])[] = [
  [
    "of every part",
    {
      id: "chatcmpl-1",
      model: "gpt-x-1",
      usage: { inputTokens: 130, outputTokens: 7, cachedTokens: 100, cacheWriteTokens: 20, reasoningTokens: 3 },
      choices: [
        {
          index: 0,
          finish: { reason: "tool_calls" },
          parts: [
            { kind: "reasoning", text: "hm", signature: { by: "google", value: "G" } },
            { kind: "reasoning", text: "", signature: { by: "responses", value: "E", redacted: true, id: "rs_1" } },
            { kind: "reasoning", text: "own", signature: { by: "anthropic", value: "S" } },
            { kind: "reasoning", text: "unsigned" },
            say("Hé\n"),
            say("data: [DONE]\n\n"),
            {
              kind: "text",
              text: "cited",
              citations: [{ url: "https://x.example", title: "X", quote: "q", start: 0, end: 2 }, { quote: "p" }],
            },
            say("after"),
            { kind: "tool_call", id: "c1", name: "f", arguments: '{"a":1}', signature: { by: "google", value: "T" } },
            { kind: "tool_call", id: "c2", name: "g", arguments: "" },
          ],
        },
      ],
    },
  ],
  [
    "that refuses",
    { choices: [{ index: 0, finish: { reason: "stop" }, parts: [say("Well: "), { kind: "refusal", text: "no." }] }] },
  ],
  ["that is empty", { id: "msg_own", choices: [{ index: 0, finish: { reason: "length" }, parts: [] }] }],
  ["that met its end", { choices: [{ index: 0, finish: { reason: "stop", stopSequence: "END" }, parts: [say("a")] }] }],
];

describe("an answer to a Messages caller", () => {
  test.each(ANSWERS)("%s is the same message from Anthropic's client, streamed or whole", async (_, answer) => {
    const whole = anthropic.encodeAnswer(answer, request({ model: "gpt-x" }), stamp);
    const final = await client(streamed(eventsOf(answer)))
      .messages.stream(PARAMS)
      .finalMessage();
    // The client adds a member of its own.
    expect(structuredClone(final)).toEqual({ ...whole, parsed_output: null });
    const read = await client(JSON.stringify(whole), { type: "application/json" }).messages.create(PARAMS);
    expect({ ...read }).toEqual(whole);
  });

  test("has Anthropic's form and counts", () => {
    const [, answer] = ANSWERS[0] as (typeof ANSWERS)[number];
    const body = anthropic.encodeAnswer(answer, request({ model: "gpt-x" }), stamp);
    expect(body).toMatchObject({
      id: "msg_new",
      model: "gpt-x-1",
      stop_reason: "tool_use",
      content: [
        { type: "thinking", thinking: "hm" },
        { type: "redacted_thinking" },
        { type: "thinking", thinking: "own", signature: "S" },
        { type: "thinking", thinking: "unsigned", signature: "" },
        {
          type: "text",
          text: "Hé\ndata: [DONE]\n\ncited",
          citations: [
            { type: "web_search_result_location", url: "https://x.example", title: "X" },
            { type: "char_location", cited_text: "p" },
          ],
        },
        { type: "text", text: "after", citations: null },
        { type: "tool_use", name: "f", input: { a: 1 } },
        { type: "tool_use", id: "c2", name: "g", input: {} },
      ],
      usage: {
        input_tokens: 10,
        output_tokens: 7,
        cache_read_input_tokens: 100,
        cache_creation_input_tokens: 20,
        output_tokens_details: { thinking_tokens: 3 },
      },
    } satisfies Record<string, unknown>);
  });

  test("comes back as it went, signatures included", () => {
    const [, answer] = ANSWERS[0] as (typeof ANSWERS)[number];
    const { content } = anthropic.encodeAnswer(answer, request(), stamp) as unknown as Message;
    const results = content.flatMap((part) =>
      part.type === "tool_use" ? [{ type: "tool_result", tool_use_id: part.id }] : [],
    );
    const { messages } = decodedRequest({
      messages: [
        { role: "assistant", content },
        { role: "user", content: results },
      ],
    });
    const signed = answer.choices[0]?.parts.filter(({ kind }) => kind === "reasoning" || kind === "tool_call") ?? [];
    expect(messages[0]?.parts.filter(({ kind }) => kind === "reasoning" || kind === "tool_call")).toEqual(
      signed.map((part) => (part.kind === "tool_call" && part.arguments === "" ? { ...part, arguments: "{}" } : part)),
    );
    expect(messages[1]?.parts).toMatchObject([{ callId: "c1" }, { callId: "c2" }]);
  });

  test("streams calls in turns, each with its own block that stops once", async () => {
    const text = streamed([
      { type: "start", id: "x", model: "m" },
      { type: "text", choice: 0, text: "a" },
      { type: "tool_start", choice: 0, call: 0, id: "c0", name: "f" },
      { type: "tool_start", choice: 0, call: 1, id: "c1", name: "g" },
      { type: "tool_arguments", choice: 0, call: 1, text: '{"b":1}' },
      { type: "tool_arguments", choice: 0, call: 0, text: '{"a"' },
      { type: "tool_end", choice: 0, call: 1 },
      { type: "tool_arguments", choice: 0, call: 0, text: ":1}" },
      { type: "usage", usage: { inputTokens: 1, outputTokens: 1 } },
      { type: "finish", choice: 0, finish: { reason: "tool_calls" } },
      { type: "usage", usage: { inputTokens: 5, outputTokens: 2 } },
      { type: "end" },
      { type: "text", choice: 0, text: "late" },
    ]);
    const events = wireEvents(text);
    expect(
      events.filter(({ type }) => type === "content_block_stop").map((event) => "index" in event && event.index),
    ).toEqual([0, 2, 1]);
    expect(events.slice(-2)).toMatchObject([
      { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { input_tokens: 5, output_tokens: 2 } },
      { type: "message_stop" },
    ]);
    const { content } = await client(text).messages.stream(PARAMS).finalMessage();
    expect(content).toMatchObject([{ text: "a" }, { id: "c0", input: { a: 1 } }, { id: "c1", input: { b: 1 } }]);
  });

  test("that fails under way is an error of Anthropic's client, and nothing follows", async () => {
    const details = { message: "Cut.", type: "upstream_error", code: "stream_truncated" };
    const text = streamed([{ type: "text", choice: 0, text: "a" }, { type: "error", details }, { type: "end" }]);
    expect(text.split("\n\n").at(-2)).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"Cut.","code":"stream_truncated","param":null}}',
    );
    expect(text).not.toContain("message_stop");
    await expect(client(text).messages.stream(PARAMS).finalMessage()).rejects.toThrow("Cut.");
  });

  test.each([
    [400, "invalid_request_error", Anthropic.BadRequestError],
    [401, "authentication_error", Anthropic.AuthenticationError],
    [402, "billing_error", Anthropic.APIError],
    [403, "permission_error", Anthropic.PermissionDeniedError],
    [404, "not_found_error", Anthropic.NotFoundError],
    [413, "request_too_large", Anthropic.APIError],
    [422, "invalid_request_error", Anthropic.UnprocessableEntityError],
    [429, "rate_limit_error", Anthropic.RateLimitError],
    [502, "api_error", Anthropic.InternalServerError],
    [503, "overloaded_error", Anthropic.InternalServerError],
    [504, "timeout_error", Anthropic.InternalServerError],
  ])("that is an error %i is typed by Anthropic's client", async (status, type, kind) => {
    const body = encodeError(status, { message: "No.", type: "x", code: "c", param: "messages" }, "anthropic");
    expect(body).toEqual({ type: "error", error: { type, message: "No.", code: "c", param: "messages" } });
    const call = client(JSON.stringify(body), { status, type: "application/json" }).messages.create(PARAMS);
    await expect(call).rejects.toBeInstanceOf(kind);
    await expect(call).rejects.toMatchObject({ status, type });
  });
});
