import { isAnswerHeader } from "../contract/headers.ts";
import type { ErrorDetails } from "../contract/openai-error.ts";
import { type Failure, fail, ok, type Result } from "../failures.ts";
import { decodeError } from "../wire/openai.ts";
import { addressOf } from "./address.ts";
import type { Endpoint } from "./provider.ts";

/** One attempt at a provider. */
export interface Attempt {
  readonly endpoint: Endpoint;
  /** Name of the API's endpoint, such as `chat/completions`. */
  readonly path: string;
  /** Id of the model, for providers that have it in the URL. */
  readonly model: string;
  /** Never read or changed: the next attempt sends the same. */
  readonly payload: string | Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  readonly accept: string;
  /** True if the key is the caller's own, so that a refusal is theirs to hear. */
  readonly callersKey: boolean;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
}

/** A provider's good answer. The body is workerd's own stream, untouched. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly isEventStream: boolean;
  readonly body: ReadableStream<Uint8Array> | null;
}

const FIRST_BYTE_SECONDS = 600;
const MAX_ERROR_BYTES = 64 * 1024;
const NO_ADDRESS = "`model` holds characters that this provider's model names cannot have.";

/** Types of content that come back; a page of HTML is an error page of something in between. */
const CONTENT_TYPES =
  /^(application\/(json|octet-stream|x-ndjson)|text\/(event-stream|plain|vtt)|audio\/|image\/(?!svg)|video\/)/;

/** The one place that fetches a provider. The request's headers are built from nothing, and so are the answer's. */
export async function fetchUpstream(attempt: Attempt): Promise<Result<UpstreamAnswer>> {
  const { endpoint, path, model, payload, signal } = attempt;
  const url = addressOf(endpoint, path, model);
  if (url === undefined) return fail({ kind: "bad_field", param: "model", detail: NO_ADDRESS });
  const deadline = startDeadline();
  try {
    const sent = fetch(url, {
      method: "POST",
      headers: upstreamHeaders(attempt),
      body: payload,
      redirect: "manual",
      signal,
    });
    const response = await Promise.race([sent, deadline.passed]);
    if (!response) return fail({ kind: "upstream_timeout", phase: "first byte", seconds: FIRST_BYTE_SECONDS });
    return response.status < 300 ? goodAnswer(response) : await badAnswer(response, attempt);
  } catch {
    return fail({ kind: signal.aborted ? "caller_left" : "upstream_unreachable" });
  } finally {
    deadline.cancel();
  }
}

/**
 * A race rather than an `AbortController` of our own, which would cost a tenth of a whole request: what loses the race
 * ends with the request that waited for it.
 */
function startDeadline(): { readonly passed: Promise<undefined>; readonly cancel: () => void } {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const passed = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, FIRST_BYTE_SECONDS * 1000, undefined);
  });
  return { passed, cancel: () => clearTimeout(timer) };
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
      return failure.status >= 500 || [401, 403, 404, 408, 429].includes(failure.status);
    default:
      return false;
  }
}

function upstreamHeaders({ endpoint, contentType, accept }: Attempt): Record<string, string> {
  return {
    ...endpoint.headers,
    ...authHeaders(endpoint),
    "content-type": contentType,
    accept,
    // What comes back is handed on as it is, so it must not be compressed for us.
    "accept-encoding": "identity",
    "user-agent": "mintgate",
  };
}

function authHeaders({ auth, apiKey }: Endpoint): Record<string, string> {
  if (apiKey === undefined) return {};
  switch (auth) {
    case "bearer":
      return { authorization: `Bearer ${apiKey}` };
    case "api-key":
      return { "api-key": apiKey };
    case "none":
      return {};
  }
}

function goodAnswer(response: Response): Result<UpstreamAnswer> {
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
  });
}

async function badAnswer(response: Response, { endpoint, callersKey }: Attempt): Promise<Result<never>> {
  const { status } = response;
  const body = await readSome(response);
  if (status < 400) return fail({ kind: "upstream_malformed" });
  const isRefusal = status === 401 || status === 402 || status === 403;
  if (isRefusal && !callersKey) return fail({ kind: "upstream_refused_our_key" });
  const retryAfter = response.headers.get("retry-after");
  return fail({
    kind: "upstream_error",
    status: status >= 500 ? 502 : status,
    details: status === 401 ? OWN_KEY_REFUSED : withoutSecrets(decodeError(body) ?? unexplained(status), endpoint),
    ...(retryAfter === null ? {} : { retryAfter }),
  });
}

const OWN_KEY_REFUSED: ErrorDetails = {
  message: "The provider refused the API key that came with this request.",
  type: "authentication_error",
  code: "invalid_api_key",
};

function unexplained(status: number): ErrorDetails {
  return { message: `The provider answered with status ${status}.`, type: "upstream_error", code: null };
}

/** Providers quote what they were sent. Neither a key nor where it went may come back. */
function withoutSecrets(details: ErrorDetails, { apiKey, headers, baseURL }: Endpoint): ErrorDetails {
  const secrets = [apiKey, ...Object.values(headers), baseURL, new URL(baseURL).host].filter(
    (secret) => secret !== undefined,
  );
  const clean = (text: string) => secrets.reduce((cleaned, secret) => cleaned.replaceAll(secret, "…"), text);
  return {
    message: clean(details.message),
    type: clean(details.type),
    param: details.param ? clean(details.param) : null,
    code: details.code ? clean(details.code) : null,
  };
}

async function readSome(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    const reader = response.body?.getReader();
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
      text += decoder.decode(read.value, { stream: true });
      if (text.length > MAX_ERROR_BYTES) {
        await reader?.cancel();
        break;
      }
    }
  } catch {
    // A broken error body is still that error.
  }
  return text;
}
