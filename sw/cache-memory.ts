import { type CacheKeys, type CacheStore, EVICT_TO, idsToDrop, type SealedEntry } from "./cache-store.ts";

/** A cache for browsers without IndexedDB: it lives as long as this worker or page. */
export function createMemoryStore(maxBytes: number, now: () => number): CacheStore {
  const keys = new Map<string, CacheKeys>();
  const entries = new Map<string, SealedEntry>();
  return {
    loadKeys: async (slot) => keys.get(slot),
    async swapKeys(slot, seen, wanted) {
      if (keys.get(slot)?.kid === seen) keys.set(slot, wanted);
      return keys.get(slot);
    },
    async deleteKeys(slot) {
      if (slot === undefined) keys.clear();
      else keys.delete(slot);
    },
    get: async (id) => entries.get(id)?.bytes,
    async put(id, entry) {
      entries.set(id, entry);
      const sizeBytes = [...entries.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      if (sizeBytes <= maxBytes) return;
      for (const old of idsToDrop(entries, maxBytes * EVICT_TO, now())) entries.delete(old);
    },
    async touch(id, usedAtMs) {
      const entry = entries.get(id);
      if (entry) entries.set(id, { ...entry, usedAtMs });
    },
    async delete(id) {
      entries.delete(id);
    },
    async deleteOf(kid) {
      for (const id of entries.keys()) if (kid === undefined || id.startsWith(`${kid}.`)) entries.delete(id);
    },
    list: async () => [...entries.values()].map(({ bytes: _bytes, ...facts }) => facts),
  };
}

/** Sealed entries that were used last, for a look without a database. */
export interface RecentEntries {
  get(id: string): Uint8Array<ArrayBuffer> | undefined;
  set(id: string, bytes: Uint8Array<ArrayBuffer>): void;
  delete(id: string): void;
  clear(): void;
}

/** @param maxBytes of all of them; one that takes more than a quarter is not taken in. */
export function createRecentEntries(maxBytes: number): RecentEntries {
  const entries = new Map<string, Uint8Array<ArrayBuffer>>();
  let sizeBytes = 0;
  const drop = (id: string) => {
    sizeBytes -= entries.get(id)?.length ?? 0;
    entries.delete(id);
  };
  return {
    get(id) {
      const bytes = entries.get(id);
      // Maps keep the order of insertion: the first is the one that was not used for longest.
      if (bytes && entries.delete(id)) entries.set(id, bytes);
      return bytes;
    },
    set(id, bytes) {
      drop(id);
      if (bytes.length > maxBytes / 4) return;
      entries.set(id, bytes);
      sizeBytes += bytes.length;
      for (const oldest of entries.keys()) {
        if (sizeBytes <= maxBytes) break;
        drop(oldest);
      }
    },
    delete: drop,
    clear() {
      entries.clear();
      sizeBytes = 0;
    },
  };
}
