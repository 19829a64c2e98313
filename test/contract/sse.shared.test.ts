import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../mint-server/contract/bytes.ts";
import { MODEL_ENDPOINTS, type StreamTerminal } from "../../mint-server/contract/endpoints.ts";
import { errorEvent } from "../../mint-server/contract/error-shapes.ts";
import { TRUNCATED } from "../../mint-server/contract/openai-error.ts";
import { createStreamProbe, type StreamState } from "../../mint-server/contract/sse.ts";

const terminalOf = (path: string): StreamTerminal => {
  const endpoint = MODEL_ENDPOINTS.find((candidate) => candidate.path === path);
  if (!endpoint) throw new Error(`no endpoint ${path}`);
  return endpoint.terminal;
};
const CHAT = terminalOf("chat/completions");
const RESPONSES = terminalOf("responses");

function stateAfter(chunks: readonly (string | Uint8Array)[], terminal: StreamTerminal = CHAT): StreamState {
  const probe = createStreamProbe(terminal);
  for (const chunk of chunks) probe.feed(typeof chunk === "string" ? utf8(chunk) : chunk);
  return probe.state;
}

const chunkEvent = (content: string) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}`;
const stream = (events: readonly string[], newline = "\n") =>
  events.map((event) => event.replaceAll("\n", newline) + newline + newline).join("");

/** Contents that look like structure to whoever searches the bytes. */
const TRICKY = [
  "data: [DONE]",
  "\n\ndata: [DONE]\n\n",
  "\r\n\r\ndata: [DONE]",
  "[DONE]",
  '{"error":{"message":"x"}}',
  "event: error\ndata: {}",
  "😀\u2028",
  "",
];

describe.each([
  ["LF", "\n"],
  ["CRLF", "\r\n"],
  ["CR", "\r"],
])("a stream with %s line ends", (_, newline) => {
  const body = ["\uFEFF: hello\nid: 1\nretry: 5\n", ...TRICKY.map(chunkEvent), ": ping", "data: [DONE]"];
  const bytes = utf8(stream(body, newline));
  // The line is over at the CR already; an LF after it changes nothing.
  const completeAt = bytes.length - (newline === "\r\n" ? 1 : 0);

  test("is complete at its marker and not before", () => {
    for (let at = 0; at <= bytes.length; at++) {
      expect(stateAfter([bytes.subarray(0, at)]), `cut at ${at}`).toBe(at < completeAt ? "open" : "complete");
    }
  });

  test("is complete wherever it is split, byte by byte too", () => {
    for (let at = 0; at <= bytes.length; at++) {
      expect(stateAfter([bytes.subarray(0, at), bytes.subarray(at)]), `split at ${at}`).toBe("complete");
    }
    expect(stateAfter([...bytes].map((byte) => Uint8Array.of(byte)))).toBe("complete");
  });

  test("fails at an error event wherever it is split", () => {
    const failing = utf8(stream([chunkEvent("a"), "event: error\ndata: {}", "data: [DONE]"], newline));
    for (let at = 0; at <= failing.length; at++) {
      expect(stateAfter([failing.subarray(0, at), failing.subarray(at)]), `split at ${at}`).toBe("failed");
    }
  });
});

test("sees through any content, in any pieces", () => {
  const content = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...TRICKY));
  fc.assert(
    fc.property(
      fc.array(content),
      fc.boolean(),
      fc.infiniteStream(fc.integer({ min: 1, max: 80 })),
      (contents, whole, sizes) => {
        const bytes = utf8(stream([...contents.map(chunkEvent), ...(whole ? ["data: [DONE]"] : [])]));
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; at += chunks.at(-1)?.length ?? 0) {
          chunks.push(bytes.subarray(at, at + (sizes.next().value ?? 1)));
        }
        expect(stateAfter(chunks)).toBe(whole ? "complete" : "open");
      },
    ),
    { numRuns: 30 },
  );
});

test("never throws, whatever bytes come", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
      expect(["open", "complete", "failed"]).toContain(stateAfter(chunks));
    }),
  );
});

describe("the marker [DONE]", () => {
  test.each([
    ["without a space", "data:[DONE]\n\n"],
    ["with spaces around it", "data:  [DONE] \n\n"],
    ["after comments and other fields", ": x\nid: 7\ndata: [DONE]\nretry: 1\n\n"],
  ])("counts %s", (_, text) => {
    expect(stateAfter([text])).toBe("complete");
  });

  test.each([
    ["before its event is over", "data: [DONE]\n"],
    ["in a comment", ": [DONE]\n\n"],
    ["in another field", "id: [DONE]\n\nevent: [DONE]\n\n"],
    ["beside other data", "data: x\ndata: [DONE]\n\n"],
    ["in a field that only starts like data", "database: [DONE]\n\n"],
    ["without a field", "[DONE]\n\n"],
  ])("does not count %s", (_, text) => {
    expect(stateAfter([text])).toBe("open");
  });

  test("does not end a stream that ends by type", () => {
    expect(stateAfter(["data: [DONE]\n\n"], RESPONSES)).toBe("open");
  });
});

describe("a stream that ends by type", () => {
  test.each(["response.completed", "response.failed", "response.incomplete"])(
    "is complete at %s, named by event or in the data",
    (type) => {
      expect(stateAfter([`event: ${type}\ndata: ${JSON.stringify({ type, response: {} })}\n\n`], RESPONSES)).toBe(
        "complete",
      );
      expect(stateAfter([`data: ${JSON.stringify({ response: {}, type })}\n\n`], RESPONSES)).toBe("complete");
    },
  );

  test("is not complete at a terminal's name inside content", () => {
    const delta = {
      type: "response.output_text.delta",
      delta: 'event: response.completed\ndata: {"type":"response.completed"}\n\n',
    };
    expect(stateAfter([`event: ${delta.type}\ndata: ${JSON.stringify(delta)}\n\n`], RESPONSES)).toBe("open");
    expect(
      stateAfter([`data: ${JSON.stringify({ type: "x", inner: { type: "response.completed" } })}\n\n`], RESPONSES),
    ).toBe("open");
  });

  test.each(["images/generations", "audio/speech", "audio/transcriptions"])("knows the terminal of %s", (path) => {
    const terminal = terminalOf(path);
    const [type] = terminal.kind === "types" ? terminal.types : [];
    expect(stateAfter([`data: ${JSON.stringify({ type })}\n\n`], terminal)).toBe("complete");
  });

  test("may hold an image of several megabytes in one event", () => {
    const type = "image_generation.completed";
    const event = `event: ${type}\ndata: ${JSON.stringify({ type, b64_json: "A".repeat(6 << 20) })}\n\n`;
    const half = event.length / 2;
    expect(stateAfter([event.slice(0, half), event.slice(half)], terminalOf("images/generations"))).toBe("complete");
  });
});

describe("a provider's error inside a 200", () => {
  test.each([
    ["an error event", 'event: error\ndata: {"message":"x"}\n\n', CHAT],
    ["an object with an error", 'data: {"error":{"message":"x","code":500}}\n\n', CHAT],
    ["an error beside choices", 'data: {"id":"1","choices":[],"error":{"message":"x"}}\n\n', CHAT],
    ["an object of type error", 'data: {"type":"error","code":"server_error","message":"x"}\n\n', RESPONSES],
    [
      "an object of type error that holds one",
      'data: {"type":"error","error":{"message":"x"}}\n\n',
      terminalOf("images/generations"),
    ],
    ["our own", errorEvent(TRUNCATED), CHAT],
    ["our own, after half an event", `${chunkEvent("a").slice(0, -5)}${errorEvent(TRUNCATED)}`, CHAT],
  ])("fails the stream: %s", (_, text, terminal) => {
    expect(stateAfter([text], terminal)).toBe("failed");
    expect(stateAfter([text, "data: [DONE]\n\n"], terminal)).toBe("failed");
  });

  test.each([
    ["a null error beside content", 'data: {"choices":[],"error":null}\n\n'],
    ["the word in content", chunkEvent('{"error":{"message":"x"}}').concat("\n\n")],
    ["an item that failed", 'data: {"type":"response.mcp_call.failed","error":{"message":"x"}}\n\n'],
  ])("is not %s", (_, text) => {
    expect(stateAfter([text])).toBe("open");
  });

  test("does not undo a complete stream", () => {
    expect(stateAfter(["data: [DONE]\n\n", "event: error\ndata: {}\n\n"])).toBe("complete");
  });
});

test("an event beyond the limit leaves the stream incomplete, and costs no exception", () => {
  const parts = Array.from({ length: 40 }, () => "x".repeat(1 << 16));
  expect(stateAfter(["data: ", ...parts, "\n\n", "data: [DONE]\n\n"])).toBe("open");
});
