import type { ChatRequest, Part, Setting } from "../../mint-server/wire/chat-request.ts";
import { FieldError } from "../../mint-server/wire/read.ts";
import { responses } from "../../mint-server/wire/responses/format.ts";
import type { Stamp } from "../../mint-server/wire/wire-format.ts";

export const STAMP: Stamp = { created: 1_790_000_000, newId: (prefix) => `${prefix}${"0".repeat(32)}` };

export function say(text: string): Part {
  return { kind: "text", text };
}

/** A neutral request that says `Hello`, unless `fields` say otherwise. */
export function request(fields: Partial<ChatRequest> = {}): ChatRequest {
  return {
    model: "o1-pro",
    stream: false,
    messages: [{ role: "user", parts: [say("Hello")] }],
    tools: [],
    includeUsage: true,
    asked: new Map<Setting, string>(),
    ...fields,
  };
}

/** A caller's request, read. */
export function read(body: Record<string, unknown>, stream = false): ChatRequest {
  return responses.decodeRequest({ model: "m", input: "Hello", ...body }, { model: "m", stream });
}

/** The field that is refused. */
export function problemOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof FieldError) return error.param;
    throw error;
  }
  throw new Error("nothing was refused");
}

export interface SentEvent {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** The events of a stream's text, each of which must be whole. */
export function eventsIn(text: string): readonly SentEvent[] {
  return text
    .split("\n\n")
    .slice(0, -1)
    .map((block) => {
      const [, event, data] = /^event: (\S+)\ndata: (.*)$/.exec(block) ?? [];
      if (event === undefined || data === undefined) throw new Error(`no event: ${block}`);
      return { event, data: JSON.parse(data) as Record<string, unknown> };
    });
}
