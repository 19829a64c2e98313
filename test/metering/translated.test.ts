import { describe, expect, test } from "vitest";
import { utf8 } from "../../mint-server/contract/bytes.ts";
import { TRUNCATED } from "../../mint-server/contract/openai-error.ts";
import type { MeterOptions, Settled } from "../../mint-server/metering/meter.ts";
import { meterTranslatedStream } from "../../mint-server/metering/translated-stream.ts";
import { AWS_EVENT_STREAM } from "../../mint-server/wire/bedrock/frames.ts";
import type { StreamEvent } from "../../mint-server/wire/chat-answer.ts";
import { EVENT_STREAM } from "../../mint-server/wire/event-stream.ts";
import type { StreamDecoder } from "../../mint-server/wire/wire-format.ts";

const HOLD = { inputTokens: 5000, outputTokens: 4000 };
const SPENT = { message: "The budget is spent.", type: "insufficient_quota", code: "budget_exceeded" };

/** A stream whose events are neutral already, told as JSON. */
const DECODER: StreamDecoder = {
  decode: ({ data }, emit) => {
    for (const event of JSON.parse(data) as StreamEvent[]) emit(event);
  },
};
const encode = (event: StreamEvent): string => `${JSON.stringify(event)}\n`;
const bytes = (...events: readonly StreamEvent[]) => utf8(`data: ${JSON.stringify(events)}\n\n`);
const text = (...events: readonly StreamEvent[]): string => events.map(encode).join("");

function start(options: Partial<MeterOptions> = {}, framing = EVENT_STREAM) {
  const settled: Settled[] = [];
  const stream = meterTranslatedStream(
    { framing, decoder: DECODER, encoder: { encode }, clean: (details) => details },
    { hold: HOLD, thinksUnseen: false, onSettle: (value) => settled.push(value), ...options },
  );
  return { ...stream, settled };
}

const START: StreamEvent = { type: "start", usage: { inputTokens: 70, outputTokens: 1 } };
const TEXT: StreamEvent = { type: "text", choice: 0, text: "Grüße 👋🏽" };
const CALL: StreamEvent = { type: "tool_start", choice: 0, call: 0, id: "call_1", name: "weather" };
const PIECE: StreamEvent = { type: "tool_arguments", choice: 0, call: 0, text: '{"city":"Köln"}' };
const FINISH: StreamEvent = { type: "finish", choice: 0, finish: { reason: "tool_calls" } };
const USAGE: StreamEvent = {
  type: "usage",
  usage: { inputTokens: 80, outputTokens: 20, cachedTokens: 10, cacheWriteTokens: 5 },
};
const END: StreamEvent = { type: "end" };
const ALL = [START, TEXT, CALL, PIECE, USAGE, FINISH, END] as const;

describe("a translated stream", () => {
  test("is translated as ever, and settled once on the last usage that it told", () => {
    const { translation, settled } = start();
    expect(ALL.map((event) => translation.feed(bytes(event))).join("")).toBe(text(...ALL));
    expect(translation.done).toBe(true);
    expect(translation.feed(bytes(TEXT)) + translation.end()).toBe("");
    translation.closed?.();
    expect(settled).toEqual([
      { inputTokens: 80, outputTokens: 20, cachedTokens: 10, cacheWriteTokens: 5, complete: true },
    ]);
  });

  test.each([-1, 1.5, 1e300])("is settled as if nothing were told, on a usage that none can have: %d", (count) => {
    const settledOn = (...events: readonly StreamEvent[]) => {
      const { translation, settled } = start();
      expect(translation.feed(bytes(TEXT, ...events, END))).toBe(text(TEXT, ...events, END));
      return settled;
    };
    const untold = settledOn(FINISH);
    expect(untold).toEqual([{ inputTokens: 5000, outputTokens: expect.any(Number), complete: true }]);
    for (const odd of [{ inputTokens: count }, { outputTokens: count }, { cachedTokens: count }])
      expect(settledOn({ type: "usage", usage: { inputTokens: 8, outputTokens: 2, ...odd } }, FINISH)).toEqual(untold);
  });

  test("that is cut counts a token a byte of what was said", () => {
    const { translation, settled } = start();
    const said = translation.feed(bytes(START, TEXT, CALL, PIECE)) + translation.end();
    translation.closed?.();
    expect(said).toBe(text(START, TEXT, CALL, PIECE, { type: "error", details: TRUNCATED }));
    expect(settled).toEqual([{ inputTokens: 70, outputTokens: expect.any(Number), complete: false }]);
    expect(settled[0]?.outputTokens).toBeGreaterThanOrEqual(utf8("Grüße 👋🏽weather{'city':'Köln'}").length);
    expect(settled[0]?.outputTokens).toBeLessThan(400);
  });

  test("that is cut where thoughts may be unseen counts all that was set aside", () => {
    const { translation, settled } = start({ thinksUnseen: true });
    translation.feed(bytes(TEXT));
    translation.end();
    expect(settled).toEqual([{ ...HOLD, complete: false }]);
  });

  test("whose end comes too early for its choices is a cut", () => {
    const { translation, settled } = start();
    translation.feed(bytes(START, TEXT, USAGE, END));
    expect(settled).toMatchObject([{ complete: false, inputTokens: 80 }]);
  });

  test("that fails is settled, and cannot be stopped after that", () => {
    const { translation, stop, stopped, settled } = start();
    const said = translation.feed(bytes(START, { type: "error", details: TRUNCATED }));
    stop(SPENT);
    expect(said + translation.end()).toBe(text(START, { type: "error", details: TRUNCATED }));
    expect(stopped.aborted).toBe(false);
    expect(settled).toMatchObject([{ complete: false, inputTokens: 70 }]);
  });

  test("that the caller leaves is settled", () => {
    const { translation, settled } = start();
    translation.feed(bytes(START, TEXT));
    translation.closed?.();
    translation.closed?.();
    expect(settled).toMatchObject([{ complete: false, inputTokens: 70 }]);
  });

  test("can be stopped, at its next piece or while it is silent", () => {
    const ended = text(START, TEXT, { type: "error", details: SPENT });
    for (const isSilent of [true, false]) {
      const { translation, stop, stopped, settled } = start();
      const before = translation.feed(bytes(START, TEXT));
      stop(SPENT);
      expect(stopped.aborted).toBe(true);
      expect(settled).toMatchObject([{ complete: false, inputTokens: 70 }]);
      expect(before + (isSilent ? translation.end() : translation.feed(bytes(PIECE)))).toBe(ended);
      expect(translation.done).toBe(true);
      expect(settled).toHaveLength(1);
    }
  });

  test("keeps its framing's kind of bytes", () => {
    expect(start({}, EVENT_STREAM).translation.isBinary ?? false).toBe(false);
    expect(start({}, AWS_EVENT_STREAM).translation.isBinary).toBe(true);
  });
});
