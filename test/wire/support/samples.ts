import type { ChatRequest, Message, Part, Setting, Tool } from "../../../mint-server/wire/chat-request.ts";
import type { Stamp } from "../../../mint-server/wire/wire-format.ts";

export const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
export const PDF = btoa("%PDF-1.4\n%mint\n%%EOF");
export const WAV = btoa("RIFF\x24\0\0\0WAVEfmt ");

export function say(text: string): Part {
  return { kind: "text", text };
}

export function image(data = PNG): Part {
  return { kind: "image", source: { kind: "base64", mediaType: "image/png", data }, at: "here" };
}

export function pdf(name = "report.pdf"): Part {
  return { kind: "file", source: { kind: "base64", mediaType: "application/pdf", data: PDF }, name, at: "here" };
}

export function call(id: string, name: string, args: object): Part {
  return { kind: "tool_call", id, name, arguments: JSON.stringify(args) };
}

export function result(callId: string, ...parts: readonly Part[]): Part {
  return { kind: "tool_result", callId, parts, at: "here" };
}

export function user(...parts: readonly Part[]): Message {
  return { role: "user", parts };
}

export function assistant(...parts: readonly Part[]): Message {
  return { role: "assistant", parts };
}

type FunctionTool = Extract<Tool, { kind: "function" }>;

export const WEATHER: FunctionTool = {
  kind: "function",
  name: "weather",
  description: "Tells the weather.",
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
};
export const CLOCK: FunctionTool = {
  kind: "function",
  name: "clock",
  description: "Tells the time.",
  parameters: { type: "object", properties: { zone: { type: "string" } }, required: ["zone"] },
};

export function chatRequest(fields: Partial<ChatRequest> = {}): ChatRequest {
  return {
    model: "model",
    stream: false,
    messages: [user(say("Hello"))],
    tools: [],
    includeUsage: true,
    asked: new Map<Setting, string>(),
    ...fields,
  };
}

/** Ids that are new, and the same in every run. */
export function createStamp(): Stamp {
  let count = 0;
  return { created: 1_795_000_000, newId: (prefix) => `${prefix}made${count++}` };
}
