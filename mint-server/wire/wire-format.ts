import type { Chunk } from "../contract/bytes.ts";
import type { ErrorDetails } from "../contract/openai-error.ts";
import type { ChatAnswer, StreamEvent } from "./chat-answer.ts";
import type { ChatRequest, Support } from "./chat-request.ts";

/** How a provider is spoken to. Pure functions: no I/O, no clock, nothing of an endpoint but its ways. */
export interface WireFormat {
  /** What becomes of each setting; checked before `encodeRequest`, which meets no refused one. */
  readonly support: Support;
  /** How a stream's events are framed. */
  readonly framing: Framing;
  /**
   * The JSON body. Leaves the request as it is, so that the next attempt finds it so.
   *
   * @throws {FieldError} for content that the wire format has no place for.
   */
  encodeRequest(request: ChatRequest, ways: Ways): Record<string, unknown>;
  /** A whole answer; `undefined` if it is none, such as an error inside a 200. */
  decodeAnswer(body: unknown, request: ChatRequest): ChatAnswer | undefined;
  createStreamDecoder(request: ChatRequest): StreamDecoder;
  /** An error's body, or an error event's data; `undefined` if it is none. */
  decodeError(body: string): ErrorDetails | undefined;
}

/** What a provider's row says of its dialect of a wire format. */
export interface Ways {
  /** `nine`: tool call ids must be nine letters or digits. */
  readonly toolCallIds?: "nine";
  /** Name of the part that holds a document, where it is not OpenAI's `file`. */
  readonly files?: "document_url" | "file_url";
  /** `none`: the API refuses the field by which its wire format asks for a service tier. */
  readonly serviceTier?: "none";
  /** The provider's own names of fields of the body where they differ; null: it has none, and refuses what it does not know. */
  readonly fields?: Readonly<Record<string, string | null>>;
}

/** How events are told apart in a stream's bytes. */
export interface Framing {
  readonly contentType: string;
  /** True where the bytes are no UTF-8 text. */
  readonly isBinary: boolean;
  /** Gives what takes the stream, however it is split. */
  createReader(sink: EventSink): (chunk: Chunk) => void;
}

export interface EventSink {
  readonly onEvent: (event: WireEvent) => void;
  /** Nothing that follows can be understood. */
  readonly onBroken: () => void;
}

/** One event of a provider's stream. */
export interface WireEvent {
  /** The SSE event's type line, or the frame's `:event-type`; absent where there is none. */
  readonly event?: string | undefined;
  readonly data: string;
}

export interface StreamDecoder {
  /** Tells what an event means, in order. Unknown events and blocks mean nothing; data that is no JSON is an error event. */
  decode(event: WireEvent, emit: (event: StreamEvent) => void): void;
}

/** A schema in which callers write requests and read answers. Pure functions. */
export interface CallerFormat {
  /**
   * Every field of the body is understood, or refused by name.
   *
   * @throws {FieldError} at the first field that is wrong or unknown.
   */
  decodeRequest(body: Readonly<Record<string, unknown>>, call: CallerCall): ChatRequest;
  encodeAnswer(answer: ChatAnswer, request: ChatRequest, stamp: Stamp): Record<string, unknown>;
  createStreamEncoder(request: ChatRequest, stamp: Stamp): StreamEncoder;
}

/** What of a request may stand outside its body. */
export interface CallerCall {
  readonly model: string;
  readonly stream: boolean;
  /** Whether the stream is read as one JSON array, as Gemini's is without `?alt=sse`. */
  readonly isArray?: boolean;
}

/** What an answer carries that no provider's answer has to. */
export interface Stamp {
  /** Seconds since the epoch. */
  readonly created: number;
  /** An id that is new, such as `chatcmpl-…`; used where the provider gives none. */
  readonly newId: (prefix: string) => string;
  /** Takes an answer in the Responses schema when it has ended, for later requests to name; absent where none is kept. */
  readonly keep?: ((response: { readonly id: string; readonly output: readonly object[] }) => void) | undefined;
}

/** Writes the caller's event stream. Ids, model and time are the same in all of its events. */
export interface StreamEncoder {
  /** The text of whatever events the step makes; empty if none yet. `error` gives the schema's one error event. */
  encode(event: StreamEvent): string;
}
