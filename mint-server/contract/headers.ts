/** Names of the headers that callers, the worker and the mint-server exchange. All lower case. */
export const HEADER = {
  useCache: "x-bt-use-cache",
  cacheTtl: "x-bt-cache-ttl",
  useCredsCache: "x-bt-use-creds-cache",
  orgName: "x-bt-org-name",
  endpointName: "x-bt-endpoint-name",
  parent: "x-bt-parent",
  cached: "x-bt-cached",
  usedEndpoint: "x-bt-used-endpoint",
  source: "x-mintgate-source",
  /** Answer: what a credential's limits leave, such as `usd=0.0931, tokens=1200, requests=8`. */
  remaining: "x-mintgate-remaining",
  /** Request: set to `caller` by one who proves a stream's completeness itself, as the worker does. */
  completeness: "x-mintgate-completeness",
  /** Request: seconds for which its answer may go on, and be kept, while nobody follows it. */
  hold: "x-mintgate-hold",
  /** Request: wants the answer's body from this byte on. Answer: its body begins at this byte; absent where it cannot be had again. */
  position: "x-mintgate-position",
  idempotencyKey: "idempotency-key",
  /** Request, page to worker only: `recorded` replays a stored stream as it came, not at once. Never sent on. */
  replay: "x-mintgate-replay",
  /** Request, page to worker only: names the request so that the page can cancel it. Never sent on. */
  requestId: "x-mintgate-request",
  /** Request, page to worker only: `queue` has it wait where the mint-server cannot be reached. Never sent on. */
  offline: "x-mintgate-offline",
  /** Answer of the browser's own: the id under which a request waits. */
  outbox: "x-mintgate-outbox",
  dpop: "dpop",
  dpopNonce: "dpop-nonce",
  serverTiming: "server-timing",
} as const;

/** Where SDKs put a key: OpenAI's, Anthropic's and Google's. */
export const KEY_HEADERS: readonly string[] = ["authorization", "x-api-key", "x-goog-api-key"];

/** What an answer came from: the value of `x-mintgate-source`. */
export type Source = "upstream" | "edge-cache" | "browser-cache" | "device";

/** Request headers of a page's call that the worker hands to the mint-server; everything else stays in the browser. */
export const CALLER_HEADERS: readonly string[] = [
  "accept",
  "content-type",
  "cache-control",
  HEADER.idempotencyKey,
  "openai-beta",
  "anthropic-beta",
  "anthropic-version",
  "traceparent",
  "tracestate",
  HEADER.useCache,
  HEADER.cacheTtl,
  HEADER.useCredsCache,
  HEADER.orgName,
  HEADER.endpointName,
  HEADER.parent,
];

/** Headers of a provider's answer that come back to the caller; rate-limit headers are matched by {@link isAnswerHeader}. */
const ANSWER_HEADERS: ReadonlySet<string> = new Set([
  "content-type",
  "retry-after",
  "retry-after-ms",
  "x-request-id",
  "request-id",
  "openai-processing-ms",
  "openai-version",
  "content-disposition",
]);

/** True for a provider's header that may come back to the caller. `name` is lower case. */
export function isAnswerHeader(name: string): boolean {
  return ANSWER_HEADERS.has(name) || name.startsWith("x-ratelimit-") || name.startsWith("anthropic-ratelimit-");
}

/** Response headers that a page may read across origins (`Access-Control-Expose-Headers`). */
export const EXPOSED_HEADERS: readonly string[] = [
  HEADER.cached,
  "age",
  HEADER.usedEndpoint,
  HEADER.source,
  HEADER.remaining,
  HEADER.position,
  HEADER.serverTiming,
  HEADER.dpopNonce,
  "www-authenticate",
  "retry-after",
  "retry-after-ms",
  "x-request-id",
  "location",
  "x-ratelimit-limit-requests",
  "x-ratelimit-limit-tokens",
  "x-ratelimit-remaining-requests",
  "x-ratelimit-remaining-tokens",
  "x-ratelimit-reset-requests",
  "x-ratelimit-reset-tokens",
];
