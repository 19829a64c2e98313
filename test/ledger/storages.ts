import { DatabaseSync } from "node:sqlite";
import type { LeaseRow, LeaseStorage } from "../../mint-server/credentials/ledger-lease.ts";
import { createLeaseStorage } from "../../mint-server/credentials/ledger-lease-sql.ts";
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

/** A ledger's storage and that of its slices on one SQLite, as a Durable Object has them. */
export function makeShardDisk(): () => { readonly rows: LedgerStorage; readonly leases: LeaseStorage } {
  const sql = makeSql();
  return () => ({ rows: createSqlStorage(sql), leases: createLeaseStorage(sql) });
}

/** The same in memory, where many are needed. */
export function makeShardMemory(): ReturnType<typeof makeShardDisk> {
  const rows = createMemoryStorage();
  const kept = new Map<string, LeaseRow>();
  const leases: LeaseStorage = {
    rows: () => kept.values(),
    put: (row) => kept.set(`${row.shard} ${row.period} ${row.account}`, row),
    sweep: () => {},
  };
  return () => ({ rows, leases });
}

/** A Durable Object's SQLite, on Node's. */
export function makeSql(): Sql {
  return asSqlStorage(new DatabaseSync(":memory:"));
}

type Sql = Parameters<typeof createSqlStorage>[0];

/** Most values that workerd's takes with a statement. */
const MAX_BINDINGS = 100;

/** As much of workerd's `SqlStorage` as a ledger uses. */
function asSqlStorage(database: DatabaseSync): Sql {
  const exec = (query: string, ...bindings: (string | number)[]) => {
    if (bindings.length > MAX_BINDINGS) throw new Error("too many SQL variables");
    if (bindings.length === 0 && query.includes("CREATE TABLE")) {
      database.exec(query);
      return undefined;
    }
    const rows = database.prepare(query).all(...bindings);
    const raw = () => rows.map((row) => Object.values(row));
    return { [Symbol.iterator]: () => rows[Symbol.iterator](), toArray: () => rows, one: () => rows[0], raw };
  };
  return { exec } as unknown as Sql;
}
