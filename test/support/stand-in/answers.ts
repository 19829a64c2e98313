/** One event of a stream; `event` is its type, where the format sends one. */
export interface StreamEvent {
  readonly event?: string;
  readonly data: unknown;
}

/** How events become bytes. `google-sse` has CRLF line ends. */
export type Framing = "sse" | "google-sse" | "json-array" | "aws";

/** An ordinary answer, before orders bend it. */
export type Answer =
  | { readonly kind: "json"; readonly body: unknown; readonly status?: number }
  | { readonly kind: "bytes"; readonly contentType: string; readonly body: Buffer }
  | { readonly kind: "events"; readonly events: readonly StreamEvent[]; readonly framing?: Framing };

/** A fixed time, so that the same request gets the same bytes. Unix seconds. */
export const CREATED = 1_700_000_000;
