import { describe, expect, test } from "vitest";
import { utf8 } from "../../mint-server/contract/bytes.ts";
import { errorEvent } from "../../mint-server/contract/error-shapes.ts";
import { TRUNCATED } from "../../mint-server/contract/openai-error.ts";
import type { Settled } from "../../mint-server/metering/meter.ts";
import { type MeteredStream, meteredPassage } from "../../mint-server/metering/metered-stream.ts";
import { meterNativeStream } from "../../mint-server/metering/native-stream.ts";
import { meterTranslatedStream } from "../../mint-server/metering/translated-stream.ts";
import { USAGE_FORMATS } from "../../mint-server/metering/usage.ts";
import { startDeadlines } from "../../mint-server/providers/deadlines.ts";
import { SYSTEM_TIMING } from "../../mint-server/providers/timing.ts";
import type { StreamEvent } from "../../mint-server/wire/chat-answer.ts";
import { EVENT_STREAM } from "../../mint-server/wire/event-stream.ts";
import { pumpPassage } from "../../mint-server/wire/pump.ts";

// In workerd itself, whose streams decide when a caller has left and what is still said to one who has not.

const HOLD = { inputTokens: 5000, outputTokens: 4000 };
const REVOKED = { message: "This credential was revoked.", type: "invalid_request_error", code: "invalid_token" };
const format = await USAGE_FORMATS.chat();

const chunk = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
const USAGE = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 3 } })}\n\n`;
const DONE = "data: [DONE]\n\n";

function pumpMetered(
  body: ReadableStream<Uint8Array>,
  stream: MeteredStream,
  signal: AbortSignal = new AbortController().signal,
): ReadableStream<Uint8Array> {
  const deadlines = startDeadlines({}, { timing: SYSTEM_TIMING });
  return pumpPassage(meteredPassage({ body, stream, signal, deadlines }));
}

/** What was settled, and a promise of the first time. */
function settling() {
  const settled: Settled[] = [];
  const first = Promise.withResolvers<void>();
  const onSettle = (value: Settled): void => {
    settled.push(value);
    first.resolve();
  };
  return { settled, first: first.promise, onSettle };
}

function native() {
  const { onSettle, ...settled } = settling();
  const stream = meterNativeStream({
    format,
    terminal: { kind: "done" },
    errors: "openai",
    isArray: false,
    hidesUsage: true,
    hold: HOLD,
    thinksUnseen: false,
    onSettle,
  });
  return { stream, ...settled };
}

/** Text that comes as bytes which are none: each event is the text of one. */
function binary() {
  const { onSettle, ...settled } = settling();
  const stream = meterTranslatedStream(
    {
      framing: { ...EVENT_STREAM, isBinary: true },
      decoder: { decode: ({ data }, emit) => emit({ type: "text", choice: 0, text: data }) },
      encoder: { encode: (event: StreamEvent) => `${JSON.stringify(event)}\n` },
      clean: (details) => details,
    },
    { hold: HOLD, thinksUnseen: false, onSettle },
  );
  return { stream, ...settled };
}

/** A provider that is asked for every chunk, and whose `say` returns once the chunk is taken. */
function provider() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let asked = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<unknown>();
  const stream = new ReadableStream<Uint8Array>(
    {
      start(itsController) {
        controller = itsController;
      },
      pull() {
        asked.resolve();
      },
      cancel: gone.resolve,
    },
    { highWaterMark: 0 },
  );
  return {
    stream,
    gone: gone.promise,
    async say(text: string) {
      await asked.promise;
      asked = Promise.withResolvers();
      controller?.enqueue(utf8(text));
    },
    end: () => controller?.close(),
    cut: () => controller?.error(new Error("the connection broke")),
  };
}

async function upTo(reader: ReadableStreamDefaultReader<Uint8Array>, expected: string): Promise<void> {
  const decoder = new TextDecoder();
  let text = "";
  while (text.length < expected.length) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  expect(text).toBe(expected);
}

const SAID = { text: chunk("a"), bytes: `${JSON.stringify({ type: "text", choice: 0, text: "a" })}\n` };
const LAST = {
  text: errorEvent(REVOKED, "openai", 401),
  bytes: `${JSON.stringify({ type: "error", details: REVOKED })}\n`,
};
const CUT = { inputTokens: HOLD.inputTokens, outputTokens: expect.any(Number), complete: false };

describe("a metered stream", () => {
  test("comes as it was sent, and is settled on its usage", async () => {
    const { stream, settled } = native();
    const { stream: upstream, say, end } = provider();
    const answer = new Response(pumpMetered(upstream, stream)).text();
    for (const piece of [chunk("Grüße 🪙 </plaintext><b>&amp;"), USAGE, DONE]) await say(piece);
    end();
    expect(await answer).toBe(chunk("Grüße 🪙 </plaintext><b>&amp;") + DONE);
    expect(settled).toEqual([{ inputTokens: 9, outputTokens: 3, complete: true }]);
  });

  test("whose last bytes come right before its end is complete", async () => {
    const { stream, settled } = native();
    const { stream: upstream, say, end } = provider();
    const answer = new Response(pumpMetered(upstream, stream)).text();
    await say(chunk("a") + USAGE + DONE.slice(0, -1));
    await say(DONE.slice(-1));
    end();
    expect(await answer).toBe(chunk("a") + DONE);
    expect(settled).toEqual([{ inputTokens: 9, outputTokens: 3, complete: true }]);
  });

  test("that breaks off says so and is settled", async () => {
    const { stream, settled } = native();
    const { stream: upstream, say, cut } = provider();
    const reader = pumpMetered(upstream, stream).getReader();
    await say(chunk("a"));
    await upTo(reader, chunk("a"));
    cut();
    await upTo(reader, errorEvent(TRUNCATED));
    expect(await reader.read()).toMatchObject({ done: true });
    expect(settled).toEqual([CUT]);
  });
});

describe.each([
  ["text", native],
  ["bytes", binary],
] as const)("a metered stream of %s", (kind, start) => {
  test("is settled when the caller leaves in the middle of it", async () => {
    const { stream, settled, first } = start();
    const { stream: upstream, say, gone } = provider();
    const leaving = new AbortController();
    const reader = pumpMetered(upstream, stream, leaving.signal).getReader();
    await say(kind === "text" ? chunk("a") : "data: a\n\n");
    await upTo(reader, SAID[kind]);
    leaving.abort();
    void reader.cancel();
    void say(chunk("b"));
    await Promise.all([first, gone]);
    expect(settled).toEqual([CUT]);
  });

  test("that is stopped ends with the error, and so does the provider's", async () => {
    const { stream, settled } = start();
    const { stream: upstream, say, gone } = provider();
    const reader = pumpMetered(upstream, stream).getReader();
    await say(kind === "text" ? chunk("a") : "data: a\n\n");
    await upTo(reader, SAID[kind]);
    stream.stop(REVOKED, 401);
    // A stream made in JavaScript heeds a pipe's signal at its next chunk only; one of bytes is read by itself.
    if (kind === "text") void say(chunk("b"));
    await upTo(reader, LAST[kind]);
    expect(await reader.read()).toMatchObject({ done: true });
    await gone;
    expect(settled).toEqual([CUT]);
  });
});
