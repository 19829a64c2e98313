import { type DBSchema, type IDBPDatabase, openDB } from "idb";

/** A request that waits for the mint-server. What it asks is sealed. */
export interface Waiting {
  readonly id: string;
  /** The mint-server, organisation and template that it is for; see `slotOf`. */
  readonly slot: string;
  /** Id of the keys that open it. */
  readonly kid: string;
  /** Milliseconds since the epoch. */
  readonly createdMs: number;
  /** How often it was answered, but never to the end. */
  readonly tries: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The requests that wait, in the order in which they came. Any call may reject. */
export interface OutboxStore {
  /** False if there is no room for another. */
  add(message: Waiting): Promise<boolean>;
  /** The first of a slot that came after the one with the number `after`. */
  next(slot: string, after: number): Promise<{ readonly at: number; readonly message: Waiting } | undefined>;
  put(at: number, message: Waiting): Promise<void>;
  delete(at: number): Promise<void>;
  clear(): Promise<void>;
}

interface OutboxDatabase extends DBSchema {
  waiting: { key: number; value: Waiting };
}

const MAX_WAITING = 100;

/** A store in a database of its own, shared by the worker and all pages of the origin. */
export function createOutboxStore(): OutboxStore {
  return {
    add: (message) =>
      withOutbox(async (database) => {
        const { store, done } = database.transaction("waiting", "readwrite");
        const hasRoom = (await store.count()) < MAX_WAITING;
        await Promise.all([hasRoom && store.add(message), done]);
        return hasRoom;
      }),
    next: (slot, after) =>
      withUsedOutbox(async (database) => {
        const { store } = database.transaction("waiting");
        let cursor = await store.openCursor(IDBKeyRange.lowerBound(after, true));
        while (cursor && cursor.value.slot !== slot) cursor = await cursor.continue();
        return cursor ? { at: cursor.key, message: cursor.value } : undefined;
      }),
    put: (at, message) => withOutbox(async (database) => void (await database.put("waiting", message, at))),
    delete: (at) => withOutbox((database) => database.delete("waiting", at)),
    clear: () => withUsedOutbox((database) => database.clear("waiting")),
  };
}

const NAME = "mintgate-outbox";

type Work<T> = (database: IDBPDatabase<OutboxDatabase>) => Promise<T>;

/** Runs work on the database of what waits, if anything ever has: others need not have one. */
export async function withUsedOutbox<T>(work: Work<T>): Promise<T | undefined> {
  const databases = await indexedDB.databases?.();
  return databases?.every(({ name }) => name !== NAME) ? undefined : withOutbox(work);
}

async function withOutbox<T>(work: Work<T>): Promise<T> {
  const database = await openDB<OutboxDatabase>(NAME, 1, {
    upgrade: (created) => void created.createObjectStore("waiting", { autoIncrement: true }),
  });
  try {
    return await work(database);
  } finally {
    database.close();
  }
}
