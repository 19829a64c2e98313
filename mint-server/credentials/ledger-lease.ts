import type { Ledger, LedgerNamespace, Reservation, ReserveAnswer, Settlement, Usage } from "./ledger.ts";

/** One of an organisation's ledgers among which its subjects are spread. */
export interface ShardPlace {
  /** Name of the root: the ledger that has the organisation's own accounts. */
  readonly root: string;
  /** From 0. */
  readonly shard: number;
  /** How many there are. */
  readonly shards: number;
}

/** What accounts count: requests, tokens and micro-dollars. */
export const COUNTED = ["requests", "tokens", "micros"] as const;

/** Limits of an account, each only where there is one. */
export type Caps = Partial<Usage>;

/** What a shard asks of its root for one account and period. */
export interface LeaseOrder {
  readonly account: string;
  readonly period: string;
  readonly shard: number;
  readonly shards: number;
  /** Higher than that of any order before it. */
  readonly version: number;
  /** What the shard keeps of its slice, used or not; the rest it gives back. */
  readonly keep: Usage;
  /** What it wants on top of that. */
  readonly want: Usage;
  readonly caps: Caps;
}

export interface LeaseAnswer {
  /** Of the order that it answers; where a later one came first, of that. */
  readonly version: number;
  /** All that the shard may use in this period, used and unused. */
  readonly granted: Usage;
  /** What is left at the root. */
  readonly left: Usage;
}

/** A slice as the root and its shard keep it, each in its own storage. */
export interface LeaseRow {
  readonly account: string;
  readonly period: string;
  readonly shard: number;
  readonly version: number;
  readonly granted: Usage;
}

/** Synchronous as all of a ledger's storage, and as durable. */
export interface LeaseStorage {
  rows(): Iterable<LeaseRow>;
  /** @param now milliseconds since the epoch */
  put(row: LeaseRow, now: number): void;
  /** Forgets slices of periods whose totals are forgotten. */
  sweep(now: number): void;
}

/** A ledger that can be a root, and a shard of one. */
export interface ShardableLedger extends Ledger {
  /** As `reserve`, within what the root leases: it is asked where the shard's slices do not do. */
  reserveInShard(
    place: ShardPlace,
    reservations: readonly Reservation[],
    settlements: readonly Settlement[],
    since: number,
  ): Promise<ReserveAnswer>;
  /** Takes back from a shard what it does not keep, and leases it what it wants as far as the caps leave it. */
  lease(order: LeaseOrder): Promise<LeaseAnswer>;
  /** Gives back to the root what a shard has not used. */
  handBack(place: ShardPlace): Promise<void>;
}

export type ShardNamespace = LedgerNamespace<ShardableLedger>;

export const NONE: Usage = { requests: 0, tokens: 0, micros: 0 };

/** Applies a function to requests, tokens and micro-dollars each. */
export function eachCount(count: (name: keyof Usage) => number): Usage {
  return { requests: count("requests"), tokens: count("tokens"), micros: count("micros") };
}

/** Whether an account is the organisation's: all of its subjects count on it, on whatever shard. */
export function isOfOrg(account: string): boolean {
  return account === "org" || account === "realtime:org" || account === "live:org";
}
