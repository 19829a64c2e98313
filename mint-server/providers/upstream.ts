import { isAnswerHeader } from "../contract/headers.ts";
import type { ErrorDetails } from "../contract/openai-error.ts";
import { fail, ok, type Result } from "../failures.ts";
import { decodeError as decodeOpenAIError } from "../wire/openai/decode-error.ts";
import { defined } from "../wire/openai/defined.ts";
import { addressOf } from "./address.ts";
import { type Deadlines, isShort } from "./deadlines.ts";
import type { Endpoint, UpstreamCall } from "./provider.ts";
import { isCallersFault } from "./retry.ts";
import { restMs, retryAfterMs } from "./retry-after.ts";
import { plainAuthority, upstreamHeaders } from "./upstream-headers.ts";

/** One attempt at a provider. */
export interface Attempt extends Pick<UpstreamCall, "wire" | "path" | "model" | "stream"> {
  readonly endpoint: Endpoint;
  /** Never read or changed: the next attempt sends the same. */
  readonly payload: string | Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  readonly accept: string;
  /** Headers of the caller's own, by lower-case name, that the provider is to have. What an endpoint is configured with goes before them. */
  readonly callerHeaders?: Readonly<Record<string, string>>;
  /** Reads the error bodies of the wire format; OpenAI's unless given. */
  readonly decodeError?: (body: string) => ErrorDetails | undefined;
  /** True if the key is the caller's own, so that a refusal is theirs to hear. */
  readonly callersKey: boolean;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
  readonly deadlines: Deadlines;
  /**
   * Closes a call that is too slow while another takes its place. It costs a tenth of a whole request, so it is left out
   * where there is no other: then the call ends with the request that waited for it.
   */
  readonly abandon?: AbortController | undefined;
}

/** A provider's good answer. The body is workerd's own stream, untouched. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly isEventStream: boolean;
  readonly body: ReadableStream<Uint8Array> | null;
  /** Whether all of it is best read at once. */
  readonly isShort: boolean;
  /** All of the body, in place of it: see {@link Deadlines.text}. */
  readonly text: () => Promise<string>;
  /** What was read of the body already. */
  readonly begun?: readonly Uint8Array[];
  readonly deadlines: Deadlines;
}

const MAX_ERROR_BYTES = 64 * 1024;
const NO_ADDRESS = "`model` holds characters that this provider's model names cannot have.";

/** Types of content that come back; a page of HTML is an error page of something in between. */
const CONTENT_TYPES =
  /^(application\/(json|octet-stream|x-ndjson|vnd\.amazon\.eventstream)|text\/(event-stream|plain|vtt)|audio\/|image\/(?!svg)|video\/)/;

/** The one place that fetches a provider. The request's headers are built from nothing, and so are the answer's. */
export async function fetchUpstream(attempt: Attempt): Promise<Result<UpstreamAnswer>> {
  const { endpoint, payload, signal, deadlines, abandon } = attempt;
  const url = addressOf(endpoint, attempt);
  if (url === undefined) return fail({ kind: "bad_field", param: "model", detail: NO_ADDRESS });
  // Most keys travel as they are, and then nothing is waited for.
  const authority = endpoint.authority
    ? await endpoint.authority.headers({ url, payload })
    : ok(plainAuthority(attempt));
  if (!authority.ok) return authority;
  try {
    const sent = fetch(url, {
      method: "POST",
      headers: upstreamHeaders(attempt, authority.value),
      body: payload,
      redirect: "manual",
      signal: abandon ? AbortSignal.any([signal, abandon.signal]) : signal,
    });
    const response = await deadlines.head(sent);
    if (!response) {
      abandon?.abort();
      return fail(deadlines.passed ?? { kind: "upstream_unreachable" });
    }
    if (response.status === 401) endpoint.authority?.refused(authority.value);
    return response.status < 300 ? goodAnswer(response, deadlines) : await badAnswer(response, attempt);
  } catch {
    return fail({ kind: signal.aborted ? "caller_left" : "upstream_unreachable" });
  }
}

function goodAnswer(response: Response, deadlines: Deadlines): Result<UpstreamAnswer> {
  const contentType = response.headers.get("content-type") ?? "application/json";
  if (!CONTENT_TYPES.test(contentType.toLowerCase())) {
    void response.body?.cancel().catch(() => {});
    return fail({ kind: "upstream_malformed" });
  }
  const headers: Record<string, string> = { "content-type": contentType };
  for (const [name, value] of response.headers) if (isAnswerHeader(name)) headers[name] = value;
  return ok({
    status: response.status,
    headers,
    isEventStream: contentType.startsWith("text/event-stream"),
    body: response.body,
    isShort: isShort(response.headers),
    text: () => deadlines.text(response),
    deadlines,
  });
}

async function badAnswer(response: Response, attempt: Attempt): Promise<Result<never>> {
  return refusalOf(response, await readSome(response, attempt.deadlines), attempt);
}

/** What a provider's bad answer says, of its caller's mistakes, its endpoint's key or itself; `body` is what was read of it. */
export function refusalOf(
  { status: stated, headers }: Pick<Response, "status" | "headers">,
  body: string,
  { endpoint, callersKey, decodeError }: Pick<Attempt, "endpoint" | "callersKey" | "decodeError">,
): Result<never> {
  const status = GOOGLE_KEY_REFUSED.test(body) ? 401 : stated;
  if (status < 400) return fail({ kind: "upstream_malformed" });
  const told = withoutSecrets((decodeError ?? decodeOpenAIError)(body) ?? unexplained(status), endpoint);
  // Some say so with 403, which would else be our key's fault, or with 500.
  if (status !== 401 && status !== 429 && isCallersFault(told)) {
    return fail({ kind: "upstream_error", status: status === 403 || status >= 500 ? 400 : status, details: told });
  }
  const isRefusal = status === 401 || status === 402 || status === 403;
  if (isRefusal && !callersKey) {
    // 403 may be about this model, this region or this account's leave; what else the key opens is not known to be shut.
    return fail({ kind: "upstream_refused_our_key", ...(status === 403 && { onlyModel: true }) });
  }
  return fail({
    kind: "upstream_error",
    status: status >= 500 ? 502 : status,
    details: status === 401 ? OWN_KEY_REFUSED : told,
    ...restOf(headers),
  });
}

function restOf(headers: Headers) {
  const fields = Object.fromEntries(headers);
  const now = Date.now();
  const { "retry-after": retryAfter } = fields;
  return { ...defined({ retryAfter, retryAfterMs: retryAfterMs(fields, now), restMs: restMs(fields, now) }) };
}

/** The one API that answers a wrong key with 400. Quoted in a message, the marks would be escaped. */
const GOOGLE_KEY_REFUSED = /"reason":\s*"API_KEY_INVALID"/;

const OWN_KEY_REFUSED: ErrorDetails = {
  message: "The provider refused the API key that came with this request.",
  type: "authentication_error",
  code: "invalid_api_key",
};

function unexplained(status: number): ErrorDetails {
  return { message: `The provider answered with status ${status}.`, type: "upstream_error", code: null };
}

/** No secret is shorter; a team's short name in a header would take the same letters out of every word. */
const MIN_SECRET_HEADER_LENGTH = 8;

/** Providers quote what they were sent. Neither a key nor where it went may come back. */
export function withoutSecrets(details: ErrorDetails, endpoint: Endpoint): ErrorDetails {
  const { apiKey, authority, headers, baseURL } = endpoint;
  const secrets = [
    ...(apiKey === undefined ? [] : [apiKey]),
    ...(authority?.secrets() ?? []),
    ...Object.values(headers).filter((value) => value.length >= MIN_SECRET_HEADER_LENGTH),
    baseURL,
    new URL(baseURL).host,
  ];
  const clean = (text: string) => secrets.reduce((cleaned, secret) => cleaned.replaceAll(secret, "…"), text);
  return {
    message: clean(details.message),
    type: clean(details.type),
    param: details.param ? clean(details.param) : null,
    code: details.code ? clean(details.code) : null,
  };
}

async function readSome(response: Response, deadlines: Deadlines): Promise<string> {
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  const watch = deadlines.watch(() => void reader?.cancel().catch(() => {}));
  let text = "";
  try {
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
      text += decoder.decode(read.value, { stream: true });
      if (text.length > MAX_ERROR_BYTES) {
        await reader?.cancel();
        break;
      }
    }
  } catch {
    // A broken error body is still that error, and so is one that never ends.
  } finally {
    watch.over();
  }
  return text;
}
