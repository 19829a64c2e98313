/** Why there is no realtime session, or no longer one. */
export interface RealtimeError extends Error {
  readonly name: "RealtimeError";
  /** The server's word for it, such as `budget_exhausted`; `offline` where there was no answer at all. */
  readonly code: string | null;
  /** Of the HTTP answer, where that refused. */
  readonly status?: number;
  /** Of the WebSocket, where that did. */
  readonly closeCode?: number;
  /** What to do about it; empty where the message is all there is to say. */
  readonly advice: string;
  /** Whether trying again later may help, with nothing changed. */
  readonly isTemporary: boolean;
}

const ADVICE: Readonly<Record<string, string>> = {
  offline: "Try again when there is a network.",
  connection_lost: "Connect again; what was said before is not known to the new session.",
  credential_expired: "Call realtimeSocket() again: a new credential is issued by itself.",
  credential_revoked: "Sign in again.",
  invalid_token: "Call realtimeSocket() again: a new credential is issued by itself.",
  session_duration_exceeded: "The time that this user may talk is over; it is counted anew later.",
  idle_timeout: "Connect again when there is something to say.",
  budget_exhausted: "The user's limit is used up; it is counted anew later.",
  budget_exceeded: "The user's limit is used up; it is counted anew later.",
  rate_limited: "Close other sessions, or wait half a minute.",
  rate_limit_exceeded: "Wait a moment, then try again.",
  too_many_sessions: "Close other sessions, or wait half a minute.",
  model_not_allowed: "Choose a model that GET /models lists with `realtime: true`.",
  model_not_found: "Choose a model that GET /models lists with `realtime: true`.",
  origin_not_allowed: "Add this page's origin to the organisation's `origins`.",
  insufficient_scope: "Let the organisation's sessions use `realtime` and this model.",
  upstream_lost: "The provider failed: try again, or choose another model.",
  try_again: "Try again in a few seconds.",
};

/** Endings that have nothing to do with what was asked. */
const TEMPORARY =
  /^(offline|connection_lost|upstream_|try_again|ledger_|directory_|rate_limit|too_many_sessions|idle_timeout)/;

/** A lost connection or a provider's; every other code is final. */
export const WORTH_ANOTHER: ReadonlySet<number> = new Set([1001, 1005, 1006, 1011, 1012, 1013]);

interface Reason {
  readonly code: string | null;
  readonly message: string;
  readonly status?: number;
  readonly closeCode?: number;
  readonly cause?: unknown;
}

export function realtimeError(reason: Reason): RealtimeError {
  const { code, message, status, closeCode, cause } = reason;
  const advice = adviceFor(code, closeCode);
  const isTemporary = maySucceedLater(reason);
  const error = new Error(`${message} ${advice}`.trim(), cause === undefined ? {} : { cause });
  return Object.assign(error, {
    name: "RealtimeError" as const,
    code,
    advice,
    isTemporary,
    ...(status !== undefined && { status }),
    ...(closeCode !== undefined && { closeCode }),
  });
}

function adviceFor(code: string | null, closeCode: number | undefined): string {
  const known = code === null ? undefined : ADVICE[code];
  if (known !== undefined) return known;
  const isProviders = code?.startsWith("upstream_") || closeCode === 1011;
  return (isProviders ? ADVICE.upstream_lost : closeCode === 1013 ? ADVICE.try_again : "") ?? "";
}

function maySucceedLater({ code, status, closeCode }: Reason): boolean {
  if (code !== null && TEMPORARY.test(code)) return true;
  if (closeCode !== undefined) return WORTH_ANOTHER.has(closeCode);
  return code === null && (status ?? 500) >= 500;
}
