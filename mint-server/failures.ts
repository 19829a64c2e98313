import type { Limits } from "./contract/credential.ts";
import type { JsonProblem } from "./contract/json.ts";
import type { ErrorDetails } from "./contract/openai-error.ts";
import type { Remaining } from "./credentials/ledger.ts";

/** Everything that can go wrong with a request, as evidence for us; `failure-answers.ts` says what the caller hears. */
export type Failure =
  | { readonly kind: "missing_credential" }
  | { readonly kind: "invalid_credential"; readonly reason: CredentialFault; readonly bound?: boolean }
  | { readonly kind: "invalid_proof"; readonly reason: ProofFault }
  | { readonly kind: "use_dpop_nonce"; readonly nonce: string }
  | { readonly kind: "provider_keys_off" }
  | { readonly kind: "insufficient_scope"; readonly param: string | null; readonly detail: string }
  | { readonly kind: "origin_not_allowed" }
  | { readonly kind: "no_session"; readonly reason: SessionFault }
  | { readonly kind: "session_key_pinned" }
  | { readonly kind: "org_not_found" }
  | { readonly kind: "admin_closed" }
  | { readonly kind: "wrong_admin_key" }
  | { readonly kind: "stored_org_not_found"; readonly org: string }
  | { readonly kind: "stored_key_not_found"; readonly id: string }
  | { readonly kind: "org_is_static"; readonly org: string }
  /** Without `org`: the project keys of all stored organisations. */
  | { readonly kind: "org_unreadable"; readonly org?: string; readonly reason: UnreadableReason }
  | { readonly kind: "directory_unavailable" }
  | { readonly kind: "endpoint_not_found" }
  | { readonly kind: "model_not_found"; readonly model: string; readonly near: readonly string[] }
  | { readonly kind: "model_runs_in_browser"; readonly model: string }
  | { readonly kind: "path_not_found" }
  | { readonly kind: "method_not_allowed"; readonly allow: string }
  | { readonly kind: "url_too_long"; readonly maxBytes: number }
  | { readonly kind: "body_too_large"; readonly maxBytes: number }
  | { readonly kind: "bad_json"; readonly problem: BodyProblem }
  | { readonly kind: "bad_content_type"; readonly expected: string }
  | { readonly kind: "bad_field"; readonly param: string; readonly detail: string }
  | { readonly kind: "bad_header"; readonly header: string; readonly detail: string }
  | { readonly kind: "rate_limited"; readonly retryAfterSeconds: number; readonly remaining?: Remaining }
  | {
      readonly kind: "budget_exceeded";
      readonly limit: SpentLimit;
      readonly resetsAtSeconds?: number;
      readonly remaining?: Remaining;
    }
  /** Realtime sessions that are open at once. */
  | { readonly kind: "too_many_sessions"; readonly most: number; readonly retryAfterSeconds: number }
  | { readonly kind: "upgrade_required" }
  | { readonly kind: "call_not_found" }
  /** A credential's call, and nothing here that could watch over it. */
  | { readonly kind: "calls_unwatched" }
  /** The platform has no WebSockets to serve. */
  | { readonly kind: "no_sockets" }
  | { readonly kind: "unpriced_model"; readonly model: string }
  | { readonly kind: "credential_revoked"; readonly bound?: boolean }
  | { readonly kind: "ledger_unavailable" }
  /** Every endpoint of the model failed too often to be asked now. */
  | { readonly kind: "no_endpoint_healthy"; readonly retryAfterSeconds: number }
  | { readonly kind: "upstream_unreachable" }
  | { readonly kind: "upstream_timeout"; readonly phase: TimeoutPhase; readonly seconds: number }
  /** `onlyModel`: it may be good for others. */
  | { readonly kind: "upstream_refused_our_key"; readonly onlyModel?: true }
  | { readonly kind: "upstream_malformed" }
  | {
      readonly kind: "upstream_error";
      readonly status: number;
      readonly details: ErrorDetails;
      readonly retryAfter?: string;
      /** The same in milliseconds. */
      readonly retryAfterMs?: number;
      /** How long the endpoint says that it will be of no use, in milliseconds. */
      readonly restMs?: number;
    }
  | { readonly kind: "model_function_failed" }
  /** The answer, or the part of it that is wanted, is not kept any more. */
  | { readonly kind: "answer_gone" }
  | { readonly kind: "answer_cancelled" }
  | { readonly kind: "answers_unavailable" }
  | { readonly kind: "idempotency_key_reused" }
  | { readonly kind: "unforeseen" }
  | { readonly kind: "caller_left" };

export type BodyProblem =
  | JsonProblem
  | { readonly kind: "not_utf8" | "not_an_object" }
  /** A number in a request that would be cached, as it is written. */
  | { readonly kind: "lossy_number"; readonly literal: string };

/** What a provider took too long for: the head of its answer, the next byte of it, or all of it. */
export type TimeoutPhase = "first byte" | "idle" | "total";

export type CredentialFault =
  | "malformed"
  | "too_large"
  | "signature"
  | "claims"
  | "expired"
  | "wrong_scheme"
  | "unknown_org"
  /** Looks like a project key. */
  | "unknown_key";
/** Why a stored organisation cannot be used: its secret is gone, it was changed in the storage, or this version takes no such. */
export type UnreadableReason = "secret_removed" | "changed" | "invalid";
export type ProofFault =
  | "missing"
  | "malformed"
  | "header"
  | "method"
  | "url"
  | "credential"
  | "key"
  | "signature"
  | "replayed";
export type SessionFault =
  | "closed"
  | "missing_token"
  | "invalid_token"
  | "denied"
  | "issuer_unreachable"
  | "missing_challenge"
  | "challenge_refused"
  /** Whoever was asked about the session did not answer, or not as agreed. */
  | "unchecked";

/** The limit that a request does not fit. */
export type SpentLimit = Exclude<
  keyof Limits,
  "per" | "requestsPerMinute" | "realtimeIdleSeconds" | "realtimeSessions"
>;

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function fail(failure: Failure): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure };
}
