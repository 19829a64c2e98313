import type { Failure } from "../failures.ts";

/** Why we end a session: the close code and its reason. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
}

/** Every ending of our own making. */
export const ENDING = {
  expired: { code: 4001, reason: "credential_expired" },
  revoked: { code: 4003, reason: "credential_revoked" },
  tooLong: { code: 4008, reason: "session_duration_exceeded" },
  idle: { code: 4009, reason: "idle_timeout" },
  spent: { code: 4010, reason: "budget_exhausted" },
  rate: { code: 4029, reason: "rate_limited" },
  model: { code: 4103, reason: "model_not_allowed" },
  origin: { code: 4103, reason: "origin_not_allowed" },
  frame: { code: 4400, reason: "invalid_frame" },
  lost: { code: 1011, reason: "upstream_lost" },
  tryAgain: { code: 1013, reason: "try_again" },
} as const satisfies Record<string, Ending>;

/** The ending of a session that a failure prevents. Codes from 4000 on and 1008 are final to OpenAI's clients; 1011 and 1013 they retry. */
export function endingOf(failure: Failure): Ending {
  switch (failure.kind) {
    case "invalid_credential":
      return failure.reason === "expired" ? ENDING.expired : refused("invalid_token");
    case "credential_revoked":
      return ENDING.revoked;
    case "rate_limited":
    case "too_many_sessions":
      return ENDING.rate;
    case "budget_exceeded":
      return failure.limit === "realtimeSeconds" ? ENDING.tooLong : ENDING.spent;
    case "origin_not_allowed":
      return ENDING.origin;
    case "unpriced_model":
    case "model_not_found":
    case "model_runs_in_browser":
      return ENDING.model;
    case "insufficient_scope":
      return failure.param === "model" ? ENDING.model : refused("insufficient_scope");
    case "ledger_unavailable":
    case "directory_unavailable":
    case "no_endpoint_healthy":
      return ENDING.tryAgain;
    case "upstream_error":
      return failure.status === 429 ? ENDING.tryAgain : ENDING.lost;
    case "upstream_unreachable":
    case "upstream_timeout":
    case "upstream_refused_our_key":
    case "upstream_malformed":
    case "unforeseen":
      return ENDING.lost;
    default:
      return refused(failure.kind);
  }
}

/** A refusal that the contract has no code for: policy violation (RFC 6455 §7.4.1). */
function refused(reason: string): Ending {
  return { code: 1008, reason };
}

const MAX_REASON_BYTES = 123;

/**
 * What can be sent of one side's close to the other. 1005 (none), 1006 (broken) and 1015 (TLS) are never on the wire (RFC 6455
 * §7.4.1): the first is an ordinary end, the others a lost peer.
 */
export function relayedClose(code: number, reason: string): Ending {
  if (code === 1005) return { code: 1000, reason: "" };
  if (code < 1000 || code === 1004 || code === 1006 || code === 1015 || code > 4999) return ENDING.lost;
  return { code, reason: withinReason(reason) };
}

/** The beginning of a reason that a close frame can hold, whole characters only. */
export function withinReason(reason: string): string {
  const bytes = new TextEncoder().encode(reason);
  if (bytes.length <= MAX_REASON_BYTES) return reason;
  return new TextDecoder().decode(bytes.subarray(0, MAX_REASON_BYTES), { stream: true });
}
