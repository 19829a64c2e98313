import { describe, expect, test } from "vitest";
import { renderPrices } from "../../mint-server/realtime/generate-prices.ts";
import { createMeter } from "../../mint-server/realtime/meter.ts";
import {
  NO_TOKENS,
  type RealtimeUsage,
  realtimeMicros,
  realtimePriceOf,
  worstTranscription,
} from "../../mint-server/realtime/price.ts";
import { REALTIME_PRICES } from "../../mint-server/realtime/price-data.ts";
import { usageOf } from "../../mint-server/realtime/response-usage.ts";
import { pcm } from "./rig.ts";

const append = (milliseconds: number) => ({ type: "input_audio_buffer.append", audio: pcm(milliseconds) });
const usage = (input: Partial<RealtimeUsage["input"]>, output: Partial<RealtimeUsage["output"]>): RealtimeUsage => ({
  input: { ...NO_TOKENS, ...input },
  cached: NO_TOKENS,
  output: { ...NO_TOKENS, ...output },
});

describe("what a session moves", () => {
  test("is seconds of voice in, by the bytes of its format", () => {
    const meter = createMeter();
    meter.sent(append(1000));
    expect(meter.totals.audioInSeconds).toBeCloseTo(1, 5);
    meter.sent({
      type: "session.update",
      session: { type: "realtime", audio: { input: { format: { type: "audio/pcmu" } } } },
    });
    meter.sent(append(1000));
    expect(meter.totals.audioInSeconds).toBeCloseTo(7, 5);
  });

  test("is seconds of voice out, and tokens as the provider counts them", () => {
    const meter = createMeter();
    meter.received({ type: "response.output_audio.delta", delta: pcm(500) });
    const finished = meter.received({
      type: "response.done",
      response: { id: "r", usage: { input_tokens: 10, output_tokens: 4 } },
    });
    expect(finished).toEqual({ id: "r", usage: usage({ audio: 10 }, { audio: 4 }) });
    expect(meter.totals).toMatchObject({ audioOutSeconds: 0.5, responses: 1, inputTokens: 10, outputTokens: 4 });
  });
});

describe("the most that the next response can take in", () => {
  test("is at least what the provider counts: ten tokens a second of voice, a byte a token of text", () => {
    const meter = createMeter();
    meter.sent(append(10_000));
    const item = { type: "message", role: "user", content: [{ type: "input_text", text: "ü".repeat(50) }] };
    meter.sent({ type: "conversation.item.create", item });
    const bound = meter.inputBound();
    expect(bound.audio).toBe(100);
    expect(bound.text).toBeGreaterThanOrEqual(100);
    meter.sent({
      type: "conversation.item.create",
      item: {
        ...item,
        content: [
          { type: "input_image", image_url: "data:" },
          { type: "input_audio", audio: pcm(1000) },
        ],
      },
    });
    expect(meter.inputBound()).toMatchObject({ audio: 110, image: 6150 });
  });

  test("holds the parameters of the response itself, and the instructions that nobody sent", () => {
    const meter = createMeter();
    const before = meter.inputBound().text;
    meter.received({ type: "session.created", session: { instructions: "x".repeat(500) } });
    expect(meter.inputBound().text - before).toBeGreaterThanOrEqual(500);
    const create = { type: "response.create", response: { instructions: "x".repeat(1000) } };
    expect(meter.inputBound(create).text - meter.inputBound().text).toBeGreaterThanOrEqual(1000);
  });

  test("is no more than the model reads at once, the dear tokens first", () => {
    const meter = createMeter({ contextTokens: 1000 });
    for (let i = 0; i < 9; i++) meter.sent(append(10_000));
    meter.sent({ type: "conversation.item.create", item: { text: "x".repeat(5000) } });
    expect(meter.inputBound()).toEqual({ text: 100, audio: 900, image: 0 });
  });

  test("after a response is what that one took and gave, with all that came since", () => {
    const meter = createMeter();
    meter.sent({ type: "conversation.item.create", item: { text: "x".repeat(5000) } });
    const mark = meter.mark();
    meter.sent({ type: "conversation.item.create", item: { text: "x".repeat(100) } });
    meter.rebase(mark, usage({ text: 40, audio: 10 }, { text: 5, audio: 20 }));
    const { text, audio } = meter.inputBound();
    expect(text).toBeGreaterThanOrEqual(145);
    expect(text).toBeLessThan(200);
    expect(audio).toBe(30);
  });

  test("after a response still holds the voice that was in the buffer, and not yet in the conversation", () => {
    const meter = createMeter();
    meter.sent(append(5000));
    const mark = meter.mark();
    meter.rebase(mark, usage({ text: 40 }, { text: 5 }));
    expect(meter.inputBound().audio).toBe(50);
    meter.received({ type: "input_audio_buffer.committed" });
    meter.received({ type: "input_audio_buffer.committed" });
    meter.rebase(meter.mark(), usage({ text: 40, audio: 50 }, { text: 5 }));
    expect(meter.inputBound().audio).toBe(50);
  });
});

test("a usage without the details that tell kinds apart is all sound, and one without numbers is none", () => {
  expect(usageOf(null)).toBeUndefined();
  expect(usageOf({ input_tokens: "7", output_tokens: 1 })).toBeUndefined();
  expect(usageOf({ input_tokens: 1e300, output_tokens: 1 })).toBeUndefined();
  expect(usageOf({ input_tokens: 7, output_tokens: 1, output_token_details: { text_tokens: 2e9 } })).toBeUndefined();
  const details = { text_tokens: 3, audio_tokens: 2, cached_tokens: 4, cached_tokens_details: { text_tokens: 1 } };
  expect(
    usageOf({
      input_tokens: 10,
      output_tokens: 7,
      input_token_details: details,
      output_token_details: { audio_tokens: 7 },
    }),
  ).toEqual({
    input: { text: 3, audio: 7, image: 0 },
    cached: { text: 1, audio: 3, image: 0 },
    output: { text: 0, audio: 7, image: 0 },
  });
});

describe("a price", () => {
  test("is the source's, by id or its beginning, and of no other provider's model", () => {
    expect(realtimePriceOf("gpt-realtime", "openai")).toMatchObject({
      input: { text: 4, audio: 32, image: 5 },
      output: { text: 16, audio: 64 },
      cached: { audio: 0.4 },
    });
    expect(realtimePriceOf("gpt-4o-realtime-preview-2025-06-03", "azure")).toMatchObject({
      input: { audio: 40 },
      contextTokens: 32_000,
    });
    expect(realtimePriceOf("gpt-realtime-2099", "openai")).toBeUndefined();
    expect(realtimePriceOf("gpt-realtime", "xai")).toBeUndefined();
  });

  test("is the one that the endpoint is configured with, where it has one", () => {
    const facts = {
      flavor: "chat",
      format: "openai",
      multimodal: false,
      inputCostPerMillionTokens: 1,
      outputCostPerMillionTokens: 2,
    } as const;
    expect(realtimePriceOf("gpt-realtime", "openai", facts)).toMatchObject({
      input: { audio: 1 },
      output: { audio: 2 },
    });
  });

  test("of what was used counts each kind, and less for what came from the cache", () => {
    const price = realtimePriceOf("gpt-realtime", "openai");
    if (!price) throw new Error("it has a price");
    const used = {
      ...usage({ text: 100, audio: 200 }, { text: 10, audio: 50 }),
      cached: { text: 40, audio: 100, image: 0 },
    };
    // 60 × 4 + 40 × 0.4 + 100 × 32 + 100 × 0.4 + 10 × 16 + 50 × 64
    expect(realtimeMicros(used, price)).toBe(6856);
  });

  test("of a transcription is by the hour where the source has that, else by the tokens of the second", () => {
    const [whisper, transcribe] = ["whisper-1", "gpt-4o-mini-transcribe"].map((model) =>
      realtimePriceOf(model, "openai"),
    );
    if (!whisper || !transcribe) throw new Error("they have prices");
    expect(worstTranscription(60, whisper)).toEqual({ tokens: 0, micros: 6000 });
    expect(worstTranscription(60, transcribe)).toEqual({ tokens: 1200, micros: 4800 });
  });

  test("list is what its source says today", () => {
    expect(renderPrices()).toContain(REALTIME_PRICES);
  });
});
