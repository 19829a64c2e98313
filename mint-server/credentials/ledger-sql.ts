import type { Usage } from "./ledger.ts";
import {
  type AccountName,
  type DoorEntry,
  type FoldBounds,
  type LedgerStorage,
  type StoredRevocation,
  type StoredRow,
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

const ADD = `
  ON CONFLICT (account, period) DO UPDATE SET
    requests = requests + excluded.requests, tokens = tokens + excluded.tokens, micros = micros + excluded.micros,
    touched_at = max(touched_at, excluded.touched_at)
`;

/** Adds what is due to the totals: the amounts are whole, so their sums are exact. */
const FOLD = `
  INSERT INTO totals
  SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), sum(coalesce(json_extract(value, '$[2]'), 1)), sum(tokens), sum(micros), max(at)
  FROM reservations, json_each(reservations.accounts) WHERE ${DUE} GROUP BY 1, 2
  ${ADD}`;

/** Totals are many, and what goes is in no hurry. */
const SWEEP_MS = 60 * 60 * 1000;

/** Beginnings of a row as `rows` reads it: by place, as arrays cost less to make than objects. */
type ReservationRow = [
  place: number,
  id: string,
  at: number,
  accounts: string,
  tokens: number,
  micros: number,
  settled: number,
];

/** Most values that one statement may carry. */
const MAX_VALUES = 100;

/** Many rows are few statements: each costs more to begin than to carry. Texts are kept, and so is what the platform makes of them. */
const insertRows = manyRows(7, (rows) => `INSERT INTO reservations VALUES ${rows}`);
const settleRows = manyRows(
  3,
  (rows) => `UPDATE reservations SET tokens = cost.column2, micros = cost.column3, settled = 1
    FROM (VALUES ${rows}) AS cost WHERE place = cost.column1`,
);

type Values = readonly (number | string)[];

function manyRows(
  columns: number,
  statement: (rows: string) => string,
): (sql: SqlStorage, rows: readonly Values[]) => void {
  const most = Math.floor(MAX_VALUES / columns);
  const row = `(${Array.from({ length: columns }, () => "?").join(", ")})`;
  const texts = Array.from({ length: most + 1 }, (_, count) =>
    statement(Array.from({ length: count }, () => row).join(", ")),
  );
  return (sql, rows) => {
    for (let at = 0; at < rows.length; at += most) {
      const some = rows.slice(at, at + most);
      sql.exec(texts[some.length] ?? "", ...some.flat());
    }
  };
}

/** A ledger's storage on the SQLite of a Durable Object, where the writes of one turn share one commit. */
export function createSqlStorage(sql: SqlStorage): LedgerStorage {
  sql.exec(SCHEMA);
  let sweptAt = 0;
  return {
    *rows() {
      // Most rows name the same accounts as others before.
      const parsed = new Map<string, readonly AccountName[]>();
      const cursor = sql.exec("SELECT * FROM reservations ORDER BY place").raw<ReservationRow>();
      for (const [place, id, at, text, tokens, micros, settled] of cursor) {
        const accounts = parsed.get(text) ?? (JSON.parse(text) as readonly AccountName[]);
        parsed.set(text, accounts);
        yield { place, id, at, accounts, tokens, micros, settled: settled === 1 };
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
    adjust([account, period], { requests, tokens, micros }, now) {
      sql.exec(`INSERT INTO totals VALUES (?, ?, ?, ?, ?, ?) ${ADD}`, account, period, requests, tokens, micros, now);
    },
    lastPlace: () =>
      sql.exec<{ place: number }>("SELECT coalesce(max(place), 0) AS place FROM reservations").one().place,
    insert: (rows) => insertRows(sql, rows.map(valuesOf)),
    settle: (costs) =>
      settleRows(
        sql,
        costs.map(({ place, tokens, micros }) => [place, tokens, micros]),
      ),
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

function valuesOf({ place, id, at, accounts, tokens, micros, settled }: StoredRow): Values {
  return [place, id, at, JSON.stringify(accounts), tokens, micros, settled ? 1 : 0];
}
