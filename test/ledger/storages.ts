import { DatabaseSync } from "node:sqlite";
import { createMemoryStorage } from "../../mint-server/credentials/ledger-memory.ts";
import { createSqlStorage } from "../../mint-server/credentials/ledger-sql.ts";
import type { LedgerStorage } from "../../mint-server/credentials/ledger-storage.ts";

/** Opens a storage; each further call opens the same one again, as after a restart. */
export type Disk = () => LedgerStorage;

/** Both storages. SQLite's is the Durable Object's, on Node's SQLite. */
export const DISKS: readonly (readonly [name: string, make: () => Disk])[] = [
  [
    "in memory",
    () => {
      const storage = createMemoryStorage();
      return () => storage;
    },
  ],
  [
    "in SQLite",
    () => {
      const database = new DatabaseSync(":memory:");
      return () => createSqlStorage(asSqlStorage(database));
    },
  ],
];

type Sql = Parameters<typeof createSqlStorage>[0];

/** As much of workerd's `SqlStorage` as a ledger uses. */
function asSqlStorage(database: DatabaseSync): Sql {
  const exec = (query: string, ...bindings: (string | number)[]) => {
    if (bindings.length === 0 && query.includes("CREATE TABLE")) {
      database.exec(query);
      return undefined;
    }
    const rows = database.prepare(query).all(...bindings);
    return { [Symbol.iterator]: () => rows[Symbol.iterator](), toArray: () => rows, one: () => rows[0] };
  };
  return { exec } as unknown as Sql;
}
