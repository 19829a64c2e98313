/** What the edge cache of an instance has done since it started. */
export interface CacheCounters {
  hits: number;
  misses: number;
  /** Calls of the store that failed, or took too long. */
  errors: number;
  /** Stored answers that were changed, cut or put under another's name: each one a miss, too. */
  invalid: number;
}

export function createCacheCounters(): CacheCounters {
  return { hits: 0, misses: 0, errors: 0, invalid: 0 };
}
