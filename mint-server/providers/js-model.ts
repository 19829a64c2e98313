/** One message of a conversation, its content reduced to text. */
export interface JsMessage {
  readonly role: string;
  readonly content: string;
}

export interface JsModelRequest {
  /** The model id that the caller asked for. */
  readonly model: string;
  readonly messages: readonly JsMessage[];
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
}

/**
 * A model that is a function: yields its answer in pieces of text, each streamed as it comes.
 *
 * @example
 * const echo: JsModel = async function* ({ messages }) {
 *   yield `You said: ${messages.at(-1)?.content ?? ""}`;
 * };
 */
export type JsModel = (request: JsModelRequest) => AsyncIterable<string>;
