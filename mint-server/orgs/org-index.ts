import type { Result } from "../failures.ts";
import { askDirectory, type ReachDirectory } from "./ask-directory.ts";
import type { IndexRow } from "./directory.ts";
import type { Freshness } from "./stored-orgs.ts";

/** What an instance knows of the directory: which organisations there are, and what finds them. */
export interface OrgIndex {
  /** What a look-up finds, by what is known or, where that is too old, by what is there now. */
  find<T>(freshness: Freshness, look: (known: Known) => readonly T[]): Promise<Result<readonly T[]>>;
  /** Makes the next look-up ask. */
  invalidate(): void;
}

export interface Known {
  row(name: string): IndexRow | undefined;
  hasKeys(): boolean;
  byHash(hash: string): readonly string[];
  byOrigin(origin: string): readonly string[];
}

/** How old the index may be, in milliseconds: what is deleted elsewhere serves no longer than that. */
const FRESH_MS = 60_000;
/** How old it may be to say that something is not there: what is made elsewhere is found after that. */
const ABSENT_MS = 5_000;
const CHANGES_PER_CALL = 1000;

/** @param clock milliseconds since the epoch */
export function createOrgIndex(reach: ReachDirectory, clock: () => number): OrgIndex {
  const book = createBook();
  let checkedAt = Number.NEGATIVE_INFINITY;
  let generation = 0;
  const age = (): number => Math.abs(clock() - checkedAt);

  const refresh = async (): Promise<Result<void>> => {
    const began = { at: clock(), generation };
    for (;;) {
      const since = book.version();
      const changes = await askDirectory(reach, (directory) => directory.changes(since, CHANGES_PER_CALL));
      if (!changes.ok) return changes;
      for (const row of changes.value) book.apply(row);
      if (changes.value.length < CHANGES_PER_CALL) break;
    }
    // Not where a change was made meanwhile: then this may be the state before it.
    if (generation === began.generation) checkedAt = Math.max(checkedAt, began.at);
    return { ok: true, value: undefined };
  };

  return {
    async find(freshness, look) {
      const mayRemember = (): boolean => freshness !== "never" && age() < FRESH_MS;
      if (mayRemember()) {
        const found = look(book);
        if (found.length > 0 || freshness === "always" || age() < ABSENT_MS) return { ok: true, value: found };
      }
      const refreshed = await refresh();
      if (!refreshed.ok && !mayRemember()) return refreshed;
      return { ok: true, value: look(book) };
    },
    invalidate() {
      generation += 1;
      checkedAt = Number.NEGATIVE_INFINITY;
    },
  };
}

interface Book extends Known {
  version(): number;
  /** Takes a change note of; an older one than is known changes nothing. */
  apply(row: IndexRow): void;
}

function createBook(): Book {
  const rows = new Map<string, IndexRow>();
  const byHash = new Map<string, Set<string>>();
  const byOrigin = new Map<string, Set<string>>();
  let version = 0;
  return {
    version: () => version,
    row: (name) => {
      const row = rows.get(name);
      return row?.deleted ? undefined : row;
    },
    hasKeys: () => byHash.size > 0,
    byHash: (hash) => sorted(byHash.get(hash)),
    byOrigin: (origin) => sorted(byOrigin.get(origin)),
    apply(row) {
      version = Math.max(version, row.version);
      const known = rows.get(row.name);
      if (known && known.version >= row.version) return;
      for (const hash of known?.hashes ?? []) remove(byHash, hash, row.name);
      for (const origin of known?.origins ?? []) remove(byOrigin, origin, row.name);
      rows.set(row.name, row);
      for (const hash of row.hashes) add(byHash, hash, row.name);
      for (const origin of row.origins) add(byOrigin, origin, row.name);
    },
  };
}

function sorted(names: ReadonlySet<string> | undefined): readonly string[] {
  return names ? [...names].sort() : [];
}

function add(index: Map<string, Set<string>>, key: string, name: string): void {
  index.set(key, (index.get(key) ?? new Set()).add(name));
}

function remove(index: Map<string, Set<string>>, key: string, name: string): void {
  const names = index.get(key);
  names?.delete(name);
  if (names?.size === 0) index.delete(key);
}
