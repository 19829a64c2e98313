/** Responses of many owners in one SQLite database. */
export interface ShelfTable {
  put(row: ShelfRow): void;
  get(owner: string, names: readonly string[], now: number): (Uint8Array<ArrayBuffer> | undefined)[];
  /** Deletes what has expired; gives when the next of them does, in milliseconds since the epoch, if there is one. */
  sweep(now: number): number | undefined;
}

export interface ShelfRow {
  readonly owner: string;
  readonly name: string;
  readonly sealed: Uint8Array<ArrayBuffer>;
  /** Milliseconds since the epoch. */
  readonly expiresMs: number;
}

/** Of one owner; beyond that their oldest go. */
const MAX_OWNER_BYTES = 16 * 1024 * 1024;
/** Of all; a Durable Object's database may have 10 GB. */
const MAX_BYTES = 4 * 1024 ** 3;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS responses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    size INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    UNIQUE (owner, name)
  );
  CREATE INDEX IF NOT EXISTS responses_by_expiry ON responses (expires_at);
`;

/** The owner's newest, as many as there is room for; a row's size stands in the index's reach, not behind its blob. */
const DROP_OWNERS_OLDEST = `
  DELETE FROM responses WHERE id IN (
    SELECT id FROM (SELECT id, SUM(size) OVER (ORDER BY id DESC) AS held FROM responses WHERE owner = ?) WHERE held > ?
  )
`;

export function createShelfTable(
  sql: SqlStorage,
  limits = { ownerBytes: MAX_OWNER_BYTES, bytes: MAX_BYTES },
): ShelfTable {
  sql.exec(SCHEMA);
  return {
    put({ owner, name, sealed, expiresMs }) {
      sql.exec("DELETE FROM responses WHERE owner = ? AND name = ?", owner, name);
      while (sql.databaseSize > limits.bytes && dropOldest(sql)) {}
      sql.exec(
        "INSERT INTO responses (owner, name, expires_at, size, sealed) VALUES (?, ?, ?, ?, ?)",
        ...[owner, name, expiresMs, sealed.length, sealed.buffer],
      );
      sql.exec(DROP_OWNERS_OLDEST, owner, limits.ownerBytes);
    },
    get(owner, names, now) {
      const query = "SELECT sealed FROM responses WHERE owner = ? AND name = ? AND expires_at > ?";
      return names.map((name) => {
        const [row] = sql.exec<{ sealed: ArrayBuffer }>(query, owner, name, now);
        return row && new Uint8Array(row.sealed);
      });
    },
    sweep(now) {
      sql.exec("DELETE FROM responses WHERE expires_at <= ?", now);
      const { next } = sql.exec<{ next: number | null }>("SELECT min(expires_at) AS next FROM responses").one();
      return next ?? undefined;
    },
  };
}

/** Makes room a hundredth at a time: freed pages are used again, and the file itself grows no smaller. */
function dropOldest(sql: SqlStorage): boolean {
  return sql.exec("DELETE FROM responses WHERE id IN (SELECT id FROM responses ORDER BY id LIMIT 100)").rowsWritten > 0;
}
