import type { Claim } from "./fit-reservation.ts";
import type { Charge, Settlement, Usage } from "./ledger.ts";
import type { AccountName, LedgerRow, LedgerStorage, StoredCost, StoredRow } from "./ledger-storage.ts";
import { createMinuteRate, type MinuteRate } from "./minute-rate.ts";

/** Reservations and what they add up to, in memory and in storage alike. */
export interface LedgerJournal {
  has(id: string): boolean;
  claimOf(charge: Charge): Claim;
  usage(account: string, period: string): Usage;
  /** Whether an account is in memory: used of late, or by what is not settled. */
  isInUse(account: string, period: string): boolean;
  /** Counts a row at once; {@link write} makes it last. */
  insert(row: LedgerRow): void;
  /** Puts the cost in the hold's place; nothing where there is no such open reservation. */
  settle(settlement: Settlement): void;
  /** Adds to what an account has used, durably and at once. */
  adjust(name: AccountName, by: Usage, now: number): void;
  /** Hands all that was inserted and settled to storage. Where that fails, what is in memory here is no longer good. */
  write(): void;
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

/** Where the rows of the same accounts count. */
interface Party {
  readonly accounts: readonly Account[];
  readonly requests: 0 | 1;
  readonly rates: readonly MinuteRate[];
}

const NOTHING: Usage = { requests: 0, tokens: 0, micros: 0 };

/**
 * An accepted reservation is one row, its settlement one change of it. Those of one turn are written together. Accounts that
 * are not in use rest in storage: memory grows with use, not with age.
 */
export function createLedgerJournal(storage: LedgerStorage): LedgerJournal {
  const accounts = new Map<string, Account>();
  // Of accounts whatever the period: a minute does not begin anew with the day.
  const rates = new Map<string, MinuteRate>();
  // A reservation while it is open, then only its time.
  const ids = new Map<string, Open | number>();
  let place = storage.lastPlace();
  let inserted: StoredRow[] = [];
  let settled: StoredCost[] = [];

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

  const partyOf = (names: readonly AccountName[]): Party => {
    const isPart = names[0]?.[2] === 0;
    const rated = isPart ? [] : [...new Set(names.map(([account]) => account))];
    return { accounts: names.map(accountOf), requests: isPart ? 0 : 1, rates: rated.map(rateOf) };
  };

  const count = ({ place: at, ...row }: StoredRow, { accounts: charged, requests, rates: rated }: Party): void => {
    for (const account of charged) {
      account.used.requests += requests;
      account.used.tokens += row.tokens;
      account.used.micros += row.micros;
      account.lastAt = Math.max(account.lastAt, row.at);
      if (!row.settled) account.open += 1;
    }
    for (const rate of rated) rate.add(row.at);
    ids.set(
      row.id,
      row.settled ? row.at : { place: at, at: row.at, accounts: charged, tokens: row.tokens, micros: row.micros },
    );
  };

  const parties = new Map<readonly AccountName[], Party>();
  for (const row of storage.rows()) {
    const party = parties.get(row.accounts) ?? partyOf(row.accounts);
    parties.set(row.accounts, party);
    count(row, party);
  }
  parties.clear();

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
    isInUse: (account, period) => accounts.has(keyOf([account, period])),
    insert(row) {
      place += 1;
      const stored = { ...row, place };
      inserted.push(stored);
      count(stored, partyOf(row.accounts));
    },
    settle({ id, inputTokens, outputTokens, micros }) {
      const open = ids.get(id);
      if (open === undefined || typeof open === "number") return;
      const tokens = inputTokens + outputTokens;
      settled.push({ place: open.place, tokens, micros });
      ids.set(id, open.at);
      for (const account of open.accounts) {
        account.used.tokens += tokens - open.tokens;
        account.used.micros += micros - open.micros;
        account.open -= 1;
      }
    },
    adjust(name, by, now) {
      // Before the total has it: what is not in memory is read with it.
      const { used } = accountOf(name);
      storage.adjust(name, by, now);
      used.requests += by.requests;
      used.tokens += by.tokens;
      used.micros += by.micros;
    },
    write() {
      storage.settle(settled);
      storage.insert(inserted);
      settled = [];
      inserted = [];
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
