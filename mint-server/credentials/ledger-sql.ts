import type { Usage } from "./ledger.ts";
import {
  type AccountName,
  type DoorEntry,
  type FoldBounds,
  type LedgerStorage,
  type StoredRevocation,
  TOTAL_RETENTION,
} from "./ledger-storage.ts";

/**
 * Rows are appended, and settled at their place: new ones share pages, and no index is written. That an id is new is known in
 * memory, where all that can come again are.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS reservations (
    place INTEGER PRIMARY KEY, id TEXT NOT NULL, at INTEGER NOT NULL, accounts TEXT NOT NULL,
    tokens INTEGER NOT NULL, micros INTEGER NOT NULL, settled INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS totals (
    account TEXT NOT NULL, period TEXT NOT NULL,
    requests INTEGER NOT NULL, tokens INTEGER NOT NULL, micros INTEGER NOT NULL, touched_at INTEGER NOT NULL,
    PRIMARY KEY (account, period)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS revocations (
    version INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, before_seconds INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS entries (bucket TEXT NOT NULL, at INTEGER NOT NULL);
`;

const DUE = "(at < ?1 AND settled = 1 OR at < ?2)";

/** Adds what is due to the totals: the amounts are whole, so their sums are exact. */
const FOLD = `
  INSERT INTO totals
  SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), sum(coalesce(json_extract(value, '$[2]'), 1)), sum(tokens), sum(micros), max(at)
  FROM reservations, json_each(reservations.accounts) WHERE ${DUE} GROUP BY 1, 2
  ON CONFLICT (account, period) DO UPDATE SET
    requests = requests + excluded.requests, tokens = tokens + excluded.tokens, micros = micros + excluded.micros,
    touched_at = max(touched_at, excluded.touched_at)
`;

/** Totals are many, and what goes is in no hurry. */
const SWEEP_MS = 60 * 60 * 1000;

type ReservationRow = {
  readonly place: number;
  readonly id: string;
  readonly at: number;
  readonly accounts: string;
  readonly tokens: number;
  readonly micros: number;
  readonly settled: number;
};

/** A ledger's storage on the SQLite of a Durable Object, where the writes of one turn share one commit. */
export function createSqlStorage(sql: SqlStorage): LedgerStorage {
  sql.exec(SCHEMA);
  let { place } = sql
    .exec<{ place: number }>("SELECT coalesce(max(place), 0) AS place FROM reservations")
    .toArray()[0] ?? { place: 0 };
  let sweptAt = 0;
  return {
    *rows() {
      for (const row of sql.exec<ReservationRow>("SELECT * FROM reservations ORDER BY place")) {
        yield { ...row, accounts: JSON.parse(row.accounts) as AccountName[], settled: row.settled === 1 };
      }
    },
    revocations: () =>
      sql.exec<StoredRevocation & Record<string, SqlStorageValue>>(
        "SELECT version, key, before_seconds AS before FROM revocations",
      ),
    entries: () => sql.exec<DoorEntry & Record<string, SqlStorageValue>>("SELECT bucket, at FROM entries ORDER BY at"),
    total: (account, period) =>
      sql
        .exec<Usage & Record<string, SqlStorageValue>>(
          "SELECT requests, tokens, micros FROM totals WHERE account = ? AND period = ?",
          account,
          period,
        )
        .toArray()[0],
    insert({ id, at, accounts, tokens, micros, settled }) {
      place += 1;
      const values = [place, id, at, JSON.stringify(accounts), tokens, micros, settled ? 1 : 0];
      sql.exec("INSERT INTO reservations VALUES (?, ?, ?, ?, ?, ?, ?)", ...values);
      return place;
    },
    settle(settledPlace, { tokens, micros }) {
      sql.exec(
        "UPDATE reservations SET tokens = ?, micros = ?, settled = 1 WHERE place = ?",
        tokens,
        micros,
        settledPlace,
      );
    },
    revoke(key, before) {
      return sql
        .exec<{ version: number }>(
          "INSERT OR REPLACE INTO revocations (key, before_seconds) VALUES (?, ?) RETURNING version",
          key,
          before,
        )
        .one().version;
    },
    enter({ bucket, at }) {
      sql.exec("INSERT INTO entries VALUES (?, ?)", bucket, at);
    },
    fold({ settledBefore, openBefore, entriesBefore, revokedBefore, now }: FoldBounds) {
      sql.exec(FOLD, settledBefore, openBefore);
      sql.exec(`DELETE FROM reservations WHERE ${DUE}`, settledBefore, openBefore);
      sql.exec("DELETE FROM entries WHERE at < ?", entriesBefore);
      sql.exec("DELETE FROM revocations WHERE before_seconds * 1000 < ?", revokedBefore);
      if (now - sweptAt < SWEEP_MS) return;
      sweptAt = now;
      for (const { of, prefix, keepMs } of TOTAL_RETENTION) {
        sql.exec(
          `DELETE FROM totals WHERE substr(${of}, 1, ?) = ? AND touched_at < ?`,
          prefix.length,
          prefix,
          now - keepMs,
        );
      }
    },
  };
}
