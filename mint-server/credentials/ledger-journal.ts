import type { Claim } from "./fit-reservation.ts";
import type { Charge, Settlement, Usage } from "./ledger.ts";
import type { AccountName, LedgerRow, LedgerStorage, StoredRow } from "./ledger-storage.ts";
import { createMinuteRate, type MinuteRate } from "./minute-rate.ts";

/** Reservations and what they add up to, in memory and in storage alike. */
export interface LedgerJournal {
  has(id: string): boolean;
  claimOf(charge: Charge): Claim;
  usage(account: string, period: string): Usage;
  insert(row: LedgerRow): void;
  /** Puts the cost in the hold's place; nothing where there is no such open reservation. */
  settle(settlement: Settlement): void;
  /** Lets go of what storage has folded; returns whether reservations are left. */
  forget(bounds: { readonly settledBefore: number; readonly openBefore: number; readonly now: number }): boolean;
}

/** What an account has used in one period: its total, and on top of that the rows that are not folded yet. */
interface Account {
  readonly used: { requests: number; tokens: number; micros: number };
  /** Reservations that are not settled. */
  open: number;
  /** Time of its latest reservation, in milliseconds since the epoch. */
  lastAt: number;
}

/** A reservation that is not settled. */
interface Open {
  readonly place: number;
  readonly at: number;
  readonly accounts: readonly Account[];
  readonly tokens: number;
  readonly micros: number;
}

const NOTHING: Usage = { requests: 0, tokens: 0, micros: 0 };

/**
 * An accepted reservation is one row, its settlement one change of it. Storage is written first, so a failing write leaves
 * nothing in memory that is not in storage. Accounts that are not in use rest in storage: memory grows with use, not with age.
 */
export function createLedgerJournal(storage: LedgerStorage): LedgerJournal {
  const accounts = new Map<string, Account>();
  // Of accounts whatever the period: a minute does not begin anew with the day.
  const rates = new Map<string, MinuteRate>();
  // A reservation while it is open, then only its time.
  const ids = new Map<string, Open | number>();

  const totalOf = ([account, period]: AccountName): Account["used"] => {
    const { requests, tokens, micros } = storage.total(account, period) ?? NOTHING;
    return { requests, tokens, micros };
  };
  const accountOf = (name: AccountName): Account => {
    const key = keyOf(name);
    const known = accounts.get(key);
    if (known) return known;
    const account: Account = { used: totalOf(name), open: 0, lastAt: 0 };
    accounts.set(key, account);
    return account;
  };
  const rateOf = (account: string): MinuteRate => {
    const rate = rates.get(account) ?? createMinuteRate();
    rates.set(account, rate);
    return rate;
  };

  const count = ({ place, id, at, accounts: names, tokens, micros, settled }: StoredRow): void => {
    const charged = names.map(accountOf);
    const isPart = names[0]?.[2] === 0;
    for (const account of charged) {
      if (!isPart) account.used.requests += 1;
      account.used.tokens += tokens;
      account.used.micros += micros;
      account.lastAt = Math.max(account.lastAt, at);
      if (!settled) account.open += 1;
    }
    if (!isPart) for (const account of new Set(names.map(([account]) => account))) rateOf(account).add(at);
    ids.set(id, settled ? at : { place, at, accounts: charged, tokens, micros });
  };

  for (const row of storage.rows()) count(row);

  return {
    has: (id) => ids.has(id),
    claimOf: (charge) => ({
      charge,
      used: accountOf([charge.account, charge.period]).used,
      rate: rateOf(charge.account),
    }),
    usage: (account, period) => {
      const name: AccountName = [account, period];
      const known = accounts.get(keyOf(name));
      return known ? { ...known.used } : totalOf(name);
    },
    insert(row) {
      count({ ...row, place: storage.insert(row) });
    },
    settle({ id, inputTokens, outputTokens, micros }) {
      const open = ids.get(id);
      if (open === undefined || typeof open === "number") return;
      const tokens = inputTokens + outputTokens;
      storage.settle(open.place, { tokens, micros });
      ids.set(id, open.at);
      for (const account of open.accounts) {
        account.used.tokens += tokens - open.tokens;
        account.used.micros += micros - open.micros;
        account.open -= 1;
      }
    },
    forget({ settledBefore, openBefore, now }) {
      for (const [id, entry] of ids) {
        if (typeof entry === "number" ? entry >= settledBefore : entry.at >= openBefore) continue;
        ids.delete(id);
        if (typeof entry !== "number") for (const account of entry.accounts) account.open -= 1;
      }
      for (const [key, { open, lastAt }] of accounts) {
        if (open === 0 && lastAt < settledBefore) accounts.delete(key);
      }
      for (const [account, rate] of rates) if (rate.count(now) === 0) rates.delete(account);
      return ids.size > 0;
    },
  };
}

/** Periods hold no space. */
function keyOf([account, period]: AccountName): string {
  return `${period} ${account}`;
}

/** The accounts of a request, or of a part of one: what is named twice, with two limits, is charged once. */
export function accountsOf(charges: readonly Charge[], isPart = false): readonly AccountName[] {
  const names = charges.map(({ account, period }): AccountName => (isPart ? [account, period, 0] : [account, period]));
  return names.length < 2 ? names : [...new Map(names.map((name) => [keyOf(name), name])).values()];
}
