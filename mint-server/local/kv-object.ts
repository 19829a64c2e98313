import { DurableObject } from "cloudflare:workers";

/** More than this the values together never hold: the oldest make room. */
const MAX_BYTES = 256 * 1024 * 1024;
/** How often what has expired is deleted, at most. Nobody reads it meanwhile. */
const SWEEP_MS = 60_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS entries (
    place INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, expires_at INTEGER, value BLOB NOT NULL
  );
  CREATE INDEX IF NOT EXISTS by_expiry ON entries (expires_at) WHERE expires_at IS NOT NULL;
`;

/** The values of the local KV, on SQLite. */
export class KvObject extends DurableObject {
  private readonly storage: DurableObjectStorage;
  private readonly sql: SqlStorage;
  private readonly maxBytes: number;
  private heldBytes: number;
  private alarmAt = Number.POSITIVE_INFINITY;

  constructor(state: DurableObjectState, env: object, maxBytes = MAX_BYTES) {
    super(state, env as never);
    this.storage = state.storage;
    this.sql = state.storage.sql;
    this.maxBytes = maxBytes;
    this.sql.exec(SCHEMA);
    this.heldBytes = this.sql.exec<{ held: number }>("SELECT total(length(value)) AS held FROM entries").one().held;
    void state.blockConcurrencyWhile(async () => {
      this.alarmAt = (await state.storage.getAlarm()) ?? Number.POSITIVE_INFINITY;
    });
  }

  /** The value of a key, unless it has expired. */
  async read(name: string): Promise<ArrayBuffer | undefined> {
    const rows = this.sql.exec<{ value: ArrayBuffer }>(
      "SELECT value FROM entries WHERE name = ? AND (expires_at IS NULL OR expires_at > ?)",
      name,
      Date.now(),
    );
    return rows.toArray()[0]?.value;
  }

  /** Stores a value in the place of the key's old one; `ttlSeconds` may be infinite. */
  async write(name: string, value: ArrayBuffer, ttlSeconds: number): Promise<void> {
    const expiresAt = Number.isFinite(ttlSeconds) ? Date.now() + ttlSeconds * 1000 : null;
    this.delete("name = ?", name);
    this.sql.exec("INSERT INTO entries (name, expires_at, value) VALUES (?, ?, ?)", name, expiresAt, value);
    this.heldBytes += value.byteLength;
    while (this.heldBytes > this.maxBytes) this.delete("place = (SELECT min(place) FROM entries)");
    if (expiresAt !== null) this.wakeAt(Math.max(expiresAt, Date.now() + SWEEP_MS));
  }

  async remove(name: string): Promise<void> {
    this.delete("name = ?", name);
  }

  /** Deletes what has expired. */
  override async alarm(): Promise<void> {
    this.alarmAt = Number.POSITIVE_INFINITY;
    const now = Date.now();
    this.delete("expires_at <= ?", now);
    const { next } = this.sql.exec<{ next: number | null }>("SELECT min(expires_at) AS next FROM entries").one();
    if (next !== null) this.wakeAt(Math.max(next, now + SWEEP_MS));
  }

  private delete(where: string, ...values: readonly (string | number)[]): void {
    const deleted = this.sql.exec<{ size: number }>(
      `DELETE FROM entries WHERE ${where} RETURNING length(value) AS size`,
      ...values,
    );
    for (const { size } of deleted) this.heldBytes -= size;
  }

  /** Sets the alarm where none is due before. */
  private wakeAt(at: number): void {
    if (at >= this.alarmAt) return;
    this.alarmAt = at;
    void this.storage.setAlarm(at);
  }
}
