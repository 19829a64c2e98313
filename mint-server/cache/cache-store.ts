import { createSealedMemory, type SealedMemory } from "./sealed-memory.ts";

/** Where sealed answers are kept. It need not be reliable: whatever it does, requests are answered. */
export interface CacheStore {
  /** What is stored under a name; `null` if nothing is. */
  get(name: string): Promise<ArrayBuffer | null>;
  /** Stores under a name, in the place of what is there, for about so many seconds. */
  put(name: string, bytes: Uint8Array<ArrayBuffer>, ttlSeconds: number): Promise<void>;
  /** What stands before it, where several caches share that; unless given, each has one of its own. */
  readonly memory?: SealedMemory;
}

/** How much of a store's answers is at hand without it, in bytes. */
const FRONT_BYTES = 8 * 1024 * 1024;

/** Makes what stands before a store. */
export function frontMemory(): SealedMemory {
  return createSealedMemory(FRONT_BYTES);
}

/** One for the whole isolate: the objects that have answers under way keep them, and the Worker beside them reads them. */
const isolateMemory = frontMemory();

/** What of a KV namespace is used; `KVNamespace` of Cloudflare's types is one. */
export interface KvNamespace {
  get(name: string, type: "arrayBuffer"): Promise<ArrayBuffer | null>;
  put(name: string, bytes: Uint8Array<ArrayBuffer>, options: { readonly expirationTtl: number }): Promise<void>;
}

/** The least that KV takes. Nobody is served what has expired before: the envelope says when. */
const MIN_KV_TTL_SECONDS = 60;

/**
 * Keeps sealed answers in a KV namespace.
 *
 * @param memory stands before it; the same for the whole isolate unless given
 */
export function kvStore(kv: KvNamespace, memory = isolateMemory): CacheStore {
  return {
    memory,
    get: (name) => kv.get(name, "arrayBuffer"),
    put: (name, bytes, ttlSeconds) => kv.put(name, bytes, { expirationTtl: Math.max(ttlSeconds, MIN_KV_TTL_SECONDS) }),
  };
}

const MEMORY_STORE_BYTES = 64 * 1024 * 1024;

/** Keeps sealed answers in memory, 64 MiB of them, until the process ends. */
export function memoryStore(): CacheStore {
  const memory = createSealedMemory(MEMORY_STORE_BYTES);
  return {
    get: async (name) => memory.get(name, Date.now())?.slice().buffer ?? null,
    async put(name, bytes, ttlSeconds) {
      memory.put(name, bytes, Date.now() + ttlSeconds * 1000);
    },
  };
}
