import { DurableObject } from "cloudflare:workers";
import type { Ledger } from "./credentials/ledger.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** The ledger of one organisation, on SQLite: one synchronous step per question, durable before it is answered. */
export class LedgerObject extends DurableObject implements Ledger {
  private readonly sql: SqlStorage;
  private readonly storage: DurableObjectStorage;

  constructor(state: DurableObjectState, env: object) {
    super(state, env as never);
    this.storage = state.storage;
    this.sql = state.storage.sql;
    this.sql.exec(
      "CREATE TABLE IF NOT EXISTS pins (session TEXT PRIMARY KEY, jkt TEXT NOT NULL, expires_at INTEGER NOT NULL)",
    );
  }

  async pinSessionKey(session: string, jkt: string, expiresAt: number): Promise<boolean> {
    this.sql.exec(
      `INSERT INTO pins VALUES (?1, ?2, ?3)
       ON CONFLICT (session) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at) WHERE jkt = excluded.jkt`,
      session,
      jkt,
      expiresAt,
    );
    if ((await this.storage.getAlarm()) === null) await this.storage.setAlarm(Date.now() + DAY_MS);
    return this.sql.exec("SELECT jkt FROM pins WHERE session = ?", session).one().jkt === jkt;
  }

  /** Forgets pins whose sessions are over. */
  override async alarm(): Promise<void> {
    this.sql.exec("DELETE FROM pins WHERE expires_at < ?", Date.now());
    const { left } = this.sql.exec<{ left: number }>("SELECT count(*) AS left FROM pins").one();
    if (left > 0) await this.storage.setAlarm(Date.now() + DAY_MS);
  }
}
