import { describe, expect, test } from "vitest";
import { createTextReader } from "../../mint-server/contract/bytes.ts";
import { pump, type Translation } from "../../mint-server/wire/pump.ts";

// In workerd itself: what holds here holds for the runtime's own streams, not for a copy of them.

const utf8 = new TextEncoder();
const KINDS = [
  ["text", false],
  ["binary", true],
] as const;

/** Says each line of what it is fed in brackets, `.` ends it, and `!` makes it throw. */
function lines({ isBinary = false } = {}): Translation & { readonly fed: () => string } {
  const textOf = createTextReader();
  let fed = "";
  let rest = "";
  let done = false;
  return {
    isBinary,
    fed: () => fed,
    feed(chunk) {
      const text = textOf(chunk);
      fed += text;
      const whole = (rest + text).split("\n");
      rest = whole.pop() ?? "";
      if (whole.includes("!")) throw new Error("not to be translated");
      done ||= whole.includes(".");
      return whole.map((line) => `[${line}]`).join("");
    },
    end: () => `end(${rest})`,
    get done() {
      return done;
    },
  };
}

/** A provider that is asked for every chunk, and whose `say` returns once the chunk is taken. */
function provider() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const gone = Promise.withResolvers<unknown>();
  let asked = Promise.withResolvers<void>();
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
    async say(chunk: string | Uint8Array) {
      await asked.promise;
      asked = Promise.withResolvers();
      controller?.enqueue(typeof chunk === "string" ? utf8.encode(chunk) : chunk);
    },
    end: () => controller?.close(),
    cut: () => controller?.error(new Error("the connection broke")),
  };
}

/** Reads exactly as much as is expected next. */
function reading(answer: ReadableStream<Uint8Array>) {
  const reader = answer.getReader();
  const decoder = new TextDecoder();
  return {
    async upTo(expected: string) {
      let text = "";
      while (text.length < expected.length) {
        const { done, value } = await reader.read();
        if (done) break;
        text += decoder.decode(value, { stream: true });
      }
      expect(text).toBe(expected);
    },
    reader,
  };
}

const whole = (answer: ReadableStream<Uint8Array>) => new Response(answer).text();

describe.each(KINDS)("a stream of %s", (_, isBinary) => {
  test("gives each event before the next is sent", async () => {
    const { stream, say, end } = provider();
    const answer = reading(pump(stream, lines({ isBinary })));
    for (const word of ["one", "two", "three"]) {
      await say(`${word}\n`);
      await answer.upTo(`[${word}]`);
    }
    end();
    await answer.upTo("end()");
    expect(await answer.reader.read()).toMatchObject({ done: true });
  });

  test("says nothing of half an event, and all of several that come at once", async () => {
    const { stream, say, end } = provider();
    const answer = reading(pump(stream, lines({ isBinary })));
    await say("on");
    await say("e\ntwo\nth");
    await answer.upTo("[one][two]");
    end();
    await answer.upTo("end(th)");
  });

  test("keeps characters whole whose bytes come one by one", async () => {
    const { stream, say, end } = provider();
    const answer = whole(pump(stream, lines({ isBinary })));
    for (const byte of utf8.encode("Grüße 🪙 你好\n")) await say(Uint8Array.of(byte));
    end();
    expect(await answer).toBe("[Grüße 🪙 你好]end()");
  });

  test("hands on what is said as it was told, and every second piece in other words, wherever its bytes are split", async () => {
    const words = "Grün 🪙 </plaintext>&amp; 你好";
    for (const isOther of [() => false, (piece: number) => piece % 2 === 1]) {
      const { stream, say, end } = provider();
      const textOf = createTextReader();
      let piece = 0;
      const said = (text: string): string => (isOther(piece++) ? text.toUpperCase() : text);
      const told: string[] = [];
      const feed: Translation["feed"] = (chunk) => {
        const text = said(textOf(chunk));
        told.push(text);
        return text;
      };
      const answer = whole(pump(stream, { isBinary, feed, end: () => "", done: false }));
      for (const byte of utf8.encode(words)) await say(Uint8Array.of(byte));
      end();
      expect(await answer).toBe(told.join(""));
      expect(told.join("").toLowerCase()).toBe(words.toLowerCase());
    }
  });

  test("passes on whatever looks like markup, character by character or at once", async () => {
    const text =
      "\u0001\u0000</plaintext><script>&amp;&lt;</script><!-- <![CDATA[ ]]> --><plaintext><template><svg></svg><\r\r<b a='1";
    const { stream, say, end } = provider();
    const translation = lines({ isBinary });
    const answer = whole(pump(stream, translation));
    for (const character of text) await say(character);
    await say(`${text}\n`);
    end();
    expect(await answer).toBe(`[${text}${text}]end()`);
    expect(translation.fed()).toBe(`${text}${text}\n`);
  });

  test("carries an event of a million characters", async () => {
    const { stream, say, end } = provider();
    const answer = whole(pump(stream, lines({ isBinary })));
    const long = "<ä🪙>".repeat(200_000);
    await say(`${long}\n`);
    end();
    expect((await answer) === `[${long}]end()`).toBe(true);
  });

  test("that breaks is told from nothing but its end", async () => {
    const { stream, say, cut } = provider();
    const answer = reading(pump(stream, lines({ isBinary })));
    await say("one\ntw");
    await answer.upTo("[one]");
    cut();
    await answer.upTo("end(tw)");
    expect(await answer.reader.read()).toMatchObject({ done: true });
  });

  test("that breaks before its first byte has an end too", async () => {
    const { stream, cut } = provider();
    cut();
    expect(await whole(pump(stream, lines({ isBinary })))).toBe("end()");
  });

  test("is over when all is said, and the provider may end by itself", async () => {
    const { stream, say, end, gone } = provider();
    const answer = whole(pump(stream, lines({ isBinary })));
    await say("one\n.\n");
    await say("not for the caller\n");
    end();
    expect(await answer).toBe("[one][.]");
    expect(await Promise.race([gone.then(() => "cancelled"), Promise.resolve("ended")])).toBe("ended");
  });

  test("that cannot be translated breaks the answer and leaves the provider", async () => {
    const { stream, say, gone } = provider();
    const { reader } = reading(pump(stream, lines({ isBinary })));
    const broken = expect(reader.read()).rejects.toThrow();
    await say("!\n");
    void say("more\n");
    await broken;
    await gone;
  });

  test("ends at the provider's next event when the caller leaves without a signal", async () => {
    const { stream, say, gone } = provider();
    const answer = reading(pump(stream, lines({ isBinary })));
    await say("one\n");
    await answer.upTo("[one]");
    await answer.reader.cancel();
    const more = (async () => {
      for (;;) await say("more\n");
    })();
    await Promise.race([gone, more]);
  });

  test("waits for a caller who does not read", async () => {
    let pulls = 0;
    const endless = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulls++;
          controller.enqueue(utf8.encode(`${"x".repeat(1000)}\n`));
        },
      },
      { highWaterMark: 0 },
    );
    const { reader } = reading(pump(endless, lines({ isBinary })));
    await reader.read();
    // It has stopped once a good while brings no further pull.
    for (let before = -1; before !== pulls; ) {
      before = pulls;
      await scheduler.wait(100);
    }
    expect(pulls).toBeLessThan(20);
    await reader.cancel();
  });
});

// A stream made in JavaScript heeds a pipe's signal at its next chunk only, so silence is for the one that reads by itself
// here; for text, `aborts.test.ts` leaves silent providers over real connections.
describe("a silent stream", () => {
  test("is over when all is said, even if the provider stays silent", async () => {
    const { stream, say, gone } = provider();
    const answer = whole(pump(stream, lines({ isBinary: true })));
    await say("one\n.\n");
    expect(await answer).toBe("[one][.]");
    await gone;
  });

  test("ends at the provider when the caller leaves while it is silent", async () => {
    const { stream, say, gone } = provider();
    const leaving = new AbortController();
    const answer = reading(pump(stream, lines({ isBinary: true }), leaving.signal));
    await say("one\n");
    await answer.upTo("[one]");
    leaving.abort();
    void answer.reader.cancel();
    await gone;
  });
});
