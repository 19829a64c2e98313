import { type DBSchema, type IDBPDatabase, openDB } from "idb";

/** What is remembered of a call that has not ended. Its question cannot be read from it. */
export interface StoredCall {
  readonly key: string;
  readonly digest: string;
  readonly clientId: string | undefined;
  /** Milliseconds since the epoch. */
  readonly startedMs: number;
}

/** Remembers calls beyond the life of a worker. Rejects where storage fails. */
export interface UnfinishedStore {
  /** All calls that may still be under way; older ones are deleted. */
  load(): Promise<readonly StoredCall[]>;
  put(call: StoredCall): Promise<void>;
  delete(key: string): Promise<void>;
}

interface CallDatabase extends DBSchema {
  calls: { key: string; value: StoredCall };
}

/** Longer than nearly any answer takes. */
const MAX_AGE_MS = 15 * 60_000;

/** A store in a database of its own: the key's must not wait for it. */
export function createUnfinishedStore(): UnfinishedStore {
  return {
    load: () =>
      withDatabase(async (database) => {
        const calls = await database.getAll("calls");
        const isOld = ({ startedMs }: StoredCall) => Math.abs(Date.now() - startedMs) > MAX_AGE_MS;
        await Promise.all(calls.filter(isOld).map(({ key }) => database.delete("calls", key)));
        return calls.filter((call) => !isOld(call));
      }),
    put: (call) => withDatabase(async (database) => void (await database.put("calls", call))),
    delete: (key) => withDatabase((database) => database.delete("calls", key)),
  };
}

async function withDatabase<T>(work: (database: IDBPDatabase<CallDatabase>) => Promise<T>): Promise<T> {
  const database = await openDB<CallDatabase>("mintgate-calls", 1, {
    upgrade: (created) => void created.createObjectStore("calls", { keyPath: "key" }),
  });
  try {
    return await work(database);
  } finally {
    database.close();
  }
}
