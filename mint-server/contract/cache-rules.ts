import type { ModelEndpoint } from "./endpoints.ts";
import { HEADER } from "./headers.ts";

/** How the caller wants the cache used: the values of `x-bt-use-cache`. */
export type CacheMode = "auto" | "always" | "never";

/** What a request says of the cache, where caching applies to it. */
export interface CacheOrders {
  /** Whether a stored answer will do. */
  readonly read: boolean;
  /** Whether the answer is to be stored. */
  readonly write: boolean;
  /** How long what is stored may be used. */
  readonly ttlSeconds: number;
  /** Oldest stored answer that will do; absent: any that has not expired. */
  readonly maxAgeSeconds?: number;
}

/** A week: the longest that an answer is kept, and how long it is kept unless the caller says otherwise. */
const MAX_TTL_SECONDS = 604_800;

type Body = Readonly<Record<string, unknown>>;

/** Whether a value of `x-bt-cache-ttl` is a number; one that is not is refused. */
export function isCacheTtl(value: string): boolean {
  return /^\s*-?\d+(\.\d+)?\s*$/.test(value);
}

/**
 * What a request says of the cache; `undefined` where caching does not apply: nothing is read or written then. So it is
 * where a header of ours has a value that the mint-server refuses, for that must reach it.
 */
export function cacheOrders(endpoint: ModelEndpoint, body: Body, headers: Headers): CacheOrders | undefined {
  const mode = headers.get(HEADER.useCache) ?? "auto";
  const wanted = mode === "always" || (mode === "auto" && isRepeatable(endpoint, body));
  const control = cacheControl(headers);
  const ttl = headers.get(HEADER.cacheTtl);
  if (!wanted || !isCacheable(endpoint, body) || control.has("no-store")) return undefined;
  if (ttl !== null && !isCacheTtl(ttl)) return undefined;
  const maxAge = control.get("max-age") ?? "";
  return {
    read: !control.has("no-cache"),
    write: true,
    ttlSeconds: ttl === null ? MAX_TTL_SECONDS : Math.min(Math.max(Math.trunc(Number(ttl)), 1), MAX_TTL_SECONDS),
    ...(/^\d+$/.test(maxAge) && { maxAgeSeconds: Number(maxAge) }),
  };
}

/** Images and recordings are neither asked twice nor small. What goes on from a state at the provider has no answer that lasts. */
function isCacheable({ schema, path }: ModelEndpoint, body: Body): boolean {
  if (schema === "openai") return path === "moderations";
  return !body.background && isAbsent(body.previous_response_id) && isAbsent(body.conversation);
}

/** Whether the same request is meant to have the same answer. */
function isRepeatable({ schema, path }: ModelEndpoint, body: Body): boolean {
  if (schema.endsWith("embeddings") || path === "moderations") return true;
  // Gemini takes both spellings.
  const settings = schema === "google" ? (body.generationConfig ?? body.generation_config) : body;
  const { temperature, seed } = (settings ?? {}) as Body;
  return temperature === 0 || !isAbsent(seed);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

/** The directives of a request's `Cache-Control` (RFC 9111 §5.2.1), with their arguments. */
function cacheControl(headers: Headers): ReadonlyMap<string, string> {
  const directives = (headers.get("cache-control") ?? "").toLowerCase().split(",");
  return new Map(
    directives.map((directive) => {
      const [name = "", argument = ""] = directive.split("=");
      return [name.trim(), argument.trim().replaceAll('"', "")];
    }),
  );
}
