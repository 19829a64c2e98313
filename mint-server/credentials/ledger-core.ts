import { type Claim, fitReservation, remainingOf } from "./fit-reservation.ts";
import type {
  Charge,
  Reservation,
  ReserveAnswer,
  Revocations,
  RevocationTarget,
  Settlement,
  Usage,
  Verdict,
} from "./ledger.ts";
import { accountsOf, createLedgerJournal } from "./ledger-journal.ts";
import type { AccountName, FoldBounds, LedgerStorage } from "./ledger-storage.ts";
import { createMinuteRate, type MinuteRate } from "./minute-rate.ts";
import { createRevocationBook, REVOCATION_MS, revocationKey, revocationTarget } from "./revocation-book.ts";

const MINUTE_MS = 60_000;
/** A proof is good for two windows of 30 s of its nonce; the rest is for clocks that differ. */
const REPLAY_MS = 2 * MINUTE_MS;
/** Longest that a request may take and still be settled. */
const OPEN_MS = 6 * 60 * MINUTE_MS;

/** A ledger without a platform: every method is one synchronous step. See `Ledger` for what they do. */
export interface LedgerCore {
  /** @param within narrows what a reservation may use, such as to a slice of it */
  reserve(
    reservations: readonly Reservation[],
    settlements: readonly Settlement[],
    since: number,
    within?: (claim: Claim) => Claim,
  ): ReserveAnswer;
  /** Adds to what an account has used, by no reservation: what is leased to others counts as used. */
  adjust(name: AccountName, by: Usage, now: number): void;
  revoke(target: RevocationTarget, now: number): void;
  revocations(since: number): Revocations;
  enter(bucket: string, perMinute: number, now: number): boolean;
  usage(account: string, period: string): Usage;
  /** Whether an account was used of late, or is by something that is not settled yet. */
  isInUse(account: string, period: string): boolean;
  /**
   * Moves old rows into totals, and forgets what has had its time. To be called about once a minute while there is
   * anything to fold.
   *
   * @param now milliseconds since the epoch
   * @returns whether rows or entries are left that a later call will fold
   */
  fold(now: number): boolean;
}

/**
 * A ledger's rules over a storage, from which its state is read first.
 *
 * @param now milliseconds since the epoch; where given, what is old is folded before it is read
 */
export function createLedgerCore(storage: LedgerStorage, now?: number): LedgerCore {
  if (now !== undefined) storage.fold(boundsAt(now));
  let journal = createLedgerJournal(storage);
  const doors = createDoors(storage);
  const book = createRevocationBook();
  for (const { key, before, version } of storage.revocations()) {
    book.add({ target: revocationTarget(key), before }, version);
  }

  const reserve = (reservation: Reservation, within?: (claim: Claim) => Claim): Verdict => {
    const { id, now, charges, inputTokens, inputMicros, microsPerOutputToken } = reservation;
    if (book.revokes(reservation)) return { ok: false, reason: "revoked" };
    if (journal.has(id)) return { ok: false, reason: "replayed" };
    const all = charges.map((charge) => journal.claimOf(charge));
    const claims = within ? all.map(within) : all;
    const fit = fitReservation(reservation, claims);
    if (!fit.ok) return fit;
    const tokens = inputTokens + fit.outputTokens;
    const micros = inputMicros + Math.ceil(fit.outputTokens * microsPerOutputToken);
    const accounts = accountsOf(charges, reservation.isPart);
    journal.insert({ id, at: now, accounts, tokens, micros, settled: accounts.length === 0 });
    return { ...fit, remaining: remainingOf(claims, now) };
  };

  return {
    reserve(reservations, settlements, since, within) {
      reservations.forEach(assertReservation);
      settlements.forEach(assertSettlement);
      try {
        for (const settlement of settlements) journal.settle(settlement);
        const verdicts = reservations.map((reservation) => reserve(reservation, within));
        journal.write();
        return { verdicts, ...book.since(since) };
      } catch (error) {
        // What was counted in memory and not written never was.
        journal = createLedgerJournal(storage);
        throw error;
      }
    },
    adjust: (name, by, now) => journal.adjust(name, by, now),
    revoke(target, now) {
      const before = Math.floor(now / 1000);
      book.add({ target, before }, storage.revoke(revocationKey(target), before));
    },
    revocations: book.since,
    enter: doors.enter,
    usage: (account, period) => journal.usage(account, period),
    isInUse: (account, period) => journal.isInUse(account, period),
    fold(now) {
      const bounds = boundsAt(now);
      storage.fold(bounds);
      book.forget(now);
      const hasRows = journal.forget(bounds);
      const hasEntries = doors.forget(now);
      return hasRows || hasEntries;
    },
  };
}

function boundsAt(now: number): FoldBounds {
  return {
    settledBefore: now - REPLAY_MS,
    openBefore: now - OPEN_MS,
    entriesBefore: now - MINUTE_MS,
    revokedBefore: now - REVOCATION_MS,
    now,
  };
}

interface Doors {
  enter(bucket: string, perMinute: number, now: number): boolean;
  /** Lets go of minutes that are over; returns whether any are left. */
  forget(now: number): boolean;
}

function createDoors(storage: LedgerStorage): Doors {
  const doors = new Map<string, MinuteRate>();
  const doorOf = (bucket: string): MinuteRate => {
    const door = doors.get(bucket) ?? createMinuteRate();
    doors.set(bucket, door);
    return door;
  };
  for (const { bucket, at } of storage.entries()) doorOf(bucket).add(at);
  return {
    enter(bucket, perMinute, now) {
      const door = doorOf(bucket);
      if (door.waitSeconds(perMinute, now) > 0) return false;
      storage.enter({ bucket, at: now });
      door.add(now);
      return true;
    },
    forget(now) {
      for (const [bucket, door] of doors) if (door.count(now) === 0) doors.delete(bucket);
      return doors.size > 0;
    },
  };
}

/**
 * Refuses what compares false with every limit, and so would fit under any.
 *
 * @throws {RangeError}
 */
export function assertReservation(reservation: Reservation): void {
  const { inputTokens, outputTokens, inputMicros, microsPerOutputToken, now, charges } = reservation;
  const outputMicros = Math.ceil(outputTokens * microsPerOutputToken);
  const areTokens = isCount(inputTokens) && isCount(outputTokens);
  const areMicros = isCount(inputMicros) && isCount(outputMicros) && microsPerOutputToken >= 0;
  if (areTokens && areMicros && isCount(now) && charges.every(isLimit)) return;
  throw new RangeError("A reservation counts in whole numbers from 0.");
}

/** @throws {RangeError} */
export function assertSettlement({ inputTokens, outputTokens, micros }: Settlement): void {
  if (isCount(inputTokens) && isCount(outputTokens) && isCount(micros)) return;
  throw new RangeError("A settlement counts in whole numbers from 0.");
}

function isLimit({ requests = 0, tokens = 0, micros = 0, requestsPerMinute = 0 }: Charge): boolean {
  return requests >= 0 && tokens >= 0 && micros >= 0 && requestsPerMinute >= 0;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
