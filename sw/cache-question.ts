import { type CacheQuestion, canonicalBody, meaningfulHeaders } from "../mint-server/contract/cache-key.ts";
import { type CacheOrders, cacheOrders } from "../mint-server/contract/cache-rules.ts";
import { canonicalJson } from "../mint-server/contract/canonical-json.ts";
import { DEFAULT_MAX_BODY_BYTES, findModelEndpoint } from "../mint-server/contract/endpoints.ts";
import { HEADER } from "../mint-server/contract/headers.ts";
import { findLossyNumber, parseJson } from "../mint-server/contract/json.ts";
import type { Call } from "./follow.ts";
import { fieldsOf } from "./messages.ts";

/** A request that caching applies to. */
export interface Asked {
  readonly orders: CacheOrders;
  readonly question: CacheQuestion;
  /** Replay a stored stream as it came, not at once. */
  readonly atPace: boolean;
}

/**
 * What a call asks, if caching applies to it. Requests over {@link DEFAULT_MAX_BODY_BYTES} are left to the edge's cache: to
 * spell them out would take longer than the cache may.
 */
export function readQuestion({ request, target }: Call, bytes: ArrayBuffer | undefined): Asked | undefined {
  const { headers, method } = request;
  const found = findModelEndpoint(target.path);
  // An answer that is taken up in its middle is no whole one.
  if (method !== "POST" || found?.endpoint.body !== "json" || headers.has(HEADER.position)) return undefined;
  if (!bytes || bytes.byteLength > DEFAULT_MAX_BODY_BYTES) return undefined;
  const text = new TextDecoder().decode(bytes);
  const parsed = parseJson(text);
  if (!parsed.ok || Array.isArray(parsed.value)) return undefined;
  const body = fieldsOf(parsed.value);
  const orders = cacheOrders(found.endpoint, body, headers);
  if (!orders || findLossyNumber(text) !== undefined) return undefined;
  const org = headers.get(HEADER.orgName);
  return {
    orders,
    question: {
      scope: ["browser", canonicalJson([body.stream ?? null, body.stream_options ?? null])],
      // Its query as well: Gemini's `alt=sse` makes another form of it.
      endpoint: target.path + new URL(target.url).search,
      // Only the mint-server knows which one it will be.
      provider: "",
      model: typeof body.model === "string" ? body.model : "",
      headers: { ...meaningfulHeaders(headers), ...(org !== null && { [HEADER.orgName]: org }) },
      body: canonicalBody(body),
    },
    atPace: headers.get(HEADER.replay) === "recorded",
  };
}
