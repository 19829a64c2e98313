import { describe, expect, test } from "vitest";
import type { Exchange } from "../../mint-server/realtime/dialect.ts";
import { type Fields, fieldsOf, type RealtimeEvent } from "../../mint-server/realtime/events.ts";
import { createGeminiDialect } from "../../mint-server/realtime/gemini.ts";
import { createResampler, fromBase64, toBase64 } from "../../mint-server/realtime/gemini-resample.ts";
import { geminiSetup } from "../../mint-server/realtime/gemini-setup.ts";
import { geminiUsage } from "../../mint-server/realtime/gemini-usage.ts";

const RATE = 24_000;

function tone(hertz: number, seconds: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.round(RATE * seconds) * 2);
  const view = new DataView(bytes.buffer);
  for (let n = 0; n * 2 < bytes.length; n++)
    view.setInt16(n * 2, 16_000 * Math.sin((2 * Math.PI * hertz * n) / RATE), true);
  return bytes;
}

function samples(bytes: Uint8Array<ArrayBuffer>): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 2 }, (_, n) => view.getInt16(n * 2, true));
}

/** Of the middle, where the filter has settled. */
function loudness(bytes: Uint8Array<ArrayBuffer>): number {
  const all = samples(bytes).slice(200, -200);
  return Math.sqrt(all.reduce((sum, value) => sum + value * value, 0) / all.length);
}

const decibels = (output: number, input: number): number => 20 * Math.log10(output / input);

describe("from 24 kHz to 16 kHz", () => {
  test("two samples come of three, however the stream is cut", () => {
    const input = tone(440, 0.5);
    const whole = createResampler()(input);
    expect(whole.length).toBe((input.length * 2) / 3);
    for (const size of [1, 2, 3, 7, 480, 4800, 4801]) {
      const resample = createResampler();
      const pieces: number[] = [];
      for (let at = 0; at < input.length; at += size) pieces.push(...resample(input.slice(at, at + size)));
      expect(Uint8Array.from(pieces), `in pieces of ${size}`).toEqual(whole);
    }
  });

  test.each([100, 440, 1000, 3000, 6000])("a voice's %i Hz stay as loud as they are", (hertz) => {
    const input = tone(hertz, 1);
    expect(Math.abs(decibels(loudness(createResampler()(input)), loudness(input)))).toBeLessThan(0.2);
  });

  test.each([8200, 9000, 10_000, 11_500])(
    "%i Hz, which 16 kHz cannot hold, do not come back as another tone",
    (hertz) => {
      const input = tone(hertz, 1);
      expect(decibels(loudness(createResampler()(input)) || 1e-9, loudness(input))).toBeLessThan(-60);
    },
  );

  test("a tone keeps its pitch", () => {
    const output = samples(createResampler()(tone(1000, 1))).slice(200, 15_800);
    const rises = output.filter((value, at) => at > 0 && value >= 0 && (output[at - 1] ?? 0) < 0).length;
    expect(Math.abs(rises / (output.length / 16_000) - 1000)).toBeLessThan(2);
  });

  test("base64 comes back as it was", () => {
    const bytes = Uint8Array.from({ length: 20_001 }, (_, n) => n % 251);
    expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    expect(fromBase64("not base64!")).toBeUndefined();
  });
});

const MODEL = "gemini-live-2.5-flash-preview";

function start() {
  const dialect = createGeminiDialect({ model: MODEL });
  const sent: Fields[] = [];
  const told: RealtimeEvent[] = [...dialect.opening.client];
  const take = ({ upstream, client }: Exchange): RealtimeEvent[] => {
    sent.push(...upstream.map((frame) => JSON.parse(frame) as Fields));
    told.push(...client);
    return [...client];
  };
  return {
    sent,
    told,
    client: (event: RealtimeEvent) => take(dialect.encode(event)),
    gemini: (message: object) => take(dialect.decode(JSON.stringify(message))),
  };
}

const types = (events: readonly RealtimeEvent[]): string[] => events.map(({ type }) => type);
const errorsOf = (events: readonly RealtimeEvent[]): unknown[] =>
  events.filter(({ type }) => type === "error").map(({ error }) => fieldsOf(error).param);
const pcm = (ms: number) => toBase64(new Uint8Array(ms * 48).fill(1));
const says = (text: string) => ({
  type: "conversation.item.create",
  item: { type: "message", role: "user", content: [{ type: "input_text", text }] },
});
const VOICE = { modelTurn: { parts: [{ inlineData: { mimeType: "audio/pcm;rate=24000", data: pcm(20) } }] } };

describe("a session", () => {
  test("is announced at once, and set up when something has to be said", () => {
    const session = start();
    expect(types(session.told)).toEqual(["session.created"]);
    const updated = session.client({
      type: "session.update",
      session: {
        type: "realtime",
        instructions: "Be brief.",
        audio: { output: { voice: "Puck" } },
        max_output_tokens: 500,
      },
    });
    expect(types(updated)).toEqual(["session.updated"]);
    expect(session.sent).toEqual([]);
    session.client(says("hi"));
    session.client({ type: "response.create" });
    // Nothing follows the setup before Gemini has taken it.
    expect(session.sent).toEqual([
      {
        setup: {
          model: `models/${MODEL}`,
          generationConfig: {
            responseModalities: ["AUDIO"],
            maxOutputTokens: 500,
            speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Puck" } } },
          },
          systemInstruction: { parts: [{ text: "Be brief." }] },
          outputAudioTranscription: {},
          realtimeInputConfig: { automaticActivityDetection: {} },
        },
      },
    ]);
    session.gemini({ setupComplete: {} });
    expect(session.sent[1]).toEqual({
      clientContent: { turns: [{ role: "user", parts: [{ text: "hi" }] }], turnComplete: true },
    });
  });

  test("says what holds, and names each thing that Gemini has nothing like", () => {
    const session = start();
    const events = session.client({
      type: "session.update",
      event_id: "mine",
      session: {
        type: "realtime",
        tool_choice: "required",
        truncation: "disabled",
        audio: {
          input: {
            format: { type: "audio/pcmu" },
            turn_detection: { type: "server_vad", threshold: 0.9, silence_duration_ms: 700 },
          },
          output: { voice: "marin", speed: 1.2 },
        },
      },
    });
    expect(errorsOf(events).sort()).toEqual([
      "session.audio.input.format",
      "session.audio.input.turn_detection.threshold",
      "session.audio.output.speed",
      "session.audio.output.voice",
      "session.tool_choice",
      "session.truncation",
    ]);
    expect(
      events.filter(({ type }) => type === "error").every(({ error }) => fieldsOf(error).event_id === "mine"),
    ).toBe(true);
    const { audio } = fieldsOf(events.at(-1)?.session);
    expect(fieldsOf(fieldsOf(audio).output).voice).toBeUndefined();
    expect(fieldsOf(fieldsOf(audio).input).turn_detection).toMatchObject({
      silence_duration_ms: 700,
      create_response: true,
    });
  });

  test("takes what @openai/agents-realtime sends at first without a word of complaint", () => {
    const format = { type: "audio/pcm", rate: 24_000 };
    const input = {
      format,
      noise_reduction: null,
      transcription: { model: "gpt-4o-mini-transcribe" },
      turn_detection: { type: "semantic_vad" },
    };
    const session = {
      type: "realtime",
      instructions: "x",
      model: MODEL,
      output_modalities: ["audio"],
      tools: [],
      audio: { input, output: { format, speed: 1 } },
    };
    expect(types(start().client({ type: "session.update", session }))).toEqual(["session.updated"]);
  });

  test("changes instructions and functions while it runs, and refuses what is settled", () => {
    const session = start();
    session.client(says("hi"));
    session.client({ type: "response.create" });
    session.gemini({ setupComplete: {} });
    session.sent.length = 0;
    const changed = session.client({ type: "session.update", session: { type: "realtime", instructions: "Be long." } });
    expect(types(changed)).toEqual(["session.updated"]);
    expect(session.sent[0]).toMatchObject({ contextUpdate: { systemInstruction: { parts: [{ text: "Be long." }] } } });
    const refused = session.client({
      type: "session.update",
      session: { type: "realtime", output_modalities: ["text"] },
    });
    expect(errorsOf(refused)).toEqual(["session"]);
    expect(fieldsOf(refused.at(-1)?.session).output_modalities).toEqual(["audio"]);
  });

  test.each([
    [{ type: "conversation.item.truncate", item_id: "a", content_index: 0, audio_end_ms: 5 }],
    [{ type: "conversation.item.delete", item_id: "a" }],
    [{ type: "conversation.item.retrieve", item_id: "a" }],
    [{ type: "output_audio_buffer.clear" }],
    [{ type: "input_audio_buffer.commit" }],
    [{ type: "response.cancel" }],
    [{ type: "response.create", response: { instructions: "only now" } }],
    [{ type: "response.create", response: { conversation: "none" } }],
    [
      {
        type: "conversation.item.create",
        item: { type: "message", role: "system", content: [{ type: "input_text", text: "x" }] },
      },
    ],
    [{ type: "conversation.item.create", item: { type: "function_call_output", call_id: "nobody's", output: "x" } }],
    [{ type: "input_audio_buffer.append", audio: "%%%" }],
  ])("refuses %j with one error, and sends nothing of it", (event) => {
    const session = start();
    const events = session.client(event as RealtimeEvent);
    expect(types(events)).toEqual(["error"]);
    expect(session.sent).toEqual([]);
  });
});

describe("an answer", () => {
  function answered(content: object[] = [VOICE]) {
    const session = start();
    session.client(says("hi"));
    session.client({ type: "response.create" });
    session.gemini({ setupComplete: {} });
    session.told.length = 0;
    for (const each of content) session.gemini({ serverContent: each });
    return session;
  }

  test("comes as the events of a response, in OpenAI's order", () => {
    const session = answered([
      VOICE,
      { outputTranscription: { text: "Hi" } },
      VOICE,
      { outputTranscription: { text: " you" } },
    ]);
    session.gemini({ serverContent: { generationComplete: true } });
    session.gemini({
      serverContent: { turnComplete: true },
      usageMetadata: { promptTokenCount: 7, responseTokenCount: 3 },
    });
    expect(types(session.told)).toEqual([
      "response.output_item.added",
      "conversation.item.added",
      "response.content_part.added",
      "response.output_audio.delta",
      "response.output_audio_transcript.delta",
      "response.output_audio.delta",
      "response.output_audio_transcript.delta",
      "response.output_audio.done",
      "response.output_audio_transcript.done",
      "response.content_part.done",
      "response.output_item.done",
      "conversation.item.done",
      "response.done",
    ]);
    const response = fieldsOf(session.told.at(-1)?.response);
    expect(response).toMatchObject({ status: "completed", usage: { input_tokens: 7, output_tokens: 3 } });
    expect(response.output).toMatchObject([
      { role: "assistant", content: [{ type: "output_audio", transcript: "Hi you" }] },
    ]);
    const ids = session.told.flatMap(({ item_id }) => (item_id === undefined ? [] : [item_id]));
    expect(new Set(ids).size).toBe(1);
  });

  test("keeps thoughts to itself", () => {
    const session = start();
    session.client({ type: "session.update", session: { type: "realtime", output_modalities: ["text"] } });
    session.client(says("hi"));
    session.client({ type: "response.create" });
    session.gemini({ setupComplete: {} });
    session.gemini({
      serverContent: { modelTurn: { parts: [{ text: "let me see", thought: true }, { text: "Four." }] } },
    });
    session.gemini({ serverContent: { turnComplete: true } });
    const done = session.told.find(({ type }) => type === "response.output_text.done");
    expect(done?.text).toBe("Four.");
  });

  test("ends with the functions that it calls, and goes on with their results", () => {
    const session = answered([]);
    session.gemini({
      toolCall: {
        functionCalls: [
          { id: "c1", name: "weather", args: { city: "Oslo" } },
          { id: "c2", name: "time" },
        ],
      },
    });
    const response = fieldsOf(session.told.at(-1)?.response);
    expect(response.output).toMatchObject([
      { type: "function_call", call_id: "c1", name: "weather", arguments: '{"city":"Oslo"}' },
      { type: "function_call", call_id: "c2", name: "time", arguments: "{}" },
    ]);
    session.sent.length = 0;
    for (const [call_id, output] of [
      ["c1", '{"degrees":3}'],
      ["c2", "noon"],
    ])
      session.client({ type: "conversation.item.create", item: { type: "function_call_output", call_id, output } });
    expect(session.sent).toEqual([]);
    session.client({ type: "response.create" });
    expect(session.sent).toEqual([
      {
        toolResponse: {
          functionResponses: [
            { id: "c1", name: "weather", response: { degrees: 3 } },
            { id: "c2", name: "time", response: { output: "noon" } },
          ],
        },
      },
    ]);
  });

  test("does not wait for results that Gemini does not want any more", () => {
    const session = answered([]);
    session.gemini({ toolCall: { functionCalls: [{ id: "c1", name: "weather" }] } });
    session.gemini({ toolCallCancellation: { ids: ["c1"] } });
    const item = { type: "function_call_output", call_id: "c1", output: "late" };
    expect(errorsOf(session.client({ type: "conversation.item.create", item }))).toEqual(["item.call_id"]);
  });

  test("that is cancelled is over at once, and the rest of it is not told", () => {
    const session = answered([VOICE]);
    session.sent.length = 0;
    const cancelled = session.client({ type: "response.cancel" });
    expect(fieldsOf(cancelled.at(-1)?.response)).toMatchObject({ status: "cancelled" });
    expect(session.sent).toEqual([{ clientContent: { turnComplete: false } }]);
    expect(session.gemini({ serverContent: VOICE })).toEqual([]);
    session.client(says("again"));
    session.client({ type: "response.create" });
    expect(session.gemini({ serverContent: { interrupted: true } })).toEqual([]);
    expect(session.gemini({ serverContent: { turnComplete: true } })).toEqual([]);
    expect(types(session.gemini({ serverContent: VOICE }))).toContain("response.output_audio.delta");
  });
});

describe("a voice", () => {
  function talking(turns?: Fields | null) {
    const session = start();
    const input = { transcription: { model: "x" }, ...(turns !== undefined && { turn_detection: turns }) };
    session.client({ type: "session.update", session: { type: "realtime", audio: { input } } });
    session.client({ type: "input_audio_buffer.append", audio: pcm(100) });
    session.gemini({ setupComplete: {} });
    session.told.length = 0;
    return session;
  }

  test("goes on at 16 kHz, as Gemini wants it", () => {
    const session = talking();
    const { audio } = fieldsOf(session.sent[1]?.realtimeInput);
    const { mimeType, data } = fieldsOf(audio);
    expect(mimeType).toBe("audio/pcm;rate=16000");
    expect(fromBase64(String(data))).toHaveLength(3200);
  });

  test("is an item of the user's, with what was heard, before the answer to it", () => {
    const session = talking();
    session.gemini({ serverContent: { inputTranscription: { text: "What" } } });
    session.gemini({ serverContent: { inputTranscription: { text: " is up?" } } });
    session.gemini({ serverContent: VOICE });
    session.gemini({ serverContent: { turnComplete: true } });
    const told = types(session.told);
    expect(told.indexOf("input_audio_buffer.committed")).toBeLessThan(told.indexOf("response.created"));
    const completed = session.told.find(({ type }) => type === "conversation.item.input_audio_transcription.completed");
    expect(completed?.transcript).toBe("What is up?");
    const user = session.told.find(
      ({ type, item }) => type === "conversation.item.added" && fieldsOf(item).role === "user",
    );
    expect(completed?.item_id).toBe(fieldsOf(user?.item).id);
  });

  test("that interrupts is told as OpenAI tells it, so that clients stop playing", () => {
    const session = talking();
    session.gemini({ serverContent: VOICE });
    session.told.length = 0;
    session.gemini({ serverContent: { interrupted: true } });
    expect(types(session.told)).toContain("input_audio_buffer.speech_started");
    expect(fieldsOf(session.told.at(-1)?.response)).toMatchObject({
      status: "cancelled",
      status_details: { type: "cancelled", reason: "turn_detected" },
    });
    expect(session.gemini({ serverContent: { turnComplete: true } })).toEqual([]);
  });

  test("whose turns the client ends by hand is told where they begin and end", () => {
    const session = talking(null);
    expect(fieldsOf(fieldsOf(session.sent[0]?.setup).realtimeInputConfig)).toEqual({
      automaticActivityDetection: { disabled: true },
    });
    expect(session.sent[1]).toEqual({ realtimeInput: { activityStart: {} } });
    session.sent.length = 0;
    session.client({ type: "input_audio_buffer.append", audio: pcm(100) });
    expect(types(session.client({ type: "input_audio_buffer.commit" }))).toContain("input_audio_buffer.committed");
    expect(session.sent.some(({ realtimeInput }) => fieldsOf(realtimeInput).activityEnd)).toBe(false);
    expect(types(session.client({ type: "response.create" }))).toEqual(["response.created"]);
    expect(session.sent.at(-1)).toEqual({ realtimeInput: { activityEnd: {} } });
  });

  test("is answered by nobody who was not asked: where responses must not start by themselves, turns end by hand", () => {
    const { refused, hearsTurns } = geminiSetup(MODEL, {
      audio: { input: { turn_detection: { type: "server_vad", create_response: false } } },
    });
    expect(refused.map(({ param }) => param)).toEqual(["session.audio.input.turn_detection.create_response"]);
    expect(hearsTurns).toBe(false);
  });
});

test("usage is counted by kind, thoughts and tools included", () => {
  const usage = geminiUsage({
    promptTokenCount: 100,
    cachedContentTokenCount: 10,
    responseTokenCount: 40,
    thoughtsTokenCount: 5,
    toolUsePromptTokenCount: 8,
    promptTokensDetails: [
      { modality: "TEXT", tokenCount: 30 },
      { modality: "AUDIO", tokenCount: 60 },
      { modality: "VIDEO", tokenCount: 10 },
    ],
    responseTokensDetails: [{ modality: "AUDIO", tokenCount: 40 }],
  });
  expect(usage).toMatchObject({
    input_tokens: 108,
    output_tokens: 45,
    total_tokens: 153,
    input_token_details: { text_tokens: 38, audio_tokens: 60, image_tokens: 10, cached_tokens: 10 },
    output_token_details: { text_tokens: 5, audio_tokens: 40 },
  });
  expect(geminiUsage(undefined)).toBeUndefined();
});
