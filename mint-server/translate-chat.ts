import { ok, type Result } from "./failures.ts";
import { malformed } from "./malformed.ts";
import {
  type MeteredStream,
  meteredPassage,
  type PassageParts,
  type StoppableParts,
  stoppable,
} from "./metering/metered-stream.ts";
import type { Plan, Planning, Translated } from "./plan.ts";
import type { UpstreamAnswer } from "./providers/upstream.ts";
import { type ChatAnswer, eventsOf } from "./wire/chat-answer.ts";
import type { ChatRequest } from "./wire/chat-request.ts";
import { type ChatSchema, SCHEMAS, type SpokenWire, WIRES } from "./wire/formats.ts";
import { lazy } from "./wire/lazy.ts";
import type { Passage } from "./wire/pump.ts";
import { parse } from "./wire/read.ts";
import { checkSupport } from "./wire/support.ts";
import { createTranslation, type TranslationParts } from "./wire/translation.ts";
import type { CallerFormat, Stamp, StreamEncoder, WireFormat } from "./wire/wire-format.ts";

/** The caller's conversation as it was read, and what its answer is written with. */
export interface ReadChat {
  readonly schema: CallerFormat;
  readonly request: ChatRequest;
  readonly stamp: Stamp;
}

/** @throws {FieldError} for what the caller's schema or the provider's wire format has no place for. */
export async function planChat(planning: Planning, wireId: SpokenWire, schemaId: ChatSchema): Promise<Plan> {
  const { endpoint, request } = planning;
  const [chat, wire] = await Promise.all([readChat(planning, schemaId), WIRES[wireId]()]);
  checkSupport(chat.request, wire.support);
  const stream = request.stream && endpoint.supportsStreaming;
  const asked = stream === chat.request.stream ? chat.request : { ...chat.request, stream };
  const body = wire.encodeRequest(asked, endpoint.provider);
  const { bodyFor } = endpoint.provider;
  return {
    wire: wireId,
    path: PATHS[wireId](stream),
    stream,
    payload: JSON.stringify(bodyFor ? bodyFor(body, wireId) : body),
    contentType: "application/json",
    accept: stream ? wire.framing.contentType : "application/json",
    decodeError: wire.decodeError,
    translate: (upstream) => translate({ upstream, wire, chat, asked, planning }),
  };
}

/** What the call of a conversation is called, in each wire format's own terms. */
const PATHS: Readonly<Record<SpokenWire, (stream: boolean) => string>> = {
  openai: () => "chat/completions",
  responses: () => "responses",
  anthropic: () => "messages",
  google: (stream) => (stream ? "streamGenerateContent" : "generateContent"),
  bedrock: (stream) => (stream ? "converse-stream" : "converse"),
};

/** @throws {FieldError} at the first field of the body that is wrong or unknown. */
export async function readChat(
  { request, now, keep }: Pick<Planning, "request" | "now" | "keep">,
  schemaId: ChatSchema,
): Promise<ReadChat> {
  const schema = await SCHEMAS[schemaId]();
  const { body, model, stream, isArray } = request;
  return {
    schema,
    request: schema.decodeRequest(body, { model, stream, isArray }),
    stamp: {
      created: Math.floor(now / 1000),
      newId: (prefix) => `${prefix}${crypto.randomUUID().replaceAll("-", "")}`,
      keep,
    },
  };
}

interface Translating {
  readonly upstream: UpstreamAnswer;
  readonly wire: WireFormat;
  readonly chat: ReadChat;
  /** The request as this provider was asked it. */
  readonly asked: ChatRequest;
  readonly planning: Planning;
}

async function translate({ upstream, wire, chat, asked, planning }: Translating): Promise<Result<Translated>> {
  const { schema, request, stamp } = chat;
  const { body, begun, headers, deadlines } = upstream;
  if (asked.stream && body && headers["content-type"]?.startsWith(wire.framing.contentType)) {
    const decoder = wire.createStreamDecoder(asked);
    const encoder = schema.createStreamEncoder(request, stamp);
    const parts = { framing: wire.framing, decoder, encoder, clean: planning.clean };
    return ok({ contentType: streamTypeOf(chat), body: await streamed({ body, begun, deadlines }, parts, planning) });
  }
  const text = await upstream.text();
  const answer = wire.decodeAnswer(parse(text), asked);
  if (answer) planning.following?.settleWhole(answer.usage);
  if (!answer) return malformed(text, { decodeError: wire.decodeError, clean: planning.clean });
  return ok(encodeWhole(answer, chat));
}

const translatedStreams = lazy(() => import("./metering/translated-stream.ts"));

async function streamed(
  upstream: Pick<PassageParts, "body" | "begun" | "deadlines">,
  parts: TranslationParts,
  { following, signal }: Planning,
): Promise<Passage> {
  if (!following) return meteredPassage({ ...upstream, stream: uncounted(parts), signal });
  const { meterTranslatedStream } = await translatedStreams();
  const stream = meterTranslatedStream(parts, following.meter);
  following.watch(stream);
  return meteredPassage({ ...upstream, stream, signal });
}

function uncounted(parts: TranslationParts): MeteredStream {
  const inner = createTranslation(parts);
  const say: StoppableParts["say"] = (details) => parts.encoder.encode({ type: "error", details });
  return stoppable({ inner, say, isOver: () => inner.done, onEnd() {} });
}

/** A whole answer in the caller's schema, as a stream if the caller wants one. */
export function encodeWhole(answer: ChatAnswer, chat: ReadChat): Translated {
  const { schema, request, stamp } = chat;
  if (!request.stream) {
    return { contentType: "application/json", body: JSON.stringify(schema.encodeAnswer(answer, request, stamp)) };
  }
  return { contentType: streamTypeOf(chat), body: encodeAll(answer, schema.createStreamEncoder(request, stamp)) };
}

function encodeAll(answer: ChatAnswer, encoder: StreamEncoder): string {
  return [...eventsOf(answer)].map((event) => encoder.encode(event)).join("");
}

/** Gemini's stream is a JSON array for those who do not ask for events. */
export function streamTypeOf({ request }: ReadChat): string {
  return request.isArray ? "application/json" : "text/event-stream";
}
