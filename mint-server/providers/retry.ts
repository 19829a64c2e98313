import type { ErrorDetails } from "../contract/openai-error.ts";
import type { Failure } from "../failures.ts";
import type { Timing } from "./timing.ts";

/** What a failure says of its endpoint. `sound`: it works, and refused what the caller got wrong. */
export type Verdict = "nothing" | "sound" | "busy" | "missing" | "key-refused" | "broken";

/** How a failure counts for the endpoint that it came from. */
export function verdictOf(failure: Failure): Verdict {
  switch (failure.kind) {
    case "upstream_unreachable":
    case "upstream_malformed":
      return "broken";
    case "upstream_timeout":
      // An answer that is long is no sign of a broken provider.
      return failure.phase === "total" ? "sound" : "broken";
    case "upstream_refused_our_key":
      return "key-refused";
    case "upstream_error":
      if (failure.status === 429) return "busy";
      if (isCallersFault(failure.details)) return "sound";
      if (failure.status === 404) return "missing";
      return failure.status >= 500 || failure.status === 408 ? "broken" : "sound";
    default:
      return "nothing";
  }
}

/** True if another endpoint may do better; what the caller got wrong is wrong everywhere. */
export function isWorthAnotherEndpoint(failure: Failure): boolean {
  switch (failure.kind) {
    case "upstream_unreachable":
    case "upstream_timeout":
    case "upstream_refused_our_key":
    case "upstream_malformed":
      return true;
    case "upstream_error":
      if (failure.status === 429) return true;
      if (isCallersFault(failure.details)) return false;
      return failure.status >= 500 || [401, 403, 404, 408].includes(failure.status);
    default:
      return false;
  }
}

const CALLERS_FAULT_CODE = /context_length|context_window|content_(policy|filter)|safety|responsible_?ai/i;
/** Providers that have no code for it say it in words; some with 403, some with 500. */
const CALLERS_FAULT_WORDS =
  /(context (length|window)|prompt is too long|(input|token count)[^.]{0,60}exceed|content (policy|filter|management policy))/i;

/** True if the provider refused what was asked, whatever status it chose: too long for the model, or not allowed by its policy. */
export function isCallersFault({ code, type, message }: ErrorDetails): boolean {
  return CALLERS_FAULT_CODE.test(`${code ?? ""} ${type}`) || CALLERS_FAULT_WORDS.test(message);
}

/** The longest that a caller is kept waiting for another attempt at the only endpoint. */
const MAX_WAIT_MS = 20_000;
const USUAL_WAIT_MS = 500;

/**
 * How long to wait, in milliseconds, before the only endpoint is asked once more: as long as it asks for, if that is short,
 * else about half a second; `undefined` if it is not worth it.
 */
export function waitBeforeSame(failure: Failure, { random }: Pick<Timing, "random">): number | undefined {
  const usual = USUAL_WAIT_MS * (0.75 + random() / 2);
  if (failure.kind === "upstream_unreachable") return usual;
  if (failure.kind !== "upstream_error" || !isPassing(failure)) return undefined;
  const wait = failure.retryAfterMs ?? usual;
  return wait <= MAX_WAIT_MS ? wait : undefined;
}

function isPassing({ status, details }: Extract<Failure, { kind: "upstream_error" }>): boolean {
  return status === 429 || ((status === 408 || status >= 500) && !isCallersFault(details));
}

/** Keeps retries from multiplying the load of providers that are in trouble. */
export interface RetryBudget {
  /** A request begins. */
  request(): void;
  /** Whether a request may make its next attempt, which then counts; its first retry always may. */
  mayRetry(earlierRetries: number): boolean;
}

const MOST_EXTRA = 0.1;
const WINDOW_SECONDS = 10;

/** At most a tenth of the requests of the last ten seconds. */
export function createRetryBudget({ now }: Pick<Timing, "now">): RetryBudget {
  const seconds: { at: number; requests: number; retries: number }[] = [];
  const current = (): { requests: number; retries: number } => {
    const at = Math.floor(now() / 1000);
    const last = seconds.at(-1);
    if (last?.at === at) return last;
    const fresh = { at, requests: 0, retries: 0 };
    seconds.push(fresh);
    while ((seconds[0]?.at ?? at) <= at - WINDOW_SECONDS) seconds.shift();
    return fresh;
  };
  return {
    request() {
      current().requests++;
    },
    mayRetry(earlierRetries) {
      const second = current();
      const sum = (key: "requests" | "retries"): number => seconds.reduce((all, each) => all + each[key], 0);
      if (earlierRetries > 0 && sum("retries") + 1 > MOST_EXTRA * sum("requests")) return false;
      second.retries++;
      return true;
    },
  };
}
