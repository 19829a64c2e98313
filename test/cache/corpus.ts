import type { SchemaId } from "../../mint-server/contract/endpoints.ts";
import { type ChatAnswer, eventsOf, type StreamEvent } from "../../mint-server/wire/chat-answer.ts";
import type { ChatRequest, Part } from "../../mint-server/wire/chat-request.ts";
import { joined } from "../wire/support/converse.ts";
import { type ChatSchema, callerOf, schemas } from "../wire/support/formats.ts";
import { tell } from "../wire/support/listeners.ts";
import { CLOCK, call, chatRequest, createStamp, say, WEATHER } from "../wire/support/samples.ts";
import { STREAMS } from "../wire/support/streams.ts";

/** A whole event stream as a caller of a model endpoint gets it. */
export interface RecordedStream {
  readonly name: string;
  readonly schema: SchemaId & ChatSchema;
  /** Path of its endpoint, below the prefix. */
  readonly path: string;
  readonly text: string;
}

const PATHS: Readonly<Record<ChatSchema, string>> = {
  chat: "chat/completions",
  completions: "completions",
  responses: "responses",
  anthropic: "anthropic/v1/messages",
  google: "google/v1beta/models/gemini-3-flash-preview:streamGenerateContent",
};
const SCHEMAS = Object.keys(PATHS) as ChatSchema[];

/** Text that looks like structure, is more than one unit a character, or is simply long. */
const TEXTS: Readonly<Record<string, string>> = {
  words: "The quick brown fox jumps over the lazy dog.",
  "words of many scripts": "Grüße, e\u0301, 日本語, العربية, हिन्दी, 👩‍👩‍👧 und 👋🏽!",
  "what looks like events": 'data: [DONE]\n\nevent: error\r\ndata: {"error":1}\r\n\r\n: no\n\n"\\u0000"',
  "line ends of every kind": "a\nb\rc\r\nd\u2028e\u2029f\u0085g\n\n\n",
  JSON: JSON.stringify({ a: [1.5, null, { "": 'K"ö\\ln' }], usage: null, choices: [] }),
  "a long text": Array.from({ length: 900 }, (_, at) => `Line ${at}: ${"ä".repeat(at % 30)}`).join("\n"),
};

type Shape = (text: string) => { readonly parts: readonly Part[]; readonly rest?: Partial<ChatAnswer> };

const thought = (text: string): Part => ({ kind: "reasoning", text });
const usage = { inputTokens: 12, outputTokens: 34, cachedTokens: 5, reasoningTokens: 6 };
const counted = { usage };

const SHAPES: Readonly<Record<string, Shape>> = {
  text: (text) => ({ parts: [say(text)], rest: counted }),
  "text without usage": (text) => ({ parts: [say(text)] }),
  "thoughts and text": (text) => ({ parts: [thought(`Hm. ${text}`), say(text)], rest: counted }),
  "one call": (text) => ({ parts: [call("call_a", "weather", { city: text })], rest: counted }),
  "text and parallel calls": (text) => ({
    parts: [say(text), call("call_a", "weather", { city: text }), call("call_b", "clock", {})],
    rest: counted,
  }),
  "a refusal": (text) => ({ parts: [{ kind: "refusal", text }], rest: counted }),
};

/** What a transport may do to a stream between its events. */
const FRAMINGS: Readonly<Record<string, (text: string) => string>> = {
  "as it is": (text) => text,
  "with CRLF": (text) => text.replaceAll("\r\n", "\n").replaceAll("\n", "\r\n"),
  "with comments": (text) =>
    `: PROCESSING\n\n${text.replace(/\r?\n\r?\n/g, (end, at: number) => (at % 3 === 0 ? `${end}: ping\n\n` : end))}`,
};

/** Answers in every schema, of every shape, each one in several framings: more than 500, all whole and all different. */
export function* recordedStreams(): Generator<RecordedStream> {
  const seen = new Set<string>();
  for (const { name, schema, text } of plainStreams()) {
    for (const [framing, frame] of Object.entries(FRAMINGS)) {
      const framed = frame(text);
      if (seen.has(`${schema}\n${framed}`)) continue;
      seen.add(`${schema}\n${framed}`);
      yield { name: `${name}, ${framing}`, schema, path: PATHS[schema], text: framed };
    }
  }
}

type PlainStream = Omit<RecordedStream, "path">;

function* plainStreams(): Generator<PlainStream> {
  yield* modelledStreams();
  for (const schema of SCHEMAS) {
    for (const [shape, make] of Object.entries(SHAPES)) {
      for (const [kind, words] of Object.entries(TEXTS)) {
        const { parts, rest } = make(words);
        yield { name: `${schema}: ${shape}, of ${kind}`, schema, text: encode(schema, parts, rest) };
      }
    }
  }
}

/** The modelled streams as their providers send them, and as each schema's callers are told them. */
function* modelledStreams(): Generator<PlainStream> {
  for (const stream of STREAMS.filter(({ ends }) => ends === "whole")) {
    const own = callerOf(stream.wire);
    if (own) {
      const text = new TextDecoder().decode(joined(stream.pieces));
      yield { name: `${stream.name}, passed through`, schema: own, text };
    }
    for (const schema of SCHEMAS) {
      yield { name: `${stream.name}, told in ${schema}`, schema, text: tell(stream, schema, stream.pieces).join("") };
    }
  }
}

const REQUEST: ChatRequest = chatRequest({
  stream: true,
  tools: [WEATHER, CLOCK],
  reasoning: { effort: "high", show: true },
});

function encode(schema: ChatSchema, parts: readonly Part[], rest: Partial<ChatAnswer> = {}): string {
  const called = parts.some(({ kind }) => kind === "tool_call");
  const refused = parts.some(({ kind }) => kind === "refusal");
  const reason = called ? "tool_calls" : refused ? "refusal" : "stop";
  const answer: ChatAnswer = { model: "model-1", choices: [{ index: 0, parts, finish: { reason } }], ...rest };
  const encoder = schemas[schema].createStreamEncoder(REQUEST, createStamp());
  return [...eventsOf(answer)]
    .flatMap(inPieces)
    .map((event) => encoder.encode(event))
    .join("");
}

/** Lengths of the pieces in which text comes, in turns. */
const PIECES = [1, 7, 2, 64, 3, 700];

function inPieces(event: StreamEvent): readonly StreamEvent[] {
  if (event.type !== "text" && event.type !== "reasoning" && event.type !== "tool_arguments") return [event];
  const pieces: StreamEvent[] = [];
  for (let at = 0, turn = 0; at < event.text.length; turn++) {
    let end = at + (PIECES[turn % PIECES.length] ?? 1);
    // Half of a pair is no text that a provider could send.
    if (/[\ud800-\udbff]/.test(event.text.charAt(end - 1))) end++;
    pieces.push({ ...event, text: event.text.slice(at, end) });
    at = end;
  }
  return pieces;
}
