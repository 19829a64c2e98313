import type { ModelEndpoint } from "../contract/endpoints.ts";
import { type StreamState } from "../contract/sse.ts";
/** How an answer ended: at its end, before it because the caller left, or because its connection broke. */
export type WayOut = "whole" | "left" | "broken";
/** Learns what it can of an answer as it goes out, in the caller's schema. */
export interface Reader {
  /** Says what will be read. */
  begin(contentType: string | undefined): void;
  bytes: number;
  readonly isBusy: boolean;
  /** Some of the body; it is not kept. */
  see(chunk: Uint8Array): void;
  /** The same, of text that is made here. */
  seeText(text: string): void;
  /** All of a body at once. */
  seeWhole(text: string): void;
  /** Milliseconds since the epoch. */
  readonly firstByteAt: number | undefined;
  readonly firstTokenAt: number | undefined;
  /** The model as the answer names it. */
  readonly model: string | undefined;
  /** Of an event stream; `undefined` for all else. */
  readonly state: StreamState | undefined;
  /** What the model said, where content is wanted: at most {@link MAX_SAID}. */
  readonly said: string;
}
export interface ReaderOptions {
  readonly clock: () => number;
  readonly keepsContent: boolean;
}
export declare function createReader(
  endpoint: ModelEndpoint | undefined,
  { clock, keepsContent }: ReaderOptions,
): Reader;
