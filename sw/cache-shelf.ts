import type { Keyring } from "./cache-keys.ts";
import { createRecentEntries, type RecentEntries } from "./cache-memory.ts";
import type { CacheStore } from "./cache-store.ts";

export interface ShelfOptions {
  readonly store: CacheStore;
  readonly keyring: Keyring;
  /** Budget of the store; 0 keeps nothing. */
  readonly maxBytes: number;
  /** The device's date, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** Where answers are kept, and what is known of that in memory. */
export interface Shelf extends ShelfOptions {
  readonly recent: RecentEntries;
  /** Entries on their way into the store. */
  readonly writing: Map<string, Uint8Array<ArrayBuffer>>;
  /** When uses were last noted, by entry. */
  readonly touched: Map<string, number>;
  /** Settles when every answer that has ended can be found. */
  sealing: Promise<void>;
  /** How often in a row the store was too slow, and until when it is not asked, on the clock of `performance.now()`. */
  slow: number;
  restsUntilMs: number;
}

const RECENT_BYTES = 1024 * 1024;

/** How long the store may take for what no request waits for. */
export const STORE_MS = 10_000;

export function createShelf(options: ShelfOptions): Shelf {
  return {
    ...options,
    recent: createRecentEntries(RECENT_BYTES),
    writing: new Map(),
    touched: new Map(),
    sealing: Promise.resolve(),
    slow: 0,
    restsUntilMs: 0,
  };
}
