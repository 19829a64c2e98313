import { describe, expect, test } from "vitest";
import { CLIENTS } from "./support/clients.ts";
import { collect, decodeStream } from "./support/collect.ts";
import { joined } from "./support/converse.ts";
import { type Caller, wireOf, wires } from "./support/formats.ts";
import {
  expectConsistent,
  isError,
  isTerminal,
  LISTENERS,
  type Listener,
  tell,
  toldEvents,
} from "./support/listeners.ts";
import { plainAnswer } from "./support/plain.ts";
import { type ModelledStream, SAID, STREAMS } from "./support/streams.ts";

// Every stream is read by every caller. Two cuts at every byte offset are read by a caller of Chat Completions; the others,
// whose encoders see the same events, at every `STRIDE`th.
const STRIDE = 23;

const WHOLE = STREAMS.filter(({ ends }) => ends === "whole");
const MAIN = STREAMS.filter(({ name }) => name.endsWith("thoughts, text and parallel calls"));

function single(bytes: Uint8Array): readonly Uint8Array[] {
  return Array.from(bytes, (byte) => Uint8Array.of(byte));
}

describe.each(MAIN)("$name", (stream) => {
  const { wire, request, pieces } = stream;
  const answer = collect(decodeStream(wire, joined(pieces), request));

  test("mean what they say", () => {
    if (!answer) throw new Error("the stream was not whole");
    const { texts, thoughts, calls, finishes, usage } = plainAnswer(answer, wire);
    expect({ texts, thoughts, finishes }).toEqual({
      texts: [SAID.text],
      thoughts: [SAID.thought],
      finishes: ["tool_calls"],
    });
    expect(calls).toEqual(SAID.calls.map((call) => ({ ...call, index: 0 })));
    expect(usage).toMatchObject({ inputTokens: 9, outputTokens: 4 });
  });

  test.each(["chat", "responses", "anthropic", "google"] satisfies Caller[])("reach a caller of %s", (caller) => {
    const body = CLIENTS[caller].gather(tell(stream, caller, pieces).join(""));
    const own = wireOf(caller);
    const again = wires[own].decodeAnswer(body, request);
    if (!again || !answer) throw new Error("the answer was none");
    const { texts, thoughts, calls, finishes } = plainAnswer(again, own);
    expect({ texts, thoughts, calls, finishes }).toMatchObject({
      texts: [SAID.text],
      thoughts: [SAID.thought],
      calls: SAID.calls,
      finishes: ["tool_calls"],
    });
  });
});

describe.each(LISTENERS)("a caller of %s is told the same", (listener) => {
  test.each(STREAMS)("$name: wherever the bytes are split", (stream) => {
    const bytes = joined(stream.pieces);
    const expected = tell(stream, listener, [bytes]).join("");
    expect(expected).not.toContain("\uFFFD");
    expect(tell(stream, listener, single(bytes)).join("")).toBe(expected);
    const step = listener === "chat" ? 1 : STRIDE;
    for (let at = 0; at <= bytes.length; at += step) {
      const told = tell(stream, listener, [bytes.subarray(0, at), bytes.subarray(at)]).join("");
      if (told !== expected) expect(told, `cut at ${at}`).toBe(expected);
    }
  });

  test.each(STREAMS)("$name: with the same ids in all events, and one end", (stream) => {
    const events = toldEvents(tell(stream, listener, stream.pieces).join(""), listener);
    expectConsistent(events, listener);
    const isEnd = stream.ends === "whole" ? isTerminal : isError;
    expect(events.map((event) => isEnd(event, listener)).lastIndexOf(true)).toBe(events.length - 1);
    expect(events.filter((event) => isError(event, listener))).toHaveLength(stream.ends === "error" ? 1 : 0);
    if (stream.ends === "error") expect(events.at(-1)?.data).toContain("Overloaded");
    if (stream.ends === "error") expect(events.some((event) => isTerminal(event, listener))).toBe(false);
  });

  test.each(WHOLE)("$name: as far as it came, and then that it was cut off", (stream) => {
    const whole = toldEvents(tell(stream, listener, stream.pieces).join(""), listener);
    for (let count = 0; count < stream.pieces.length; count++) {
      const told = toldEvents(tell(stream, listener, stream.pieces.slice(0, count)).join(""), listener);
      const last = told.at(-1);
      expect(told.slice(0, -1)).toEqual(whole.slice(0, told.length - 1));
      expect(last && isError(last, listener)).toBe(true);
      expect(told.slice(0, -1).some((event) => isError(event, listener) || isTerminal(event, listener))).toBe(false);
      expect(last?.data).toContain("ended before it was complete");
      expectConsistent(told, listener);
    }
  });

  test.each(WHOLE)("$name: as far as it came, and that it was cut off inside an event", (stream) => {
    const bytes = joined(stream.pieces);
    const whole = toldEvents(tell(stream, listener, [bytes]).join(""), listener);
    for (let at = 1; at < bytes.length - 2; at += STRIDE) {
      const told = toldEvents(tell(stream, listener, [bytes.subarray(0, at)]).join(""), listener);
      const last = told.at(-1);
      expect(told.slice(0, -1)).toEqual(whole.slice(0, told.length - 1));
      expect(last && isError(last, listener)).toBe(true);
      expect(last?.data).toContain("ended before it was complete");
    }
  });

  test.each(WHOLE)("$name: whatever follows its end", (stream) => {
    const { pieces } = stream;
    const expected = tell(stream, listener, pieces).join("");
    expect(tell(stream, listener, [joined([...pieces, ...pieces])]).join("")).toBe(expected);
    expect(tell(stream, listener, [...pieces, ...pieces]).join("")).toBe(expected);
  });
});

/** Text that means the same to a reader of events. */
const SPELLINGS: readonly (readonly [name: string, respell: (text: string) => string])[] = [
  ["LF", (text) => text.replaceAll("\r\n", "\n")],
  ["CRLF", (text) => text.replaceAll("\r\n", "\n").replaceAll("\n", "\r\n")],
  ["CR", (text) => text.replaceAll("\r\n", "\n").replaceAll("\n", "\r")],
  ["a byte order mark", (text) => `\uFEFF${text}`],
  ["no space after the colon", (text) => text.replaceAll(/^(data|event): /gm, "$1:")],
  [
    "comments and other fields",
    (text) => `: hi\nretry: 5\n\n${text.replaceAll(/^data:/gm, ": ping\nid: 7\nx: y\ndata:")}`,
  ],
  ["more blank lines", (text) => `\n\n${text.replaceAll("\n\n", "\n\n\n\n")}`],
];

describe.each(SPELLINGS)("an event stream written with %s", (_, respell) => {
  const streams = STREAMS.filter(({ wire }) => wire !== "bedrock");

  test.each(streams)("means the same, split or not: $name", (stream: ModelledStream) => {
    const text = new TextDecoder().decode(joined(stream.pieces));
    const bytes = new TextEncoder().encode(respell(text));
    for (const listener of ["chat", "anthropic"] satisfies Listener[]) {
      const expected = tell(stream, listener, stream.pieces).join("");
      expect(tell(stream, listener, [bytes]).join("")).toBe(expected);
      expect(tell(stream, listener, single(bytes)).join("")).toBe(expected);
    }
  });
});
