import { createDatabaseStore } from "./cache-database.ts";
import { createMemoryStore } from "./cache-memory.ts";
import type { CacheStore } from "./cache-store.ts";

/** The best store that this browser has. Where IndexedDB is there but broken, what was used last is still in memory. */
export function createCacheStore(maxBytes: number, now: () => number): CacheStore {
  return globalThis.indexedDB ? createDatabaseStore(maxBytes, now) : createMemoryStore(maxBytes, now);
}
