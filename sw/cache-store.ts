/** The keys of one subject's cache. None can leave the browser. */
export interface CacheKeys {
  /** Random; tells this subject's entries from those of others. */
  readonly kid: string;
  /** Whose keys they are, as only these keys can tell. */
  readonly mark: string;
  /** HMAC with SHA-256: makes the names of entries. */
  readonly naming: CryptoKey;
  /** AES-GCM: seals them. */
  readonly sealing: CryptoKey;
}

/** What can be known of an entry without its key. Times in milliseconds since the epoch. */
export interface EntryFacts {
  readonly createdMs: number;
  readonly expiresMs: number;
  readonly usedAtMs: number;
  readonly sizeBytes: number;
}

export interface SealedEntry extends EntryFacts {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Where keys and sealed entries lie. Any call may reject, or never settle: who calls sees to that. Ids of entries start
 * with their key's id, see {@link entryId}.
 */
export interface CacheStore {
  loadKeys(slot: string): Promise<CacheKeys | undefined>;
  /** Puts `keys` in the place of those with the id `seen`; if others are there, they stay. Resolves to what is there then. */
  swapKeys(slot: string, seen: string | undefined, keys: CacheKeys): Promise<CacheKeys | undefined>;
  /** Deletes the keys of one slot, or all. */
  deleteKeys(slot: string | undefined): Promise<void>;
  get(id: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Stores an entry; for its place, those that have expired and then those that were not used for longest go. */
  put(id: string, entry: SealedEntry): Promise<void>;
  touch(id: string, usedAtMs: number): Promise<void>;
  delete(id: string): Promise<void>;
  /** Deletes all entries under one key, or all. */
  deleteOf(kid: string | undefined): Promise<void>;
  list(): Promise<readonly EntryFacts[]>;
}

/** Where an entry lies. Neither part has a dot. */
export function entryId(kid: string, name: string): string {
  return `${kid}.${name}`;
}

/** A full store goes down to this part of its budget, so that not every entry has to make room for itself. */
export const EVICT_TO = 0.9;

/** What has to go for no more than `targetBytes` to be left: what has expired, and what was not used for longest. */
export function idsToDrop(
  entries: ReadonlyMap<string, EntryFacts>,
  targetBytes: number,
  nowMs: number,
): readonly string[] {
  const latestFirst = [...entries].sort(([, a], [, b]) => b.usedAtMs - a.usedAtMs);
  const dropped: string[] = [];
  let leftBytes = 0;
  for (const [id, { expiresMs, sizeBytes }] of latestFirst) {
    if (expiresMs <= nowMs || leftBytes + sizeBytes > targetBytes) dropped.push(id);
    else leftBytes += sizeBytes;
  }
  return dropped;
}
