import type { LeaseRow, LeaseStorage, ShardPlace } from "./ledger-lease.ts";
import { TOTAL_RETENTION } from "./ledger-storage.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS leases (
    account TEXT NOT NULL, period TEXT NOT NULL, shard INTEGER NOT NULL, version INTEGER NOT NULL,
    requests INTEGER NOT NULL, tokens INTEGER NOT NULL, micros INTEGER NOT NULL, touched_at INTEGER NOT NULL,
    PRIMARY KEY (account, period, shard)
  ) WITHOUT ROWID;
`;

type Row = Omit<LeaseRow, "granted"> & LeaseRow["granted"] & Record<string, SqlStorageValue>;

/** Slices on the SQLite of a Durable Object, beside its ledger. */
export function createLeaseStorage(sql: SqlStorage): LeaseStorage {
  sql.exec(SCHEMA);
  return {
    rows: () =>
      sql
        .exec<Row>("SELECT account, period, shard, version, requests, tokens, micros FROM leases")
        .toArray()
        .map(({ account, period, shard, version, ...granted }) => ({ account, period, shard, version, granted })),
    put({ account, period, shard, version, granted: { requests, tokens, micros } }, now) {
      const values = [account, period, shard, version, requests, tokens, micros, now];
      sql.exec("INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?, ?, ?, ?)", ...values);
    },
    sweep(now) {
      for (const { of, prefix, keepMs } of TOTAL_RETENTION) {
        if (of !== "period") continue;
        const before = now - keepMs;
        sql.exec("DELETE FROM leases WHERE substr(period, 1, ?) = ? AND touched_at < ?", prefix.length, prefix, before);
      }
    },
  };
}

/** What a shard has to know of itself where nobody calls it, such as in its alarm. */
export function createPlaceStorage(sql: SqlStorage): {
  read(): ShardPlace | undefined;
  write(place: ShardPlace): void;
} {
  sql.exec("CREATE TABLE IF NOT EXISTS place (root TEXT NOT NULL, shard INTEGER NOT NULL, shards INTEGER NOT NULL)");
  return {
    read: () => sql.exec<{ root: string; shard: number; shards: number }>("SELECT * FROM place").toArray()[0],
    write({ root, shard, shards }) {
      sql.exec("DELETE FROM place");
      sql.exec("INSERT INTO place VALUES (?, ?, ?)", root, shard, shards);
    },
  };
}
