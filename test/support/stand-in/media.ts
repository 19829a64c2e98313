import { type Answer, CREATED } from "./answers.ts";
import type { AnswerInput } from "./openai/format.ts";

/** A PNG of one transparent pixel. */
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

const SAMPLE_RATE = 24_000;

/** `images/generations`: one pixel as base64, whole or with one partial image before it. */
export function imageAnswer({ fields, streaming }: AnswerInput): Answer {
  const count = Number(fields.n ?? 1);
  const usage = { input_tokens: 5, output_tokens: 10, total_tokens: 15 };
  if (!streaming) {
    return {
      kind: "json",
      body: { created: CREATED, data: Array.from({ length: count }, () => ({ b64_json: PNG })), usage },
    };
  }
  const events = [
    { type: "image_generation.partial_image", b64_json: PNG, created_at: CREATED, partial_image_index: 0 },
    { type: "image_generation.completed", b64_json: PNG, created_at: CREATED, usage },
  ];
  return { kind: "events", events: events.map((data) => ({ event: data.type, data })) };
}

/** `audio/speech`: a tone of a tenth of a second for each piece of content, as WAV, or as events where asked for. */
export function speechAnswer({ fields, pieces }: AnswerInput): Answer {
  if (fields.stream_format !== "sse") return { kind: "bytes", contentType: "audio/wav", body: wav(pieces.length / 10) };
  const deltas = pieces.map(() => ({ type: "speech.audio.delta", audio: tone(0.1).toString("base64") }));
  const usage = { input_tokens: 9, output_tokens: pieces.length, total_tokens: 9 + pieces.length };
  return { kind: "events", events: [...deltas, { type: "speech.audio.done", usage }].map((data) => ({ data })) };
}

/** `audio/transcriptions`: the content as text, in the form that `response_format` and `stream` ask for. */
export function transcriptionAnswer({ fields, pieces, streaming }: AnswerInput): Answer {
  const text = pieces.join("");
  const usage = { type: "tokens", input_tokens: 9, output_tokens: pieces.length, total_tokens: 9 + pieces.length };
  if (streaming) {
    const deltas = pieces.map((delta) => ({ type: "transcript.text.delta", delta }));
    return {
      kind: "events",
      events: [...deltas, { type: "transcript.text.done", text, usage }].map((data) => ({ data })),
    };
  }
  if (fields.response_format === "text") {
    return { kind: "bytes", contentType: "text/plain; charset=utf-8", body: Buffer.from(`${text}\n`) };
  }
  return { kind: "json", body: { text, usage } };
}

function tone(seconds: number): Buffer {
  const samples = Int16Array.from({ length: Math.round(seconds * SAMPLE_RATE) }, (_, at) =>
    Math.round(8000 * Math.sin((2 * Math.PI * 440 * at) / SAMPLE_RATE)),
  );
  return Buffer.from(samples.buffer);
}

function wav(seconds: number): Buffer {
  const data = tone(seconds);
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + data.length, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(SAMPLE_RATE, 24);
  header.writeUInt32LE(SAMPLE_RATE * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}
