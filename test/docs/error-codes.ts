import { describe } from "../../mint-server/failure-answers.ts";
import type { Failure } from "../../mint-server/failures.ts";

/** A code that an error may have, and the statuses with which it comes. */
export interface ErrorCode {
  readonly code: string;
  readonly statuses: readonly number[];
  /** Who says it, where that is not the server in its answer. */
  readonly by?: "the worker or the page" | "a stream";
}

type Samples = { readonly [Kind in Failure["kind"]]: readonly Extract<Failure, { readonly kind: Kind }>[] };

/** At least one of each failure: a new one does not compile until it is here, and then wants its section. */
const SAMPLES: Samples = {
  missing_credential: [{ kind: "missing_credential" }],
  invalid_credential: [{ kind: "invalid_credential", reason: "expired" }],
  invalid_proof: [{ kind: "invalid_proof", reason: "missing" }],
  use_dpop_nonce: [{ kind: "use_dpop_nonce", nonce: "n" }],
  provider_keys_off: [{ kind: "provider_keys_off" }],
  insufficient_scope: [{ kind: "insufficient_scope", param: null, detail: "" }],
  origin_not_allowed: [{ kind: "origin_not_allowed" }],
  no_session: (
    [
      "closed",
      "missing_token",
      "invalid_token",
      "denied",
      "issuer_unreachable",
      "missing_challenge",
      "challenge_refused",
      "unchecked",
    ] as const
  ).map((reason) => ({ kind: "no_session", reason })),
  session_key_pinned: [{ kind: "session_key_pinned" }],
  org_not_found: [{ kind: "org_not_found" }],
  admin_closed: [{ kind: "admin_closed" }],
  wrong_admin_key: [{ kind: "wrong_admin_key" }],
  stored_org_not_found: [{ kind: "stored_org_not_found", org: "x" }],
  stored_key_not_found: [{ kind: "stored_key_not_found", id: "x" }],
  org_is_static: [{ kind: "org_is_static", org: "x" }],
  org_unreadable: [{ kind: "org_unreadable", org: "x", reason: "changed" }],
  directory_unavailable: [{ kind: "directory_unavailable" }],
  endpoint_not_found: [{ kind: "endpoint_not_found" }],
  model_not_found: [{ kind: "model_not_found", model: "m", near: [] }],
  model_runs_in_browser: [{ kind: "model_runs_in_browser", model: "m" }],
  path_not_found: [{ kind: "path_not_found" }],
  method_not_allowed: [{ kind: "method_not_allowed", allow: "GET" }],
  url_too_long: [{ kind: "url_too_long", maxBytes: 1 }],
  body_too_large: [{ kind: "body_too_large", maxBytes: 1 }],
  bad_json: (["malformed", "duplicate_key"] as const).map((kind) => ({ kind: "bad_json", problem: { kind } })),
  bad_content_type: [{ kind: "bad_content_type", expected: "x" }],
  bad_field: [{ kind: "bad_field", param: "x", detail: "" }],
  bad_header: [{ kind: "bad_header", header: "x", detail: "" }],
  rate_limited: [{ kind: "rate_limited", retryAfterSeconds: 1 }],
  budget_exceeded: [{ kind: "budget_exceeded", limit: "usd" }],
  too_many_sessions: [{ kind: "too_many_sessions", most: 2, retryAfterSeconds: 30 }],
  upgrade_required: [{ kind: "upgrade_required" }],
  no_sockets: [{ kind: "no_sockets" }],
  unpriced_model: [{ kind: "unpriced_model", model: "m" }],
  credential_revoked: [{ kind: "credential_revoked" }],
  ledger_unavailable: [{ kind: "ledger_unavailable" }],
  no_endpoint_healthy: [{ kind: "no_endpoint_healthy", retryAfterSeconds: 1 }],
  upstream_unreachable: [{ kind: "upstream_unreachable" }],
  upstream_timeout: [{ kind: "upstream_timeout", phase: "first byte", seconds: 1 }],
  upstream_refused_our_key: [{ kind: "upstream_refused_our_key" }],
  upstream_malformed: [{ kind: "upstream_malformed" }],
  // A provider's own words pass through; the page says so in one section.
  upstream_error: [],
  answer_gone: [{ kind: "answer_gone" }],
  answer_cancelled: [{ kind: "answer_cancelled" }],
  answers_unavailable: [{ kind: "answers_unavailable" }],
  idempotency_key_reused: [{ kind: "idempotency_key_reused" }],
  call_not_found: [{ kind: "call_not_found" }],
  calls_unwatched: [{ kind: "calls_unwatched" }],
  unforeseen: [{ kind: "unforeseen" }],
  model_function_failed: [{ kind: "model_function_failed" }],
  caller_left: [{ kind: "caller_left" }],
};

/** Codes that no failure of the server has: those of the browser's side, and of streams. */
const OTHERS: readonly ErrorCode[] = [
  { code: "invalid_api_key", statuses: [401] },
  { code: "bad_settings", statuses: [500] },
  { code: "stream_truncated", statuses: [], by: "a stream" },
  { code: "offline", statuses: [503], by: "the worker or the page" },
  { code: "queued", statuses: [503], by: "the worker or the page" },
  { code: "mint_server_not_found", statuses: [502], by: "the worker or the page" },
  { code: "insecure_origin", statuses: [400], by: "the worker or the page" },
  { code: "model_unavailable", statuses: [400], by: "the worker or the page" },
  { code: "context_length_exceeded", statuses: [400], by: "the worker or the page" },
  { code: "unsupported_content", statuses: [400], by: "the worker or the page" },
  { code: "model_failed", statuses: [500], by: "the worker or the page" },
];

/** Every code, in the order of the alphabet. */
export const ERROR_CODES: readonly ErrorCode[] = [...ofFailures(), ...OTHERS].sort((a, b) =>
  a.code < b.code ? -1 : 1,
);

function ofFailures(): ErrorCode[] {
  const statuses = new Map<string, Set<number>>();
  for (const failure of Object.values<readonly Failure[]>(SAMPLES).flat()) {
    const { status, details } = describe(failure);
    const code = details.code ?? "";
    statuses.set(code, (statuses.get(code) ?? new Set()).add(status));
  }
  return [...statuses].map(([code, found]) => ({ code, statuses: [...found].sort() }));
}

/** The page `docs/errors.md` with its table as it should be. */
export function withErrorTable(page: string): string {
  const rows = ERROR_CODES.map(({ code, statuses, by }) =>
    `| [`.concat(`\`${code}\`](#${code}) | ${statuses.join(", ")} | ${by ?? "the mint-server"} |`),
  );
  const table = ["| code | status | made by |", "| --- | --- | --- |", ...rows].join("\n");
  return page.replace(
    /(<!-- codes: begin -->)[\s\S]*?(<!-- codes: end -->)/,
    (_, begin, end) => `${begin}\n\n${table}\n\n${end}`,
  );
}
