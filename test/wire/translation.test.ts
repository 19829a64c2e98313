import { describe, expect, test } from "vitest";
import { type ErrorDetails, TRUNCATED } from "../../mint-server/contract/openai-error.ts";
import { AWS_EVENT_STREAM } from "../../mint-server/wire/bedrock/frames.ts";
import type { StreamEvent } from "../../mint-server/wire/chat-answer.ts";
import { EVENT_STREAM } from "../../mint-server/wire/event-stream.ts";
import { createTranslation } from "../../mint-server/wire/translation.ts";
import type { Framing, StreamDecoder } from "../../mint-server/wire/wire-format.ts";
import { eventFrame } from "./support/converse.ts";

/** A stream whose events are neutral already, told as JSON lines. */
const DECODER: StreamDecoder = {
  decode: ({ data }, emit) => {
    for (const event of JSON.parse(data) as StreamEvent[]) emit(event);
  },
};

function start({ framing = EVENT_STREAM, clean = (details: ErrorDetails) => details } = {}) {
  const encoder = { encode: (event: StreamEvent) => `${JSON.stringify(event)}\n` };
  return createTranslation({ framing, decoder: DECODER, encoder, clean });
}

function bytes(...events: readonly StreamEvent[]): Uint8Array {
  return new TextEncoder().encode(`data: ${JSON.stringify(events)}\n\n`);
}

function told(text: string): readonly StreamEvent[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as StreamEvent);
}

const TEXT: StreamEvent = { type: "text", choice: 0, text: "Grüße 👋🏽" };
const FINISH: StreamEvent = { type: "finish", choice: 0, finish: { reason: "stop" } };
const END: StreamEvent = { type: "end" };
const CUT: StreamEvent = { type: "error", details: TRUNCATED };

describe("a translation", () => {
  test("says at once what a chunk says, and no more than once", () => {
    const translation = start();
    expect(told(translation.feed(bytes(TEXT)))).toEqual([TEXT]);
    expect(translation.feed(new Uint8Array())).toBe("");
    expect(told(translation.feed(bytes(FINISH, END)))).toEqual([FINISH, END]);
    expect(translation.done).toBe(true);
    expect(translation.feed(bytes(TEXT)) + translation.end()).toBe("");
  });

  test("keeps characters whole whose bytes come apart", () => {
    const translation = start();
    const pieces = [...bytes(TEXT)].map((byte) => translation.feed(Uint8Array.of(byte)));
    expect(told(pieces.join(""))).toEqual([TEXT]);
  });

  test.each<[string, readonly StreamEvent[]]>([
    ["without its end", [TEXT, FINISH]],
    ["in its middle", [TEXT]],
    ["before its first word", []],
  ])("that ends %s says so once", (_, events) => {
    const translation = start();
    const text = events.map((event) => translation.feed(bytes(event))).join("") + translation.end() + translation.end();
    expect(told(text)).toEqual([...events, CUT]);
    expect(translation.done).toBe(true);
  });

  test("takes an end for a cut where a choice has no finish reason", () => {
    expect(told(start().feed(bytes(END)))).toEqual([CUT]);
    expect(told(start().feed(bytes(TEXT, END)))).toEqual([TEXT, CUT]);
    const other: StreamEvent = { type: "reasoning", choice: 1, text: "Hm." };
    expect(told(start().feed(bytes(TEXT, other, FINISH, END)))).toEqual([TEXT, other, FINISH, CUT]);
  });

  test("takes a finished choice for finished, whatever is told of it afterwards", () => {
    const late: StreamEvent = { type: "citation", choice: 0, citation: { url: "https://a.example" } };
    const events: readonly StreamEvent[] = [TEXT, FINISH, late, { type: "usage", usage: USAGE }, END];
    expect(told(start().feed(bytes(...events)))).toEqual(events);
  });

  test("says nothing after an error, and of an error only what may be told", () => {
    const clean = ({ type, code }: ErrorDetails): ErrorDetails => ({ message: "Something broke.", type, code });
    const translation = start({ clean });
    const error: StreamEvent = { type: "error", details: { message: "sk-secret", type: "server_error", code: null } };
    expect(told(translation.feed(bytes(TEXT, error, FINISH, END)))).toEqual([
      TEXT,
      { type: "error", details: { message: "Something broke.", type: "server_error", code: null } },
    ]);
    expect(translation.end()).toBe("");
  });

  test.each<[string, Framing, readonly Uint8Array[]]>([
    ["an event that never ends", EVENT_STREAM, endless()],
    ["bytes that are no frames", AWS_EVENT_STREAM, [eventFrame("a", [TEXT]), new Uint8Array(16)]],
  ])("gives up at %s", (_, framing, pieces) => {
    const translation = start({ framing });
    const text = pieces.map((piece) => translation.feed(piece)).join("");
    const error = told(text).at(-1);
    expect(error).toMatchObject({ type: "error", details: { code: "upstream_malformed" } });
    expect(translation.done).toBe(true);
    expect(translation.feed(bytes(TEXT)) + translation.end()).toBe("");
  });
});

const USAGE = { inputTokens: 1, outputTokens: 1 };

function endless(): readonly Uint8Array[] {
  const piece = new Uint8Array(1024 * 1024).fill(0x20);
  return [new TextEncoder().encode("data: "), ...Array.from({ length: 17 }, () => piece)];
}
