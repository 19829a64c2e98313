import type { RealtimeEvent } from "./events.ts";

/** What comes of one frame: frames for the provider, and GA events for the client. */
export interface Exchange {
  readonly upstream: readonly string[];
  readonly client: readonly RealtimeEvent[];
}

/** Translates between GA's events and the protocol of a provider that has another. Pure: no clock, no I/O. */
export interface Dialect {
  /** What the client hears as soon as the provider's connection is open: OpenAI's clients wait for `session.created`. */
  readonly opening: Exchange;
  /** What a client's event, already checked, is to the provider. What has no equivalent is an `error` event for the client. */
  encode(event: RealtimeEvent): Exchange;
  /** What a provider's frame, as text, is to the client. */
  decode(frame: string): Exchange;
}

/** Makes a dialect for one session. */
export type CreateDialect = (session: { readonly model: string }) => Dialect;
