import type { RealtimeError } from "../../sw/client.ts";

/** Why there is no conversation, in words for the person. */
export interface VoiceProblem {
  readonly sentence: string;
  readonly advice: string;
  /** What helps: to try again, to choose another voice, to see the limits, or to write where there is no microphone. */
  readonly remedy: "retry" | "model" | "usage" | "write";
  /** For those who look it up. */
  readonly detail?: string;
}

const MICROPHONE: Readonly<Record<string, VoiceProblem>> = {
  NotAllowedError: {
    sentence: "This page may not use your microphone.",
    advice:
      "Allow it in your browser's settings for this site, left of the address, then start again. Or write instead.",
    remedy: "write",
  },
  NotFoundError: {
    sentence: "No microphone was found.",
    advice: "Plug one in, or switch it on, then start again. Or write instead.",
    remedy: "write",
  },
  NotReadableError: {
    sentence: "Your microphone is in use by another program.",
    advice: "Close the other program, or its call, then start again. Or write instead.",
    remedy: "write",
  },
  SecurityError: {
    sentence: "This page was opened over an insecure connection, where browsers give no microphone.",
    advice: "Open it over https, or on localhost. Or write instead.",
    remedy: "write",
  },
};

export const MICROPHONE_LOST: VoiceProblem = {
  sentence: "Your microphone is gone.",
  advice: "Plug it in again, then start again.",
  remedy: "write",
};

const BY_CODE: Readonly<Record<string, VoiceProblem>> = {
  offline: {
    sentence: "The server could not be reached.",
    advice: "Start again when you are back online.",
    remedy: "retry",
  },
  connection_lost: {
    sentence: "The connection was lost while an answer came.",
    advice: "Start again. The voice will not remember what was said.",
    remedy: "retry",
  },
  credential_expired: {
    sentence: "Your temporary credential has expired.",
    advice: "Start again: a new one is issued by itself.",
    remedy: "retry",
  },
  credential_revoked: {
    sentence: "Your temporary credential was revoked.",
    advice: "Ask whoever runs this server.",
    remedy: "retry",
  },
  session_duration_exceeded: {
    sentence: "Your talking time is used up.",
    advice: "The Usage page shows your limits.",
    remedy: "usage",
  },
  budget_exhausted: {
    sentence: "Your limit is used up.",
    advice: "The Usage page shows which one.",
    remedy: "usage",
  },
  idle_timeout: {
    sentence: "The conversation was ended because nothing was said for a while.",
    advice: "Start again when you like.",
    remedy: "retry",
  },
  rate_limited: {
    sentence: "Too many conversations are open.",
    advice: "End the others, or wait half a minute, then start again.",
    remedy: "retry",
  },
  model_not_allowed: {
    sentence: "Your temporary credential does not cover this voice.",
    advice: "Choose another one.",
    remedy: "model",
  },
  upstream_lost: {
    sentence: "The provider of this voice failed.",
    advice: "Start again, or choose another voice.",
    remedy: "model",
  },
  try_again: {
    sentence: "The server is busy.",
    advice: "Start again in a few seconds.",
    remedy: "retry",
  },
};

/** Other names for the same. */
const SAME: Readonly<Record<string, string>> = {
  budget_exceeded: "budget_exhausted",
  too_many_sessions: "rate_limited",
  rate_limit_exceeded: "rate_limited",
  insufficient_scope: "model_not_allowed",
  model_not_found: "model_not_allowed",
  unpriced_model: "model_not_allowed",
  invalid_token: "credential_expired",
  ledger_unavailable: "try_again",
};

/** A failure of the microphone or of the session, in words for the person. */
export function describeProblem(error: unknown): VoiceProblem {
  if (isRealtimeError(error)) {
    const code = error.code ?? "";
    const known = BY_CODE[SAME[code] ?? code] ?? (isProviders(error) ? BY_CODE.upstream_lost : undefined);
    const detail = [error.status ?? error.closeCode, error.code].filter(Boolean).join(" · ");
    return { ...(known ?? { sentence: "The conversation failed.", advice: error.message, remedy: "model" }), detail };
  }
  const name = error instanceof DOMException ? error.name : "";
  return (
    MICROPHONE[name] ?? {
      sentence: "Something went wrong in this page.",
      advice: "Start again; if it stays, reload the page.",
      remedy: "retry",
      ...(name && { detail: name }),
    }
  );
}

function isRealtimeError(error: unknown): error is RealtimeError {
  return error instanceof Error && error.name === "RealtimeError";
}

function isProviders({ code, closeCode }: RealtimeError): boolean {
  return code?.startsWith("upstream_") || closeCode === 1011;
}
