import { DurableObject } from "cloudflare:workers";
import type {
  Reservation,
  ReserveAnswer,
  Revocations,
  RevocationTarget,
  Settlement,
  Usage,
} from "./credentials/ledger.ts";
import { createLedgerCore, type LedgerCore } from "./credentials/ledger-core.ts";
import type { Grants } from "./credentials/ledger-grants.ts";
import type {
  LeaseAnswer,
  LeaseOrder,
  ShardableLedger,
  ShardNamespace,
  ShardPlace,
} from "./credentials/ledger-lease.ts";
import type { Shard } from "./credentials/ledger-shard.ts";
import { createSqlStorage } from "./credentials/ledger-sql.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Rows wait at most this long, and as long as a proof can be used again, to be folded into totals. */
const FOLD_MS = 60_000;
/** What a shard has not used so long after it was leased goes back to the root. */
const LEASE_MS = 5000;

/** The ledger of one organisation, on SQLite: one synchronous step per question, durable before it is answered. */
export class LedgerObject extends DurableObject implements ShardableLedger {
  private readonly sql: SqlStorage;
  private readonly storage: DurableObjectStorage;
  private readonly core: LedgerCore;
  private readonly root: ShardNamespace | undefined;
  private alarmAt = Number.POSITIVE_INFINITY;
  private foldedAt = 0;
  /** As a root, and as a shard of one; each is loaded where it is asked for. */
  private grants: Promise<Grants> | undefined;
  private shard: Promise<Shard> | undefined;

  constructor(state: DurableObjectState, env: object) {
    super(state, env as never);
    this.storage = state.storage;
    this.root = (env as { readonly LEDGER?: ShardNamespace }).LEDGER;
    this.sql = state.storage.sql;
    this.sql.exec(
      "CREATE TABLE IF NOT EXISTS pins (session TEXT PRIMARY KEY, jkt TEXT NOT NULL, expires_at INTEGER NOT NULL)",
    );
    this.core = createLedgerCore(createSqlStorage(this.sql), Date.now());
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

  async reserveInShard(
    place: ShardPlace,
    reservations: readonly Reservation[],
    settlements: readonly Settlement[],
    since: number,
  ): Promise<ReserveAnswer> {
    this.wakeIn(LEASE_MS);
    const shard = await this.asShard(place);
    return shard.reserve(reservations, settlements, since);
  }

  async lease(order: LeaseOrder): Promise<LeaseAnswer> {
    this.grants ??= import("./credentials/ledger-leases.ts").then(({ openGrants }) => openGrants(this.core, this.sql));
    const grants = await this.grants;
    this.wakeIn(FOLD_MS);
    return grants.lease(order, Date.now());
  }

  async handBack(place: ShardPlace): Promise<void> {
    const shard = await this.asShard(place);
    await shard.handBack();
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

  /** Gives back what is not used, folds what is old, and forgets pins whose sessions are over. */
  override async alarm(): Promise<void> {
    this.alarmAt = Number.POSITIVE_INFINITY;
    const shard = await (this.shard ?? this.asKnownShard());
    // A root that does not answer is told the next time.
    await shard?.handBack().catch(() => {});
    const now = Date.now();
    if (shard?.hasReturns()) this.wakeIn(LEASE_MS);
    if (shard && now < this.foldedAt + FOLD_MS) this.wakeIn(this.foldedAt + FOLD_MS - now);
    else await this.fold(now, shard);
  }

  private async fold(now: number, shard: Shard | undefined): Promise<void> {
    this.foldedAt = now;
    const hasMore = this.core.fold(now);
    this.sql.exec("DELETE FROM pins WHERE expires_at < ?", now);
    shard?.sweep(now);
    (await this.grants)?.sweep(now);
    if (hasMore) this.wakeIn(FOLD_MS);
    else if (this.remembers()) this.wakeIn(DAY_MS);
  }

  private asShard(place: ShardPlace): Promise<Shard> {
    this.shard ??= import("./credentials/ledger-leases.ts").then(({ openShard }) =>
      openShard({ core: this.core, sql: this.sql, ledgers: this.root, place }),
    );
    return this.shard;
  }

  /** In its alarm, after a start, a shard knows of itself only what it wrote down. */
  private async asKnownShard(): Promise<Shard | undefined> {
    const table = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'place'";
    if (this.sql.exec(table).toArray().length === 0) return undefined;
    const { placeOf } = await import("./credentials/ledger-leases.ts");
    const place = placeOf(this.sql);
    return place && this.asShard(place);
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
