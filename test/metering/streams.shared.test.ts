import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../mint-server/contract/bytes.ts";
import { MODEL_ENDPOINTS, type SchemaId } from "../../mint-server/contract/endpoints.ts";
import { type ErrorSchema, encodeError, errorEvent } from "../../mint-server/contract/error-shapes.ts";
import { TRUNCATED } from "../../mint-server/contract/openai-error.ts";
import type { Settled } from "../../mint-server/metering/meter.ts";
import type { MeteredStream } from "../../mint-server/metering/metered-stream.ts";
import { meterNativeStream, type NativeStreamOptions } from "../../mint-server/metering/native-stream.ts";
import { USAGE_FORMATS } from "../../mint-server/metering/usage.ts";

const HOLD = { inputTokens: 5000, outputTokens: 4000 };
const REVOKED = { message: "This credential was revoked.", type: "invalid_request_error", code: "invalid_token" };

type Named = readonly [type: string | undefined, data: object | string];

interface Sample {
  readonly events: readonly Named[];
  readonly usage: Omit<Settled, "complete">;
  readonly errors?: ErrorSchema;
}

const chunk = (delta: object, finish_reason: string | null = null): Named => [
  undefined,
  { id: "c", object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] },
];
const usageChunk: Named = [
  undefined,
  {
    id: "c",
    choices: [],
    usage: { prompt_tokens: 100, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 60 } },
  },
];
const TRICKY = '😀 data: [DONE]\n\ndata: [DONE]\r\r"usage":{"prompt_tokens":9} \uFEFF \u2028';

const typed = (data: { type: string }): Named => [data.type, data];
const gemini = (text: string, rest: object = {}, finishReason?: string): Named => [
  undefined,
  { candidates: [{ content: { role: "model", parts: [{ text }] }, ...(finishReason && { finishReason }) }], ...rest },
];
const counts = (candidatesTokenCount: number) => ({ usageMetadata: { promptTokenCount: 30, candidatesTokenCount } });

const SAMPLES: Readonly<Partial<Record<SchemaId, Sample>>> = {
  chat: {
    events: [
      chunk({ role: "assistant" }),
      chunk({ content: TRICKY }),
      chunk({}, "stop"),
      usageChunk,
      [undefined, "[DONE]"],
    ],
    usage: { inputTokens: 100, outputTokens: 7, cachedTokens: 60 },
  },
  completions: {
    events: [
      [undefined, { choices: [{ text: TRICKY, index: 0 }] }],
      [
        undefined,
        { choices: [{ text: "", index: 0, finish_reason: "stop" }], usage: { prompt_tokens: 4, completion_tokens: 2 } },
      ],
      [undefined, "[DONE]"],
    ],
    usage: { inputTokens: 4, outputTokens: 2 },
  },
  responses: {
    events: [
      typed({ type: "response.created", ...{ response: { usage: null } } }),
      typed({ type: "response.output_text.delta", ...{ delta: TRICKY } }),
      typed({
        type: "response.completed",
        ...{
          response: {
            usage: { input_tokens: 50, output_tokens: 20, output_tokens_details: { reasoning_tokens: 11 } },
          },
        },
      }),
    ],
    usage: { inputTokens: 50, outputTokens: 20, reasoningTokens: 11 },
  },
  anthropic: {
    errors: "anthropic",
    events: [
      typed({
        type: "message_start",
        ...{
          message: {
            usage: { input_tokens: 10, cache_creation_input_tokens: 300, cache_read_input_tokens: 7, output_tokens: 1 },
          },
        },
      }),
      typed({ type: "content_block_delta", ...{ index: 0, delta: { type: "text_delta", text: TRICKY } } }),
      typed({
        type: "message_delta",
        ...{ delta: { stop_reason: "end_turn" }, usage: { output_tokens: 25, input_tokens: null } },
      }),
      typed({ type: "message_stop" }),
    ],
    usage: { inputTokens: 317, outputTokens: 25, cachedTokens: 7, cacheWriteTokens: 300 },
  },
  google: {
    errors: "google",
    events: [gemini("a", counts(1)), gemini(TRICKY, counts(9)), gemini("", counts(12), "STOP")],
    usage: { inputTokens: 30, outputTokens: 12 },
  },
};
const SCHEMAS = Object.entries(SAMPLES) as [SchemaId, Sample][];

const write = (events: readonly Named[], newline = "\n"): string =>
  events
    .map(([type, data]) => {
      const lines = [
        ...(type ? [`event: ${type}`] : []),
        `data: ${typeof data === "string" ? data : JSON.stringify(data)}`,
      ];
      return lines.map((line) => line + newline).join("") + newline;
    })
    .join("");

const formats = new Map(
  await Promise.all(SCHEMAS.map(async ([schema]) => [schema, await USAGE_FORMATS[schema]()] as const)),
);

function meter(schema: SchemaId, options: Partial<NativeStreamOptions> = {}) {
  const settled: Settled[] = [];
  const format = formats.get(schema);
  const terminal = MODEL_ENDPOINTS.find((endpoint) => endpoint.schema === schema)?.terminal;
  if (!format || !terminal) throw new Error(`no ${schema}`);
  const stream = meterNativeStream({
    format,
    terminal,
    errors: SAMPLES[schema]?.errors ?? "openai",
    isArray: false,
    hidesUsage: false,
    hold: HOLD,
    thinksUnseen: false,
    onSettle: (value) => settled.push(value),
    ...options,
  });
  return { stream, settled };
}

/** What the caller gets of pieces, if the provider ends after them. */
function pass({ translation }: MeteredStream, pieces: Iterable<Uint8Array | string>): string {
  let text = "";
  for (const piece of pieces) text += translation.feed(typeof piece === "string" ? utf8(piece) : piece);
  text += translation.end();
  translation.closed?.();
  return text;
}

function* inPieces(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    yield bytes.slice(at, at + size);
    at += size;
  }
}

describe.each(SCHEMAS)("a whole stream of %s", (schema, { events, usage }) => {
  test.each([
    ["LF", "\n"],
    ["CRLF", "\r\n"],
    ["CR", "\r"],
  ])("with %s passes byte for byte however it is split, and settles once on its usage", (_, newline) => {
    const text = `\uFEFF: hello${newline}${newline}${write(events, newline)}: bye${newline}${newline}`;
    const bytes = utf8(text);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        const { stream, settled } = meter(schema);
        expect(pass(stream, inPieces(bytes, sizes))).toBe(text);
        expect(settled).toEqual([{ ...usage, complete: true }]);
      }),
      { examples: [[[1]], [[2]], [[100_000]]] },
    );
  });

  test("gives each event as soon as it is there", () => {
    const { stream } = meter(schema);
    for (const event of events) {
      const text = write([event]);
      expect(stream.translation.feed(utf8(text.slice(0, -1)))).toBe("");
      expect(stream.translation.feed(utf8(text.slice(-1)))).toBe(text);
    }
  });

  test("may be left after its end, or have more follow it", () => {
    const left = meter(schema);
    left.stream.translation.feed(utf8(write(events)));
    left.stream.translation.closed?.();
    expect(left.settled).toEqual([{ ...usage, complete: true }]);
    const { stream, settled } = meter(schema);
    expect(pass(stream, [write(events), ": late\n\n"])).toBe(`${write(events)}: late\n\n`);
    expect(settled).toHaveLength(1);
  });

  test("is settled with its end, and cannot be stopped after it", () => {
    const { stream, settled } = meter(schema);
    const text = stream.translation.feed(utf8(write(events)));
    expect(settled).toHaveLength(1);
    stream.stop(REVOKED, 401);
    expect(text + stream.translation.end()).toBe(write(events));
    expect(stream.stopped.aborted).toBe(false);
    expect(settled).toEqual([{ ...usage, complete: true }]);
  });
});

describe.each(SCHEMAS)("a stream of %s that is cut", (schema, { events, usage, errors }) => {
  const told = events.slice(0, 2);
  const begun = ["anthropic", "google", "completions"].includes(schema) ? usage.inputTokens : HOLD.inputTokens;

  test("anywhere ends with one error event, and is not complete", () => {
    const bytes = utf8(write(events));
    // The last line end belongs to the marker, which is whole without it.
    for (let at = 0; at < bytes.length - 1; at++) {
      const { stream, settled } = meter(schema);
      const passed = pass(stream, [bytes.slice(0, at)]);
      expect(passed.endsWith(errorEvent(TRUNCATED, errors))).toBe(true);
      expect(write(events).startsWith(passed.slice(0, -errorEvent(TRUNCATED, errors).length))).toBe(true);
      expect(settled).toEqual([expect.objectContaining({ complete: false })]);
    }
  });

  test("counts at least a token for each byte that the model wrote, and no more than was set aside", () => {
    const { stream, settled } = meter(schema);
    pass(stream, [write(told)]);
    expect(settled[0]?.inputTokens).toBe(begun);
    expect(settled[0]?.outputTokens).toBeGreaterThanOrEqual(utf8(TRICKY).length);
    expect(settled[0]?.outputTokens).toBeLessThan(utf8(write(told)).length);
    const long = meter(schema);
    pass(long.stream, Array<string>(200).fill(write(told)));
    expect(long.settled[0]?.outputTokens).toBe(HOLD.outputTokens);
  });

  test("counts all that was set aside if there may be thoughts that are not shown", () => {
    const { stream, settled } = meter(schema, { thinksUnseen: true });
    pass(stream, [write(told)]);
    expect(settled).toEqual([expect.objectContaining({ inputTokens: begun, outputTokens: HOLD.outputTokens })]);
  });

  test("by the caller's leaving is settled as well", () => {
    const { stream, settled } = meter(schema);
    stream.translation.feed(utf8(write(told)));
    stream.translation.closed?.();
    expect(settled).toEqual([expect.objectContaining({ complete: false, inputTokens: begun })]);
  });

  test("by its own error event gets no second one", () => {
    const text = write(told) + errorEvent({ ...TRUNCATED, message: "overloaded" }, errors);
    const { stream, settled } = meter(schema);
    expect(pass(stream, [text])).toBe(text);
    expect(settled).toEqual([expect.objectContaining({ complete: false })]);
  });

  test("from outside ends with that error in the caller's schema, whatever still comes", () => {
    const { stream, settled } = meter(schema);
    const { translation } = stream;
    const before = translation.feed(utf8(`${write(told)}data: half`));
    stream.stop(REVOKED, 401);
    stream.stop({ ...REVOKED, message: "again" }, 402);
    expect(stream.stopped.aborted).toBe(true);
    expect(settled).toHaveLength(1);
    expect(settled[0]).toMatchObject({ complete: false, inputTokens: begun });
    expect(translation.done).toBe(false);
    expect(before + translation.feed(utf8(write(events)))).toBe(write(told) + errorEvent(REVOKED, errors, 401));
    expect(translation.done).toBe(true);
    const silent = meter(schema).stream;
    silent.stop(REVOKED, 401);
    expect(silent.translation.end()).toBe(errorEvent(REVOKED, errors, 401));
    expect(settled).toHaveLength(1);
  });
});

test("a stopped stream's error has the status's name in the schema that has one", () => {
  expect(errorEvent(REVOKED, "anthropic", 401)).toContain('"type":"authentication_error"');
  expect(errorEvent(REVOKED, "google", 402)).toContain('"code":402');
});

describe("the event that holds nothing but usage", () => {
  const { events } = SAMPLES.chat as Sample;
  const azure: Named = [undefined, { choices: [], prompt_filter_results: [] }];
  const beside: Named = [
    undefined,
    { choices: [{ index: 0, delta: {} }], usage: { prompt_tokens: 1, completion_tokens: 1 } },
  ];

  test.each(["\n", "\r\n", "\r"])("is left out where the caller did not ask for it (%j)", (newline) => {
    const all = [azure, beside, ...events];
    const expected = write(
      all.filter((event) => event !== usageChunk),
      newline,
    );
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        const { stream, settled } = meter("chat", { hidesUsage: true });
        expect(pass(stream, inPieces(utf8(write(all, newline)), sizes))).toBe(expected);
        expect(settled).toEqual([{ ...SAMPLES.chat?.usage, complete: true }]);
      }),
      { examples: [[[1]], [[100_000]]] },
    );
  });

  test("is the caller's where they asked for it", () => {
    expect(pass(meter("chat").stream, [write(events)])).toBe(write(events));
  });
});

test("a complete stream that tells no usage is settled on what was set aside and what was seen", () => {
  const events = [chunk({ content: "abc" }), chunk({}, "stop"), [undefined, "[DONE]"] as const];
  const { stream, settled } = meter("chat");
  pass(stream, [write(events)]);
  expect(settled).toEqual([{ inputTokens: HOLD.inputTokens, outputTokens: expect.any(Number), complete: true }]);
  expect(settled[0]?.outputTokens).toBeGreaterThanOrEqual(3);
  expect(settled[0]?.outputTokens).toBeLessThan(HOLD.outputTokens);
});

test("an event of megabytes passes, and is counted", () => {
  const text = write([gemini("x".repeat(3_000_000), {}), gemini("", counts(12), "STOP")]);
  const { stream, settled } = meter("google");
  expect(pass(stream, inPieces(utf8(text), [16_384])) === text).toBe(true);
  expect(settled).toEqual([{ inputTokens: 30, outputTokens: 12, complete: true }]);
});

describe("a stream that is one JSON array", () => {
  const { events, usage } = SAMPLES.google as Sample;
  const tricky = gemini('[{"}\\"]', counts(2));
  const elements = [tricky, ...events].map(([, data]) => JSON.stringify(data, null, 2));
  const text = `[${elements.join("\n,\r\n")}\n]\n`;
  const array = () => meter("google", { isArray: true });

  test("passes byte for byte however it is split, element by element", () => {
    const bytes = utf8(text);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        const { stream, settled } = array();
        expect(pass(stream, inPieces(bytes, sizes))).toBe(text);
        expect(settled).toEqual([{ ...usage, complete: true }]);
      }),
      { examples: [[[1]], [[100_000]]] },
    );
    expect(array().stream.translation.feed(utf8(`[${elements[0]}\n,`))).toBe(`[${elements[0]}`);
  });

  test("that is cut anywhere is still an array, whose last element is the error", () => {
    const bytes = utf8(text);
    const end = text.lastIndexOf("}");
    for (let at = 0; at < utf8(text.slice(0, end)).length; at++) {
      const { stream, settled } = array();
      const received = JSON.parse(pass(stream, [bytes.slice(0, at)])) as unknown[];
      expect(received.at(-1)).toEqual(encodeError(502, TRUNCATED, "google"));
      expect(settled).toEqual([expect.objectContaining({ complete: false })]);
    }
  });

  test("lacks its bracket only until the caller gets it", () => {
    expect(JSON.parse(pass(array().stream, [text.trimEnd().slice(0, -1)]))).toHaveLength(elements.length);
  });

  test("can be stopped", () => {
    const { stream, settled } = array();
    const before = stream.translation.feed(utf8(`[${elements[0]},{"cand`));
    stream.stop(REVOKED, 401);
    const received = JSON.parse(before + stream.translation.end()) as unknown[];
    expect(received).toEqual([JSON.parse(elements[0] ?? ""), encodeError(401, REVOKED, "google")]);
    expect(settled).toEqual([expect.objectContaining({ complete: false, inputTokens: 30 })]);
  });
});
