import { DurableObject } from "cloudflare:workers";
import type {
  Ledger,
  Reservation,
  ReserveAnswer,
  Revocations,
  RevocationTarget,
  Settlement,
  Usage,
} from "./credentials/ledger.ts";
import { createLedgerCore, type LedgerCore } from "./credentials/ledger-core.ts";
import { createSqlStorage } from "./credentials/ledger-sql.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Rows wait at most this long, and as long as a proof can be used again, to be folded into totals. */
const FOLD_MS = 60_000;

/** The ledger of one organisation, on SQLite: one synchronous step per question, durable before it is answered. */
export class LedgerObject extends DurableObject implements Ledger {
  private readonly sql: SqlStorage;
  private readonly storage: DurableObjectStorage;
  private readonly core: LedgerCore;
  private alarmAt = Number.POSITIVE_INFINITY;

  constructor(state: DurableObjectState, env: object) {
    super(state, env as never);
    this.storage = state.storage;
    this.sql = state.storage.sql;
    this.sql.exec(
      "CREATE TABLE IF NOT EXISTS pins (session TEXT PRIMARY KEY, jkt TEXT NOT NULL, expires_at INTEGER NOT NULL)",
    );
    this.core = createLedgerCore(createSqlStorage(this.sql));
    void state.blockConcurrencyWhile(async () => {
      this.alarmAt = (await state.storage.getAlarm()) ?? Number.POSITIVE_INFINITY;
    });
  }

  async pinSessionKey(session: string, jkt: string, expiresAt: number): Promise<boolean> {
    this.sql.exec(
      `INSERT INTO pins VALUES (?1, ?2, ?3)
       ON CONFLICT (session) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at) WHERE jkt = excluded.jkt`,
      session,
      jkt,
      expiresAt,
    );
    this.wakeIn(DAY_MS);
    return this.sql.exec("SELECT jkt FROM pins WHERE session = ?", session).one().jkt === jkt;
  }

  async reserve(
    reservations: readonly Reservation[],
    settlements: readonly Settlement[],
    since: number,
  ): Promise<ReserveAnswer> {
    const answer = this.core.reserve(reservations, settlements, since);
    if (answer.verdicts.some(({ ok }) => ok)) this.wakeIn(FOLD_MS);
    return answer;
  }

  async revoke(target: RevocationTarget, now: number): Promise<void> {
    this.core.revoke(target, now);
    this.wakeIn(DAY_MS);
  }

  async revocations(since: number): Promise<Revocations> {
    return this.core.revocations(since);
  }

  async enter(bucket: string, perMinute: number, now: number): Promise<boolean> {
    const entered = this.core.enter(bucket, perMinute, now);
    if (entered) this.wakeIn(FOLD_MS);
    return entered;
  }

  async usage(account: string, period: string): Promise<Usage> {
    return this.core.usage(account, period);
  }

  /** Folds what is old, and forgets pins whose sessions are over. */
  override async alarm(): Promise<void> {
    this.alarmAt = Number.POSITIVE_INFINITY;
    const now = Date.now();
    const hasMore = this.core.fold(now);
    this.sql.exec("DELETE FROM pins WHERE expires_at < ?", now);
    if (hasMore) this.wakeIn(FOLD_MS);
    else if (this.remembers()) this.wakeIn(DAY_MS);
  }

  /** Whether anything is kept that a later alarm may forget. */
  private remembers(): boolean {
    const some = (table: string): string => `EXISTS (SELECT 1 FROM ${table})`;
    return this.sql.exec(`SELECT ${["pins", "revocations", "totals"].map(some).join(" OR ")} AS kept`).one().kept === 1;
  }

  /** Sets the alarm where none is due before. In one turn with the writes it is for, so it is as durable as they are. */
  private wakeIn(ms: number): void {
    const at = Date.now() + ms;
    if (at >= this.alarmAt) return;
    this.alarmAt = at;
    void this.storage.setAlarm(at);
  }
}
