import type { ChatRequest, Message, ReasoningPart } from "../../mint-server/wire/chat-request.ts";
import { chat } from "../../mint-server/wire/openai/format.ts";
import { FieldError } from "../../mint-server/wire/read.ts";
import type { Stamp } from "../../mint-server/wire/wire-format.ts";

const CALL = { model: "claude-sonnet-4-5", stream: false };
export const HELLO = [{ role: "user", content: "Hello" }];
export const STAMP: Stamp = { created: 1_700_000_000, newId: (prefix) => `${prefix}new` };
export const SIGNED: ReasoningPart = { kind: "reasoning", text: "Hm.", signature: { by: "anthropic", value: "c2ln" } };

export const decode = (body: object) => chat.decodeRequest({ messages: HELLO, ...body }, CALL);
export const decodeMessages = (...messages: unknown[]) => decode({ messages }).messages;

export function request(fields: Partial<ChatRequest> = {}): ChatRequest {
  return { ...decode({}), model: "gpt-4o", ...fields };
}

export const user = (...parts: Message["parts"]): Message => ({ role: "user", parts });
export const assistant = (...parts: Message["parts"]): Message => ({ role: "assistant", parts });
export const text = (value: string) => ({ kind: "text", text: value }) as const;
export const call = (id: string, name = "f", args = "{}") =>
  ({ kind: "tool_call", id, name, arguments: args }) as const;
export const result = (callId: string, ...parts: Message["parts"]) =>
  ({ kind: "tool_result", callId, parts, at: "messages[2]" }) as const;
export const TOOL = { kind: "function", name: "f", parameters: { type: "object" } } as const;

export const encode = (fields: Partial<ChatRequest>, ways = {}) => chat.encodeRequest(request(fields), ways);
export const encodeMessages = (messages: readonly Message[], model = "gpt-4o", ways = {}) =>
  encode({ messages, model }, ways).messages;

export function paramOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof FieldError) return `${error.param}: ${error.message}`;
    throw error;
  }
  return "nothing thrown";
}
