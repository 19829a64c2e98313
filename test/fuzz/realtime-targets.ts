import { createBetaTranslation } from "../../mint-server/realtime/beta.ts";
import type { RealtimeEvent } from "../../mint-server/realtime/events.ts";
import { createGeminiDialect } from "../../mint-server/realtime/gemini.ts";
import { createLeash } from "../../mint-server/realtime/leash.ts";
import { type FuzzTarget, isObject, jsonIn, jsonSeeds, sizeOf, textOf } from "./target.ts";

const CLIENT_EVENTS: readonly object[] = [
  {
    type: "session.update",
    session: {
      type: "realtime",
      instructions: "I",
      tools: [{ type: "function", name: "w", parameters: {} }],
      audio: {
        input: { turn_detection: { type: "server_vad" }, transcription: { model: "m" } },
        output: { voice: "v" },
      },
      max_output_tokens: 9,
    },
  },
  { type: "response.create", response: { instructions: "I", conversation: "none", tools: [], metadata: {} } },
  {
    type: "conversation.item.create",
    item: { type: "message", role: "user", content: [{ type: "input_text", text: "T" }] },
  },
  { type: "conversation.item.create", item: { type: "function_call_output", call_id: "c", output: "{}" } },
  { type: "conversation.item.truncate", item_id: "i", content_index: 0, audio_end_ms: 5 },
  { type: "input_audio_buffer.append", audio: "AAAAAAAA" },
  { type: "input_audio_buffer.commit" },
  {
    type: "session.update",
    session: { modalities: ["text"], voice: "v", input_audio_format: "pcm16", turn_detection: null },
  },
];

const SERVER_EVENTS: readonly object[] = [
  { type: "session.created", session: { type: "realtime", id: "s", audio: { output: { voice: "v" } } } },
  { type: "conversation.item.added", item: { id: "i", type: "message", role: "user", content: [] } },
  { type: "response.output_item.added", item: { id: "i", type: "message", content: [] }, response_id: "r" },
  { type: "response.output_audio.delta", delta: "AAAA", item_id: "i", response_id: "r" },
  { type: "response.done", response: { id: "r", status: "completed", output: [], usage: { input_tokens: 1 } } },
];

const GEMINI: readonly object[] = [
  { setupComplete: {} },
  { serverContent: { modelTurn: { parts: [{ inlineData: { mimeType: "audio/pcm;rate=24000", data: "AAAA" } }] } } },
  { serverContent: { outputTranscription: { text: "T" }, generationComplete: true } },
  { serverContent: { turnComplete: true }, usageMetadata: { promptTokenCount: 1, responseTokenCount: 2 } },
  { serverContent: { interrupted: true } },
  { toolCall: { functionCalls: [{ id: "c", name: "w", args: { a: 1 } }] } },
  { toolCallCancellation: { ids: ["c"] } },
  { goAway: { timeLeft: "5s" } },
];

const isEvent = (value: unknown): value is RealtimeEvent => isObject(value) && typeof value.type === "string";

const leash: FuzzTarget = {
  name: "realtime-leash",
  seeds: jsonSeeds(...CLIENT_EVENTS),
  run(input) {
    const event = jsonIn(input);
    if (!isEvent(event)) return 0;
    const kept = createLeash({
      model: "m",
      locked: { instructions: "L", max_output_tokens: 50 },
      allowsModel: (model): boolean => model === "m",
      hasFeature: () => false,
      maxOutputTokens: 100,
      paysFirst: true,
      isPriced: () => true,
    });
    const verdict = kept.check(event);
    return sizeOf(verdict.kind === "forward" ? verdict.event : verdict.error);
  },
};

const beta: FuzzTarget = {
  name: "realtime-beta",
  seeds: jsonSeeds(...CLIENT_EVENTS, ...SERVER_EVENTS),
  run(input) {
    const event = jsonIn(input);
    if (!isEvent(event)) return 0;
    const translation = createBetaTranslation();
    return Math.max(sizeOf(translation.toGA(event)), sizeOf(translation.toBeta(event)));
  },
};

const gemini: FuzzTarget = {
  name: "realtime-gemini",
  seeds: jsonSeeds(...CLIENT_EVENTS, ...GEMINI),
  run(input) {
    const dialect = createGeminiDialect({ model: "m" });
    let size = sizeOf(dialect.decode('{"setupComplete":{}}'));
    const event = jsonIn(input);
    if (isEvent(event)) size += sizeOf(dialect.encode(event));
    else size += sizeOf(dialect.decode(textOf(input)));
    // A session goes on after whatever came.
    for (const next of [...GEMINI.slice(1, 5)]) size += sizeOf(dialect.decode(JSON.stringify(next)));
    return size;
  },
};

export const REALTIME_TARGETS: readonly FuzzTarget[] = [leash, beta, gemini];
