import { HEADER } from "./contract/headers.ts";
import { type ErrorDetails, errorBody } from "./contract/openai-error.ts";
import type {
  BodyProblem,
  CredentialFault,
  Failure,
  ProofFault,
  SessionFault,
  SpentLimit,
  TimeoutPhase,
  UnreadableReason,
} from "./failures.ts";
import { withRemaining } from "./metering/headers.ts";

/** A failure as the caller sees it. */
export interface PublicFailure {
  readonly status: number;
  readonly details: ErrorDetails;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answer to a failure: JSON in OpenAI's error shape, never stored by anyone. */
export function failureAnswer(failure: Failure): {
  status: number;
  headers: Record<string, string>;
  body: string;
  error: ErrorDetails;
  failure: Failure["kind"];
} {
  const { status, details, headers } = describe(failure);
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(errorBody(details)),
    error: details,
    failure: failure.kind,
  };
}

const INVALID = "invalid_request_error";
const AUTHENTICATION = "authentication_error";
const PERMISSION = "permission_error";
const UPSTREAM = "upstream_error";

/** What the caller hears of a failure, and the one place where statuses, types and codes are chosen. */
export function describe(failure: Failure): PublicFailure {
  switch (failure.kind) {
    case "missing_credential":
      return unauthorized(
        "missing_credential",
        "No credential. Send `Authorization: Bearer <key or temporary credential>`.",
        {
          "www-authenticate": "Bearer",
        },
      );
    case "invalid_credential":
      return unauthorized("invalid_token", credentialMessage(failure.reason), {
        "www-authenticate": `${failure.bound ? "DPoP" : "Bearer"} error="invalid_token"`,
      });
    case "invalid_proof":
      return unauthorized("invalid_dpop_proof", proofMessage(failure.reason), {
        "www-authenticate": 'DPoP error="invalid_dpop_proof", algs="ES256"',
      });
    case "use_dpop_nonce":
      return unauthorized(
        "use_dpop_nonce",
        "Make a new proof with the nonce of the `DPoP-Nonce` header, and send the request again.",
        {
          "www-authenticate": 'DPoP error="use_dpop_nonce", algs="ES256"',
          "dpop-nonce": failure.nonce,
        },
      );
    case "provider_keys_off":
      return forbidden("provider_keys_not_allowed", "This server takes only project keys and temporary credentials.");
    case "insufficient_scope":
      return forbidden("insufficient_scope", failure.detail, failure.param);
    case "origin_not_allowed":
      return forbidden(
        "origin_not_allowed",
        "This origin may not use this server. Add it to the organisation's `origins`.",
      );
    case "no_session":
      return sessionFailure(failure.reason);
    case "session_key_pinned":
      return forbidden("session_key_pinned", "This session is bound to another key. Sign in again to use a new one.");
    case "org_not_found":
      return forbidden(
        "org_not_allowed",
        "`x-bt-org-name` names no organisation that this credential belongs to.",
        "x-bt-org-name",
      );
    case "admin_closed":
      return forbidden("admin_closed", "The admin API is closed. Set `ADMIN_KEY` to open it.");
    case "wrong_admin_key":
      return unauthorized("wrong_admin_key", "This is not the server's `ADMIN_KEY`.", {
        "www-authenticate": 'Bearer error="invalid_token"',
      });
    case "stored_org_not_found":
      return notStored("org_not_found", `There is no organisation ${JSON.stringify(failure.org.slice(0, 100))}.`);
    case "stored_key_not_found":
      return notStored("key_not_found", `The organisation has no key ${JSON.stringify(failure.id.slice(0, 100))}.`);
    case "org_is_static":
      return {
        status: 409,
        details: {
          message: `The organisation ${JSON.stringify(failure.org)} is one of the server's settings: change it there.`,
          type: INVALID,
          param: "name",
          code: "org_is_static",
        },
      };
    case "org_unreadable":
      return {
        status: 500,
        details: { message: unreadableMessage(failure), type: "server_error", code: "org_unreadable" },
      };
    case "directory_unavailable":
      return tryAgain("directory_unavailable", "The directory of organisations did not answer. Try again.");
    case "endpoint_not_found":
      return {
        status: 404,
        details: {
          message: "`x-bt-endpoint-name` names no endpoint that serves this model here.",
          type: INVALID,
          param: "x-bt-endpoint-name",
          code: "endpoint_not_found",
        },
      };
    case "model_not_found":
      return {
        status: 404,
        details: { message: modelMessage(failure), type: INVALID, param: "model", code: "model_not_found" },
      };
    case "model_runs_in_browser":
      return badRequest(
        "model",
        `The model ${JSON.stringify(failure.model)} runs in the browser: the page must register it, and it is never asked here.`,
        "model_runs_in_browser",
      );
    case "path_not_found":
      return {
        status: 404,
        details: { message: "There is nothing at this path.", type: INVALID, code: "path_not_found" },
      };
    case "method_not_allowed":
      return {
        status: 405,
        details: { message: `This path takes ${failure.allow}.`, type: INVALID, code: "method_not_allowed" },
        headers: { allow: failure.allow },
      };
    case "url_too_long":
      return {
        status: 414,
        details: { message: `The URL may hold ${failure.maxBytes} bytes.`, type: INVALID, code: "url_too_long" },
      };
    case "body_too_large":
      return {
        status: 413,
        details: { message: `The body may hold ${failure.maxBytes} bytes.`, type: INVALID, code: "body_too_large" },
      };
    case "bad_json":
      return badRequest(
        null,
        jsonMessage(failure.problem),
        failure.problem.kind === "duplicate_key" ? "duplicate_key" : "invalid_json",
      );
    case "bad_content_type":
      return badRequest("content-type", `The body must be ${failure.expected}.`, "invalid_content_type");
    case "bad_field":
      return badRequest(failure.param, failure.detail, "invalid_value");
    case "bad_header":
      return badRequest(failure.header, failure.detail, "invalid_header");
    case "rate_limited":
      return {
        status: 429,
        details: {
          message: `Too many requests in a minute. Try again in ${failure.retryAfterSeconds} seconds.`,
          type: "rate_limit_error",
          code: "rate_limit_exceeded",
        },
        headers: withRemaining({ "retry-after": String(failure.retryAfterSeconds) }, failure.remaining),
      };
    case "budget_exceeded":
      return {
        status: 402,
        details: { message: budgetMessage(failure), type: "insufficient_quota", code: "budget_exceeded" },
        headers: withRemaining({}, failure.remaining),
      };
    case "too_many_sessions":
      return {
        status: 429,
        details: {
          message: `This credential's subject may have ${failure.most} realtime sessions open at once. End one first.`,
          type: "rate_limit_error",
          code: "too_many_sessions",
        },
        headers: { "retry-after": String(failure.retryAfterSeconds) },
      };
    case "upgrade_required":
      return {
        status: 426,
        details: { message: "This path takes WebSockets alone.", type: INVALID, code: "upgrade_required" },
        headers: { upgrade: "websocket" },
      };
    case "call_not_found":
      return {
        status: 404,
        details: { message: "There is no such call.", type: INVALID, code: "call_not_found" },
      };
    case "calls_unwatched":
      return {
        status: 501,
        details: {
          message: "This server cannot watch over calls, so it takes none of temporary credentials. Bind `CALLS`.",
          type: "server_error",
          code: "calls_unwatched",
        },
      };
    case "no_sockets":
      return {
        status: 501,
        details: { message: "This server's platform has no WebSockets.", type: "server_error", code: "no_sockets" },
      };
    case "unpriced_model":
      return forbidden(
        "unpriced_model",
        `This credential's money is limited, and no price is known of ${JSON.stringify(failure.model.slice(0, 100))}.`,
        "model",
      );
    case "credential_revoked":
      return unauthorized("invalid_token", "This temporary credential was revoked.", {
        "www-authenticate": `${failure.bound ? "DPoP" : "Bearer"} error="invalid_token"`,
      });
    case "ledger_unavailable":
      return tryAgain("ledger_unavailable", "The server's ledger did not answer. Try again.");
    case "upstream_unreachable":
      return badGateway(
        "upstream_unreachable",
        "The provider could not be reached, or broke the connection. Try again.",
      );
    case "no_endpoint_healthy":
      return {
        status: 503,
        details: {
          message: "Every endpoint that serves this model has failed too often to be asked now. Try again.",
          type: UPSTREAM,
          code: "no_endpoint_healthy",
        },
        headers: { "retry-after": String(failure.retryAfterSeconds) },
      };
    case "upstream_timeout":
      return {
        status: 504,
        details: {
          message: TOO_SLOW[failure.phase](failure.seconds),
          type: UPSTREAM,
          code: "upstream_timeout",
        },
      };
    case "upstream_refused_our_key":
      return badGateway(
        "upstream_refused_key",
        "The provider refused the server's own key. Whoever runs this server must check it.",
      );
    case "upstream_malformed":
      return badGateway("upstream_malformed", "The provider's answer was not one that its API defines.");
    case "upstream_error":
      return {
        status: failure.status,
        details: failure.details,
        ...pauseAfter(failure),
      };
    case "model_function_failed":
      return {
        status: 500,
        details: { message: "This model's function threw.", type: "server_error", code: "model_function_failed" },
      };
    case "answer_gone":
      return {
        status: 409,
        details: {
          message: "The answer is not kept any more, or not from this position on. Send the request anew.",
          type: INVALID,
          param: HEADER.position,
          code: "answer_gone",
        },
      };
    case "answer_cancelled":
      return {
        status: 499,
        details: {
          message: "The answer was cancelled. Send the request anew under another `Idempotency-Key`.",
          type: INVALID,
          code: "answer_cancelled",
        },
      };
    case "answers_unavailable":
      return tryAgain("answers_unavailable", "The server lost its way to the answer. Try again.");
    case "idempotency_key_reused":
      return {
        status: 422,
        details: {
          message: "This `Idempotency-Key` belongs to another request. Give each request a key of its own.",
          type: INVALID,
          param: HEADER.idempotencyKey,
          code: "idempotency_key_reused",
        },
      };
    case "unforeseen":
      return {
        status: 500,
        details: { message: "The server failed. Try again.", type: "server_error", code: "server_error" },
      };
    case "caller_left":
      return {
        status: 499,
        details: { message: "The caller closed the request.", type: INVALID, code: "caller_left" },
      };
  }
}

/** What the provider said; a 429 is never without, and where nothing was said it is a second. */
function pauseAfter({ status, retryAfter, retryAfterMs, restMs }: Extract<Failure, { kind: "upstream_error" }>) {
  if (retryAfter !== undefined) return { headers: { "retry-after": retryAfter } };
  if (status !== 429) return {};
  return { headers: { "retry-after": String(Math.max(1, Math.ceil((retryAfterMs ?? restMs ?? 0) / 1000))) } };
}

const TOO_SLOW: Readonly<Record<TimeoutPhase, (seconds: number) => string>> = {
  "first byte": (seconds) => `The provider sent no first byte within ${seconds} seconds.`,
  idle: (seconds) => `The provider's answer was idle for ${seconds} seconds: it began, and nothing more came.`,
  total: (seconds) => `The provider's answer took more than ${seconds} seconds in total.`,
};

function badRequest(param: string | null, message: string, code: string): PublicFailure {
  return { status: 400, details: { message, type: INVALID, param, code } };
}

function unauthorized(code: string, message: string, headers: Record<string, string>): PublicFailure {
  return { status: 401, details: { message, type: AUTHENTICATION, code }, headers };
}

function forbidden(code: string, message: string, param: string | null = null): PublicFailure {
  return { status: 403, details: { message, type: PERMISSION, param, code } };
}

function notStored(code: string, message: string): PublicFailure {
  return { status: 404, details: { message, type: INVALID, code } };
}

const UNREADABLE: Readonly<Record<UnreadableReason, string>> = {
  secret_removed:
    "the secret that it was sealed under is no longer in MINT_SECRET. Put it back, behind the newest, and reseal",
  changed: "what is stored is not what was stored. Put the organisation again",
  invalid: "this version of the server takes no such configuration. Put the organisation again",
};

function unreadableMessage({ org, reason }: Extract<Failure, { kind: "org_unreadable" }>): string {
  const what =
    org === undefined ? "No project key of a stored organisation" : `The organisation ${JSON.stringify(org)}`;
  return `${what} can${org === undefined ? "" : "not"} be read: ${UNREADABLE[reason]}.`;
}

function badGateway(code: string, message: string): PublicFailure {
  return { status: 502, details: { message, type: UPSTREAM, code } };
}

/** Says as little as possible to whoever probes: only an expired credential and a wrong scheme are told apart. */
function credentialMessage(reason: CredentialFault): string {
  if (reason === "expired") return "This temporary credential has expired. Ask for a new one.";
  if (reason === "wrong_scheme") {
    return "Send a bound temporary credential as `Authorization: DPoP` with a proof, an unbound one as `Authorization: Bearer`.";
  }
  if (reason === "unknown_key") return "This project key is not valid here.";
  return "This temporary credential is not valid here.";
}

function proofMessage(reason: ProofFault): string {
  if (reason === "missing") return "This temporary credential is bound to a key: send a proof in the `DPoP` header.";
  if (reason === "replayed") return "This proof was used before. Make a new one for each request.";
  return "The proof in the `DPoP` header does not fit this request.";
}

function sessionFailure(reason: SessionFault): PublicFailure {
  switch (reason) {
    case "closed":
      return forbidden(
        "sessions_closed",
        "This organisation issues no credentials to browsers. Configure its `sessions`.",
      );
    case "missing_token":
      return unauthorized("session_required", "Sign in first: send the ID token as `Authorization: Bearer`.", {
        "www-authenticate": "Bearer",
      });
    case "invalid_token":
      return unauthorized("invalid_session", "The session's token is not valid here. Sign in again.", {
        "www-authenticate": 'Bearer error="invalid_token"',
      });
    case "denied":
      return unauthorized("session_required", "The application does not know this session. Sign in first.", {
        "www-authenticate": "Bearer",
      });
    case "issuer_unreachable":
      return tryAgain("issuer_unreachable", "The session's issuer could not be reached. Try again.");
    case "missing_challenge":
      return unauthorized(
        "challenge_required",
        "Solve the challenge first: send its token as `Authorization: Bearer`.",
        {
          "www-authenticate": "Bearer",
        },
      );
    case "challenge_refused":
      return unauthorized(
        "challenge_refused",
        "The challenge was not passed, has expired or was used. Solve another.",
        {
          "www-authenticate": 'Bearer error="invalid_token"',
        },
      );
    case "unchecked":
      return tryAgain("session_unchecked", "Whoever knows this session did not answer as agreed. Try again.");
  }
}

function tryAgain(code: string, message: string): PublicFailure {
  return { status: 503, details: { message, type: "server_error", code }, headers: { "retry-after": "1" } };
}

const SPENT: Readonly<Record<SpentLimit, string>> = {
  requests: "The requests that this credential may make are used up",
  tokens: "This credential has too few tokens left for this request",
  usd: "This credential has too little money left for this request",
  realtimeSeconds: "The realtime seconds of this credential are used up",
  maxTokensPerRequest: "This request may take more tokens than this credential allows for one",
};

function budgetMessage({ limit, resetsAtSeconds }: Extract<Failure, { kind: "budget_exceeded" }>): string {
  return resetsAtSeconds === undefined
    ? `${SPENT[limit]}.`
    : `${SPENT[limit]}. It is counted anew from ${new Date(resetsAtSeconds * 1000).toISOString()}.`;
}

function modelMessage({ model, near }: { readonly model: string; readonly near: readonly string[] }): string {
  const hint = near.length > 0 ? ` Near it: ${near.join(", ")}.` : " `GET /models` lists what there is.";
  return `No provider here serves the model ${JSON.stringify(model.slice(0, 100))}.${hint}`;
}

function jsonMessage(problem: BodyProblem): string {
  switch (problem.kind) {
    case "malformed":
      return "The body is not valid JSON.";
    case "too_deep":
      return `The body nests deeper than ${problem.maxDepth} levels.`;
    case "duplicate_key":
      return "The body holds an object in which one name occurs twice.";
    case "lone_surrogate":
      return "The body holds a string with half of a surrogate pair.";
    case "not_utf8":
      return "The body is not valid UTF-8.";
    case "not_an_object":
      return "The body must be a JSON object.";
    case "lossy_number":
      return `The number ${problem.literal.slice(0, 100)} is not told from others near it, so this request cannot be cached. \`${HEADER.useCache}: never\` sends it as it is.`;
  }
}
