import type { ErrorDetails } from "../contract/openai-error.ts";
import type { Ending } from "./close-codes.ts";
import type { RealtimeEvent } from "./events.ts";
import type { SessionLocks } from "./locks.ts";

/** What a session's client may do. */
export interface LeashRules extends SessionLocks {
  /** The session's model: it does not change any more. */
  readonly model: string;
  readonly allowsModel: (model: string) => boolean;
  readonly hasFeature: (feature: "hosted_tools" | "store") => boolean;
  /** Most output tokens of one response; absent where they are not limited. */
  readonly maxOutputTokens?: number;
  /**
   * Whether each response is paid for before it begins. Then the provider starts none by itself: turn detection is told not to,
   * and whoever keeps the leash starts one where the client wanted it.
   */
  readonly paysFirst: boolean;
  /** Whether a transcription model's price is known, where it has to be. */
  readonly isPriced: (transcriptionModel: string) => boolean;
}

/** What becomes of a client's event. */
export type LeashVerdict =
  /** Goes on; unchanged where `event` is the very object that was checked. */
  | { readonly kind: "forward"; readonly event: RealtimeEvent }
  | { readonly kind: "refuse"; readonly error: ErrorDetails; readonly ending?: Ending };

export type Check<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ErrorDetails };

export function pass<T>(value: T): Check<T> {
  return { ok: true, value };
}

export function deny(message: string, param: string | null, code = "insufficient_scope"): Check<never> {
  const type =
    code === "insufficient_scope" || code === "unpriced_model" ? "permission_error" : "invalid_request_error";
  return { ok: false, error: { message, type, param, code } };
}
