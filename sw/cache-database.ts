import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import {
  type CacheKeys,
  type CacheStore,
  type EntryFacts,
  EVICT_TO,
  idsToDrop,
  type SealedEntry,
} from "./cache-store.ts";

/** Facts and bytes lie apart, so that noting a use or looking for what is old moves no bytes. */
interface CacheDatabase extends DBSchema {
  keys: { key: string; value: CacheKeys };
  facts: { key: string; value: EntryFacts };
  bytes: { key: string; value: Uint8Array<ArrayBuffer> };
}

type Database = IDBPDatabase<CacheDatabase>;

/** A database of its own: whatever happens to it, the proof's key is in another. */
const NAME = "mintgate-cache";

const ENTRY_STORES = ["facts", "bytes"] as const;

/** How opening fails where storage is switched off, in a frame without an origin or some private windows. */
const FORBIDDEN: readonly (string | undefined)[] = ["SecurityError", "InvalidStateError"];

/** After so many entries this context looks at the store's size, which others add to as well. */
const LOOK_EVERY = 64;

/** Ids that start with a key's id and a dot, whose successor is the slash; or all. */
const rangeOf = (kid: string | undefined) =>
  kid === undefined ? IDBKeyRange.lowerBound("") : IDBKeyRange.bound(`${kid}.`, `${kid}/`);

/** The cache's store in IndexedDB, shared by the worker and all pages of the origin. */
export function createDatabaseStore(maxBytes: number, now: () => number): CacheStore {
  const run = createConnection();
  let puts = 0;
  let sizeBytes = 0;
  const put = async (database: Database, id: string, entry: SealedEntry) => {
    await write(database, id, entry).catch(async (error: unknown) => {
      if (nameOf(error) !== "QuotaExceededError") throw error;
      await makeRoom(database, (size) => size / 2, now());
      await write(database, id, entry);
    });
    sizeBytes += entry.sizeBytes;
    if (puts++ % LOOK_EVERY > 0 && sizeBytes <= maxBytes) return;
    sizeBytes = await makeRoom(database, (size) => (size > maxBytes ? maxBytes * EVICT_TO : maxBytes), now());
  };
  return {
    loadKeys: (slot) => run((database) => database.get("keys", slot)),
    swapKeys: (slot, seen, keys) => run((database) => swapKeys(database, { slot, seen, keys })),
    deleteKeys: (slot) =>
      run((database) => (slot === undefined ? database.clear("keys") : database.delete("keys", slot))).catch(
        (error: unknown) => {
          // Where the browser lets nobody have a database, there are no keys in one.
          if (!FORBIDDEN.includes(nameOf(error))) throw error;
        },
      ),
    get: (id) => run((database) => database.get("bytes", id)),
    put: (id, entry) => run((database) => put(database, id, entry)),
    touch: (id, usedAtMs) =>
      run(async (database) => {
        const { store, done } = database.transaction("facts", "readwrite");
        const note = async () => {
          const facts = await store.get(id);
          if (facts) await store.put({ ...facts, usedAtMs }, id);
        };
        await Promise.all([note(), done]);
      }),
    delete: (id) => run((database) => deleteAll(database, [id])),
    deleteOf: (kid) => run((database) => deleteAll(database, [rangeOf(kid)])),
    list: () => run((database) => database.getAll("facts")),
  };
}

/** Runs work on one connection that stays open, and on a new one if the browser has closed it. */
function createConnection(): <T>(work: (database: Database) => Promise<T>) => Promise<T> {
  let opening: Promise<Database> | undefined;
  const open = () => {
    const forget = () => {
      if (opening === mine) opening = undefined;
    };
    const mine = openDB<CacheDatabase>(NAME, 1, {
      upgrade(created) {
        for (const name of ["keys", ...ENTRY_STORES] as const) created.createObjectStore(name);
      },
      // Another page has a newer version of this package, or deletes the site's data.
      blocking() {
        forget();
        mine.then((database) => database.close());
      },
      terminated: forget,
    });
    mine.catch(forget);
    opening = mine;
    return mine;
  };
  return async (work) => {
    try {
      return await work(await (opening ?? open()));
    } catch (error) {
      if (nameOf(error) !== "InvalidStateError") throw error;
      return work(await open());
    }
  };
}

interface Swap {
  readonly slot: string;
  readonly seen: string | undefined;
  readonly keys: CacheKeys;
}

async function swapKeys(database: Database, { slot, seen, keys }: Swap): Promise<CacheKeys | undefined> {
  const { store, done } = database.transaction("keys", "readwrite");
  const swap = async () => {
    const before = await store.get(slot);
    if (before?.kid !== seen) return before;
    await store.put(keys, slot);
    return keys;
  };
  const [after] = await Promise.all([swap(), done]);
  return after;
}

async function write(database: Database, id: string, { bytes, ...facts }: SealedEntry): Promise<void> {
  const transaction = database.transaction(ENTRY_STORES, "readwrite");
  const writing = [
    transaction.objectStore("facts").put(facts, id),
    transaction.objectStore("bytes").put(bytes, id),
    transaction.done,
  ];
  await Promise.all(writing).catch((error: unknown) => {
    // What a request rejects with is only that its transaction was given up.
    throw transaction.error ?? error;
  });
}

/** Lets entries go until no more are left than `target` allows for what is there. Resolves to what is left, in bytes. */
async function makeRoom(database: Database, target: (sizeBytes: number) => number, nowMs: number): Promise<number> {
  const { store, done } = database.transaction("facts");
  const [ids, facts] = await Promise.all([store.getAllKeys(), store.getAll(), done]);
  const all = new Map(ids.map((id, at) => [id, facts[at] as EntryFacts]));
  const size = facts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const dropped = idsToDrop(all, target(size), nowMs);
  await deleteAll(database, dropped);
  return dropped.reduce((left, id) => left - (all.get(id)?.sizeBytes ?? 0), size);
}

async function deleteAll(database: Database, which: readonly (string | IDBKeyRange)[]): Promise<void> {
  const transaction = database.transaction(ENTRY_STORES, "readwrite");
  const deleting = which.flatMap((one) => ENTRY_STORES.map((name) => transaction.objectStore(name).delete(one)));
  await Promise.all([...deleting, transaction.done]);
}

function nameOf(error: unknown): string | undefined {
  return error instanceof Error || error instanceof DOMException ? error.name : undefined;
}
