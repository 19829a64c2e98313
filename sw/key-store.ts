import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { generateKeyPair, type ProofKey, toProofKey } from "./proof.ts";

interface KeyDatabase extends DBSchema {
  keys: { key: string; value: CryptoKeyPair };
}

/** Where the proof key lives. */
export interface KeyStore {
  /** The key of this browser profile, made if there is none. Never rejects for want of storage. */
  load(): Promise<ProofKey>;
  /** Deletes the key; the next `load()` makes another. */
  clear(): Promise<void>;
  /** Drops what is in memory, since another tab has deleted the key. */
  forget(): void;
}

/** Held while the key is looked up or made, so that a worker and several tabs agree on one. */
const KEY_LOCK = "mintgate:key";
const SLOT = "proof";

/** A key store in IndexedDB; where that is missing or broken, the key lives as long as this page or worker. */
export function createKeyStore(): KeyStore {
  let pending: Promise<ProofKey> | undefined;
  return {
    load() {
      pending ??= storedPair()
        .catch(generateKeyPair)
        .then(toProofKey)
        .catch((error: unknown) => {
          pending = undefined;
          throw error;
        });
      return pending;
    },
    forget() {
      pending = undefined;
    },
    async clear() {
      pending = undefined;
      await inTurn(() => withDatabase((database) => database.delete("keys", SLOT))).catch(() => undefined);
    },
  };
}

function storedPair(): Promise<CryptoKeyPair> {
  return inTurn(() =>
    withDatabase(async (database) => {
      const stored = await database.get("keys", SLOT);
      if (stored) return stored;
      // Made outside of any transaction: one closes by itself while WebCrypto works.
      const made = await generateKeyPair();
      await database.put("keys", made, SLOT);
      return made;
    }),
  );
}

async function withDatabase<T>(work: (database: IDBPDatabase<KeyDatabase>) => Promise<T>): Promise<T> {
  const database = await openDB<KeyDatabase>("mintgate", 1, {
    upgrade: (created) => void created.createObjectStore("keys"),
  });
  try {
    return await work(database);
  } finally {
    database.close();
  }
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  return navigator.locks ? await navigator.locks.request(KEY_LOCK, work) : work();
}
