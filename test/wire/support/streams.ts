import type { ChatRequest } from "../../../mint-server/wire/chat-request.ts";
import { eventFrame, exceptionFrame } from "./converse.ts";
import type { SpokenWire } from "./formats.ts";
import { CLOCK, chatRequest, WEATHER } from "./samples.ts";

/** A provider's stream as it might be, event by event. */
export interface ModelledStream {
  readonly name: string;
  readonly wire: SpokenWire;
  readonly request: ChatRequest;
  /** One whole event each, or what is no event. */
  readonly pieces: readonly Uint8Array[];
  /** How the provider ends it: as it should, or with an error of its own. */
  readonly ends: "whole" | "error";
}

/** What all of the first streams say, each in its provider's way. */
export const SAID = {
  thought: "Hm… e\u0301, 日本, 👩‍👩‍👧.\n",
  text: 'Grüße 👋🏽!\n\ndata: [DONE]\r\n\r\nevent: error\ndata: {"error":1}\n\n"',
  calls: [
    { id: "call_a", name: "weather", arguments: { city: 'K"ö\\ln\n👋', days: [1, 2] } },
    { id: "call_b", name: "clock", arguments: { zone: "日本" } },
  ],
} as const;

const [FIRST, SECOND] = SAID.calls.map((call) => JSON.stringify(call.arguments)) as [string, string];

/** Cut inside an escape: `\\` is two characters that belong together. */
const CUT = FIRST.indexOf("\\\\") + 1;
const [FIRST_A, FIRST_B] = [FIRST.slice(0, CUT), FIRST.slice(CUT)];
const [SECOND_A, SECOND_B] = [SECOND.slice(0, 4), SECOND.slice(4)];

const MODELS: Readonly<Record<SpokenWire, string>> = {
  openai: "gpt-5.4",
  responses: "gpt-5.4-pro",
  anthropic: "claude-sonnet-4-5",
  google: "gemini-3-flash-preview",
  bedrock: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
};

function sse(body: object | string, type?: string): string {
  const data = typeof body === "string" ? body : JSON.stringify(body);
  return `${type === undefined ? "" : `event: ${type}\n`}data: ${data}\n\n`;
}

function modelled(
  wire: SpokenWire,
  name: string,
  { events, ends = "whole", choices }: { events: readonly string[]; ends?: ModelledStream["ends"]; choices?: number },
): ModelledStream {
  const pieces = events.map((event) => new TextEncoder().encode(event));
  return { name: `${wire}: ${name}`, wire, request: requestFor(wire, choices), pieces, ends };
}

function requestFor(wire: SpokenWire, choices?: number): ChatRequest {
  return chatRequest({
    model: MODELS[wire],
    stream: true,
    tools: [WEATHER, CLOCK],
    reasoning: { effort: "high", show: true },
    ...(choices !== undefined && { choices }),
  });
}

function chunk(delta: object, finish_reason: string | null = null, index = 0): string {
  const head = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "gpt-5.4-2026", future: {} };
  return sse({ ...head, choices: [{ index, delta, finish_reason, logprobs: null }] });
}

function calls(...pieces: readonly [index: number, text: string, id?: string, name?: string][]): object {
  return {
    tool_calls: pieces.map(([index, text, id, name]) => ({
      index,
      ...(id && { id, type: "function" }),
      function: { ...(name && { name }), arguments: text },
    })),
  };
}

const OPENAI: readonly ModelledStream[] = [
  modelled("openai", "thoughts, text and parallel calls", {
    events: [
      ": PROCESSING\n\n",
      chunk({ role: "assistant", content: "" }),
      chunk({ reasoning_content: SAID.thought }),
      chunk({ content: SAID.text.slice(0, 12) }),
      ": ping\n\n",
      chunk({ content: SAID.text.slice(12) }),
      chunk(calls([0, "", "call_a", "weather"])),
      chunk(calls([0, FIRST_A])),
      chunk(calls([1, SECOND_A, "call_b", "clock"])),
      chunk(calls([0, FIRST_B], [1, SECOND_B])),
      chunk({}, "tool_calls"),
      sse({ id: "chatcmpl-1", model: "gpt-5.4-2026", choices: [], usage: { prompt_tokens: 9, completion_tokens: 4 } }),
      sse("[DONE]"),
    ],
  }),
  modelled("openai", "two choices in turns, one of them refused", {
    events: [
      chunk({ content: "Eins 👋" }),
      chunk({ content: null, refusal: "Nein" }, null, 1),
      chunk({ content: "!" }),
      chunk({}, "stop", 1),
      chunk({}, "length"),
      sse("[DONE]"),
    ],
    choices: 2,
  }),
  modelled("openai", "an error in its middle", {
    events: [chunk({ content: "So" }), sse({ error: { message: "Overloaded", type: "server_error", code: null } })],
    ends: "error",
  }),
];

function named(body: { readonly type: string }): string {
  return sse(body, body.type);
}

function response(fields: object): object {
  return { id: "resp_1", object: "response", model: "gpt-5.4-pro", output: [], status: "in_progress", ...fields };
}

function item(output_index: number, item: object, done = false): string {
  return named({ type: `response.output_item.${done ? "done" : "added"}`, output_index, item } as { type: string });
}

function delta(kind: string, output_index: number, text: string): string {
  const at = { item_id: `i_${output_index}`, content_index: 0, summary_index: 0 };
  return named({ type: `response.${kind}.delta`, output_index, delta: text, ...at } as { type: string });
}

function functionCall(id: string, name: string, args: string): object {
  return { type: "function_call", id: `fc_${id}`, call_id: id, name, arguments: args };
}

const reasoning = { type: "reasoning", id: "rs_1", summary: [] };
const message = { type: "message", id: "msg_1", role: "assistant", content: [] };

const RESPONSES: readonly ModelledStream[] = [
  modelled("responses", "thoughts, text and parallel calls", {
    events: [
      named({ type: "response.created", response: response({}) } as { type: string }),
      named({ type: "keepalive" }),
      item(0, reasoning),
      delta("reasoning_summary_text", 0, SAID.thought),
      item(0, { ...reasoning, encrypted_content: "ZW5j" }, true),
      item(1, message),
      delta("output_text", 1, SAID.text.slice(0, 12)),
      named({ type: "response.future.thing" }),
      delta("output_text", 1, SAID.text.slice(12)),
      item(1, { ...message, content: [{ type: "output_text", text: SAID.text }] }, true),
      item(2, functionCall("call_a", "weather", "")),
      delta("function_call_arguments", 2, FIRST_A),
      item(3, functionCall("call_b", "clock", "")),
      delta("function_call_arguments", 3, SECOND_A),
      delta("function_call_arguments", 2, FIRST_B),
      delta("function_call_arguments", 3, SECOND_B),
      item(2, functionCall("call_a", "weather", FIRST), true),
      item(3, functionCall("call_b", "clock", SECOND), true),
      item(4, { type: "future_item" }),
      named({
        type: "response.completed",
        response: response({ status: "completed", usage: { input_tokens: 9, output_tokens: 4 } }),
      } as { type: string }),
    ],
  }),
  modelled("responses", "a refusal that is cut at its limit", {
    events: [
      named({ type: "response.created", response: response({}) } as { type: string }),
      item(0, message),
      delta("refusal", 0, "Nein 👋"),
      named({
        type: "response.incomplete",
        response: response({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }),
      } as { type: string }),
    ],
  }),
  modelled("responses", "an error in its middle", {
    events: [
      named({ type: "response.created", response: response({}) } as { type: string }),
      delta("output_text", 0, "So"),
      named({ type: "error", code: "server_error", message: "Overloaded", param: null } as { type: string }),
    ],
    ends: "error",
  }),
];

function block(index: number, content_block: object): string {
  return named({ type: "content_block_start", index, content_block } as { type: string });
}

function piece(index: number, delta: object): string {
  return named({ type: "content_block_delta", index, delta } as { type: string });
}

function stop(index: number): string {
  return named({ type: "content_block_stop", index } as { type: string });
}

function input(index: number, partial_json: string): string {
  return piece(index, { type: "input_json_delta", partial_json });
}

const MESSAGE_START = named({
  type: "message_start",
  message: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-sonnet-4-5-2026",
    content: [],
    usage: { input_tokens: 9, output_tokens: 1 },
  },
} as { type: string });

const ANTHROPIC: readonly ModelledStream[] = [
  modelled("anthropic", "thoughts, text and parallel calls", {
    events: [
      MESSAGE_START,
      named({ type: "ping" }),
      block(0, { type: "thinking", thinking: "", signature: "" }),
      piece(0, { type: "thinking_delta", thinking: SAID.thought }),
      piece(0, { type: "signature_delta", signature: "c2ln" }),
      stop(0),
      block(1, { type: "text", text: "" }),
      piece(1, { type: "text_delta", text: SAID.text.slice(0, 12) }),
      piece(1, { type: "future_delta", text: "no" }),
      piece(1, { type: "text_delta", text: SAID.text.slice(12) }),
      stop(1),
      block(2, { type: "future_block", input: {} }),
      input(2, '{"no":1}'),
      stop(2),
      named({ type: "future_event" }),
      block(3, { type: "tool_use", id: "call_a", name: "weather", input: {} }),
      input(3, ""),
      input(3, FIRST_A),
      block(4, { type: "tool_use", id: "call_b", name: "clock", input: {} }),
      input(4, SECOND_A),
      input(3, FIRST_B),
      stop(3),
      input(4, SECOND_B),
      stop(4),
      named({ type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 4 } } as {
        type: string;
      }),
      named({ type: "message_stop" }),
    ],
  }),
  modelled("anthropic", "an error in its middle", {
    events: [
      MESSAGE_START,
      block(0, { type: "text", text: "So" }),
      named({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } } as { type: string }),
    ],
    ends: "error",
  }),
];

function gemini(parts: readonly object[], candidate: object = {}, index = 0): string {
  return sse({
    candidates: [{ content: { role: "model", parts }, index, ...candidate }],
    usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 4, totalTokenCount: 13 },
    modelVersion: "gemini-3-flash-001",
    responseId: "g-1",
    future: [{}],
  }).replaceAll("\n", "\r\n");
}

const [CALL_A, CALL_B] = SAID.calls.map(({ id, name, arguments: args }) => ({ functionCall: { id, name, args } }));

const GOOGLE: readonly ModelledStream[] = [
  modelled("google", "thoughts, text and parallel calls", {
    events: [
      gemini([{ text: SAID.thought, thought: true }]),
      gemini([{ text: SAID.text.slice(0, 5) }, { text: SAID.text.slice(5, 12) }, { futurePart: {} }]),
      gemini([]),
      gemini([{ text: SAID.text.slice(12) }]),
      gemini([{ ...CALL_A, thoughtSignature: "c2ln" }, { ...CALL_B }]),
      gemini([{ text: "" }], { finishReason: "STOP" }),
    ],
  }),
  modelled("google", "two candidates in turns", {
    events: [
      gemini([{ text: "Eins 👋" }]),
      gemini([{ text: "Zwei" }], {}, 1),
      gemini([], { finishReason: "STOP" }, 1),
      gemini([{ text: "!" }], { finishReason: "MAX_TOKENS" }),
    ],
    choices: 2,
  }),
  modelled("google", "an error in its middle", {
    events: [gemini([{ text: "So" }]), sse({ error: { code: 503, message: "Overloaded", status: "UNAVAILABLE" } })],
    ends: "error",
  }),
];

function converse(type: string, contentBlockIndex: number, rest: object = {}): Uint8Array {
  return eventFrame(type, { contentBlockIndex, p: "abcdefgh", ...rest });
}

function toolUse(contentBlockIndex: number, input: string): Uint8Array {
  return converse("contentBlockDelta", contentBlockIndex, { delta: { toolUse: { input } } });
}

function toolStart(contentBlockIndex: number, toolUseId: string, name: string): Uint8Array {
  return converse("contentBlockStart", contentBlockIndex, { start: { toolUse: { toolUseId, name } } });
}

const START = eventFrame("messageStart", { role: "assistant" });

const BEDROCK: readonly ModelledStream[] = [
  {
    name: "bedrock: thoughts, text and parallel calls",
    wire: "bedrock",
    request: requestFor("bedrock"),
    ends: "whole",
    pieces: [
      START,
      converse("contentBlockDelta", 0, { delta: { reasoningContent: { text: SAID.thought } } }),
      converse("contentBlockDelta", 0, { delta: { reasoningContent: { signature: "c2ln" } } }),
      converse("contentBlockStop", 0),
      converse("contentBlockDelta", 1, { delta: { text: SAID.text.slice(0, 12) } }),
      eventFrame("futureEvent", { a: 1 }),
      converse("contentBlockDelta", 1, { delta: { text: SAID.text.slice(12) } }),
      converse("contentBlockDelta", 1, { delta: { future: {} } }),
      converse("contentBlockStop", 1),
      toolStart(2, "call_a", "weather"),
      toolUse(2, FIRST_A),
      toolUse(2, FIRST_B),
      converse("contentBlockStop", 2),
      toolStart(3, "call_b", "clock"),
      toolUse(3, SECOND_A),
      toolUse(3, SECOND_B),
      converse("contentBlockStop", 3),
      eventFrame("messageStop", { stopReason: "tool_use" }),
      eventFrame("metadata", { usage: { inputTokens: 9, outputTokens: 4, totalTokens: 13 } }),
    ],
  },
  {
    name: "bedrock: an error in its middle",
    wire: "bedrock",
    request: requestFor("bedrock"),
    ends: "error",
    pieces: [
      START,
      converse("contentBlockDelta", 0, { delta: { text: "So" } }),
      exceptionFrame("modelStreamErrorException", "Overloaded"),
    ],
  },
];

export const STREAMS: readonly ModelledStream[] = [...OPENAI, ...RESPONSES, ...ANTHROPIC, ...GOOGLE, ...BEDROCK];
