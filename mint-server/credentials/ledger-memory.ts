import type { Ledger, LedgerNamespace, Usage } from "./ledger.ts";
import { createLedgerCore } from "./ledger-core.ts";
import {
  type AccountName,
  type DoorEntry,
  type FoldBounds,
  type LedgerStorage,
  type StoredRevocation,
  type StoredRow,
  TOTAL_RETENTION,
} from "./ledger-storage.ts";

/** How often old rows are folded. */
const FOLD_MS = 60_000;

/** Ledgers in this process's memory, for embedding without Durable Objects: they forget at restart. */
export function createMemoryLedgers(): LedgerNamespace {
  const ledgers = new Map<string, Ledger>();
  return {
    getByName(name) {
      const ledger = ledgers.get(name) ?? createMemoryLedger();
      ledgers.set(name, ledger);
      return ledger;
    },
  };
}

/** One ledger in memory. */
export function createMemoryLedger(): Ledger {
  const core = createLedgerCore(createMemoryStorage());
  const pins = new Map<string, string>();
  let foldedAt = Date.now();
  const foldWhenDue = (): void => {
    const now = Date.now();
    if (now - foldedAt < FOLD_MS) return;
    foldedAt = now;
    core.fold(now);
  };
  return {
    async pinSessionKey(session, jkt) {
      const pinned = pins.get(session) ?? jkt;
      pins.set(session, pinned);
      return pinned === jkt;
    },
    async reserve(reservations, settlements, since) {
      foldWhenDue();
      return core.reserve(reservations, settlements, since);
    },
    revoke: async (target, now) => core.revoke(target, now),
    revocations: async (since) => core.revocations(since),
    async enter(bucket, perMinute, now) {
      foldWhenDue();
      return core.enter(bucket, perMinute, now);
    },
    usage: async (account, period) => core.usage(account, period),
  };
}

interface Total extends Usage {
  readonly account: string;
  readonly period: string;
  readonly touchedAt: number;
}

/** A storage that lasts as long as it is held. */
export function createMemoryStorage(): LedgerStorage {
  const rows = new Map<number, StoredRow>();
  const totals = new Map<string, Total>();
  const revocations = new Map<string, StoredRevocation>();
  let entries: DoorEntry[] = [];
  let version = 0;
  let lastPlace = 0;

  const addToTotal = ([account, period]: AccountName, by: Usage, at: number): void => {
    const key = `${period} ${account}`;
    const before = totals.get(key) ?? { requests: 0, tokens: 0, micros: 0, touchedAt: 0 };
    const sums = {
      requests: before.requests + by.requests,
      tokens: before.tokens + by.tokens,
      micros: before.micros + by.micros,
    };
    totals.set(key, { account, period, ...sums, touchedAt: Math.max(before.touchedAt, at) });
  };

  return {
    rows: () => rows.values(),
    revocations: () => revocations.values(),
    entries: () => entries,
    total: (account, period) => totals.get(`${period} ${account}`),
    adjust: addToTotal,
    lastPlace: () => lastPlace,
    insert(added) {
      for (const row of added) rows.set(row.place, row);
      lastPlace = added.at(-1)?.place ?? lastPlace;
    },
    settle(costs) {
      for (const cost of costs) {
        const row = rows.get(cost.place);
        if (row) rows.set(cost.place, { ...row, ...cost, settled: true });
      }
    },
    revoke(key, before) {
      version += 1;
      revocations.set(key, { key, before, version });
      return version;
    },
    enter(entry) {
      entries.push(entry);
    },
    fold({ settledBefore, openBefore, entriesBefore, revokedBefore, now }: FoldBounds) {
      for (const row of rows.values()) {
        if (row.at >= (row.settled ? settledBefore : openBefore)) continue;
        const { tokens, micros } = row;
        for (const name of row.accounts) addToTotal(name, { requests: name[2] ?? 1, tokens, micros }, row.at);
        rows.delete(row.place);
      }
      entries = entries.filter(({ at }) => at >= entriesBefore);
      for (const [key, { before }] of revocations) if (before * 1000 < revokedBefore) revocations.delete(key);
      for (const [key, total] of totals) {
        const isOver = TOTAL_RETENTION.some(
          ({ of, prefix, keepMs }) => total[of].startsWith(prefix) && total.touchedAt < now - keepMs,
        );
        if (isOver) totals.delete(key);
      }
    },
  };
}
