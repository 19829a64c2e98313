import type { Usage } from "./ledger.ts";

/** A reservation as it is kept until it is folded into its accounts' totals. */
export interface LedgerRow {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Pairs of account and period. */
  readonly accounts: readonly AccountName[];
  /** The hold, and once settled what the request did cost. */
  readonly tokens: number;
  readonly micros: number;
  readonly settled: boolean;
}

/** A row as storage holds it, at a place of its own by which it is settled. */
export interface StoredRow extends LedgerRow {
  readonly place: number;
}

/** What a reservation did cost, by its place. */
export interface StoredCost {
  readonly place: number;
  readonly tokens: number;
  readonly micros: number;
}

/** `requests` is 0 for a part of a request that is counted already, else absent: one. */
export type AccountName = readonly [account: string, period: string, requests?: 0];

export interface StoredRevocation {
  readonly version: number;
  /** As `revocationKey` makes it. */
  readonly key: string;
  /** Seconds since the epoch. */
  readonly before: number;
}

export interface DoorEntry {
  readonly bucket: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Times in milliseconds since the epoch; what is older goes. */
export interface FoldBounds {
  /** Settled reservations. */
  readonly settledBefore: number;
  /** Reservations that were never settled: they stay charged in full. */
  readonly openBefore: number;
  readonly entriesBefore: number;
  readonly revokedBefore: number;
  /** Of now: totals are kept as long as {@link TOTAL_RETENTION} says. */
  readonly now: number;
}

/** What a ledger's core writes to. All of it is synchronous, and the writes of one turn become durable together. */
export interface LedgerStorage {
  /** Those that are not folded, oldest first. Rows of the same accounts may share one array of them. */
  rows(): Iterable<StoredRow>;
  revocations(): Iterable<StoredRevocation>;
  entries(): Iterable<DoorEntry>;
  /** What folded rows have added up to. */
  total(account: string, period: string): Usage | undefined;
  /** Adds to an account's total what no row says. */
  adjust(name: AccountName, by: Usage, now: number): void;
  /** The highest place that is taken, or 0. */
  lastPlace(): number;
  /** Keeps rows at places after the last one. That their ids are new is the caller's to know. */
  insert(rows: readonly StoredRow[]): void;
  settle(costs: readonly StoredCost[]): void;
  /** Replaces an earlier one of the same key; returns its version, higher than any before it. */
  revoke(key: string, before: number): number;
  enter(entry: DoorEntry): void;
  /** Adds old rows to the totals of their accounts and deletes them, with all else that has had its time. */
  fold(bounds: FoldBounds): void;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** How long a total is kept after its last change, by the beginning of its account or period. What matches none stays. */
export const TOTAL_RETENTION = [
  // No credential lives longer than a day.
  { of: "account", prefix: "jti:", keepMs: 2 * DAY_MS },
  { of: "period", prefix: "slot:", keepMs: DAY_MS / 24 },
  { of: "period", prefix: "hour:", keepMs: 2 * DAY_MS },
  { of: "period", prefix: "day:", keepMs: 62 * DAY_MS },
  { of: "period", prefix: "month:", keepMs: 400 * DAY_MS },
] as const;
