import { cacheName, canonicalBody, meaningfulHeaders } from "../contract/cache-key.ts";
import { type CacheOrders, cacheOrders } from "../contract/cache-rules.ts";
import { canonicalJson } from "../contract/canonical-json.ts";
import { findLossyNumber } from "../contract/json.ts";
import type { Caller } from "../credentials/verify.ts";
import { fail, ok, type Result } from "../failures.ts";
import type { ModelRequest } from "../model-request.ts";
import type { Route } from "../providers/select.ts";
import type { CacheCounters } from "./cache-counters.ts";
import { type CacheStore, frontMemory } from "./cache-store.ts";
import type { PartitionOf } from "./partitions.ts";
import type { SealedMemory } from "./sealed-memory.ts";
import { createSlot } from "./slot.ts";

/** Finds answers that were given before, and keeps new ones. */
export interface EdgeCache {
  /**
   * The place of a request's answer; `undefined` where caching does not apply. Fails for a number that is another once it was
   * read, in a request that would be cached: two requests would have one place.
   */
  open(asked: CacheQuery): Promise<Result<CacheSlot | undefined>>;
}

/** A request that was let through, and where it goes. */
export interface CacheQuery {
  readonly caller: Caller;
  readonly request: ModelRequest;
  readonly route: Route;
  readonly headers: Headers;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The place of one request's answer. */
export interface CacheSlot {
  /** The same for the same request of one partition; nobody else can guess it. */
  readonly name: string;
  /** The stored answer, in the form that was asked for. Never throws, and waits for no store for more than 100 ms. */
  find(): Promise<CachedAnswer | undefined>;
  /** Stores an answer, if it is complete and successful; else says at once that it is not kept. Never throws. */
  keep(answer: FinishedAnswer, refuse?: () => void): Promise<void>;
}

/** A stored answer as it goes out: `content-type`, `x-bt-used-endpoint` and `age` are its headers. */
export interface CachedAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** An answer that has come to its end. */
export interface FinishedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Whether a stream's terminal marker was seen; of any other answer, whether all of it came. */
  readonly isComplete: boolean;
}

/** What a cache is made of. */
export interface EdgeCacheParts {
  readonly store: CacheStore;
  readonly partitionOf: PartitionOf;
  readonly counters: CacheCounters;
  /** Milliseconds since the epoch; `Date.now` unless given. */
  readonly clock?: () => number;
}

/** What all places of a cache share. */
export interface CacheParts extends Required<EdgeCacheParts> {
  readonly memory: SealedMemory;
}

/** An edge cache on a store, with a little memory of sealed answers in front. */
export function createEdgeCache(given: EdgeCacheParts): EdgeCache {
  const parts: CacheParts = { clock: Date.now, ...given, memory: given.store.memory ?? frontMemory() };
  return {
    async open(asked) {
      const { request, headers } = asked;
      const orders = cacheOrders(request.endpoint, request.body, headers);
      if (!orders) return ok(undefined);
      const literal = typeof request.payload === "string" ? findLossyNumber(request.payload) : undefined;
      if (literal !== undefined) return fail({ kind: "bad_json", problem: { kind: "lossy_number", literal } });
      return ok(await slotFor(asked, orders, parts));
    },
  };
}

async function slotFor(
  { caller, request, route, headers, now }: CacheQuery,
  orders: CacheOrders,
  parts: CacheParts,
): Promise<CacheSlot> {
  const { scope, nameKey, sealKey, kid } = await parts.partitionOf(caller);
  const { endpoint, model, body, stream, isArray } = request;
  const name = await cacheName(nameKey, {
    scope: isArray ? [...scope, "array"] : scope,
    // Gemini asks for a stream by the path, as others do by a field, which is no part of the name either.
    endpoint: endpoint.path.replace(":streamGenerateContent", ":generateContent"),
    provider: providersOf(route),
    model,
    headers: meaningfulHeaders(headers),
    body: canonicalBody(body),
  });
  const { stream_options: options } = body;
  const form = stream && !isArray ? "stream" : "whole";
  return createSlot(
    {
      seal: { key: sealKey, kid, name },
      orders,
      now,
      endpoint,
      model,
      form,
      streamOptions: form === "stream" && options ? canonicalJson(options) : undefined,
    },
    parts,
  );
}

function providersOf(route: Route): string {
  if (route.kind === "function") return "js";
  return [...new Set(route.endpoints.map(({ provider }) => provider.id))].sort().join();
}
