import type { Ledger, Reservation, RevocationTarget, Settlement, Usage, Verdict } from "./ledger.ts";
import { assertReservation, assertSettlement } from "./ledger-core.ts";
import { createLedgerQueue } from "./ledger-queue.ts";
import { createRevocationBook, type Revocable } from "./revocation-book.ts";

/** An instance's way to one ledger: calls that meet become one. `undefined` says that the ledger did not answer. */
export interface LedgerClient {
  /** @throws {RangeError} if a number is not one that can be counted. */
  reserve(reservation: Reservation): Promise<Verdict | undefined>;
  /**
   * Takes note of what a request did cost; it goes with the next call, or shortly on its own.
   *
   * @throws {RangeError} if a number is not one that can be counted.
   */
  settle(settlement: Settlement): void;
  /** Sends the settlements that wait. Where the ledger does not answer, they wait on. */
  flush(): Promise<void>;
  /** Whether a credential is revoked, by what the ledger said in the last {@link FRESH_MS}, else by what it says now. */
  isRevoked(credential: Revocable): boolean | Promise<boolean | undefined>;
  /** Revokes, durably once it resolves; this instance knows at once. Rejects where the ledger does not answer. */
  revoke(target: RevocationTarget, now: number): Promise<void>;
  /** What an account has used in a period; undefined where the ledger does not answer. */
  usage(account: string, period: string): Promise<Usage | undefined>;
  /** Whether nothing waits or is in flight: such a client can be let go. */
  isIdle(): boolean;
}

export interface LedgerClientOptions {
  /** Keeps a request's context alive until a promise settles, where the platform ends contexts when clients leave. */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
}

/** What of a ledger an instance needs. */
export type CalledLedger = Pick<Ledger, "reserve" | "revoke" | "usage">;

/** How old the list of revocations may be, in milliseconds. */
const FRESH_MS = 500;

/**
 * Makes a client. It is shared by all requests of an instance.
 *
 * @param ledger reaches the ledger. It is called for each call: on workerd a stub works in the request that made it only.
 */
export function createLedgerClient(
  ledger: () => CalledLedger,
  { waitUntil, clock = Date.now }: LedgerClientOptions = {},
): LedgerClient {
  const book = createRevocationBook();
  let version = 0;
  let listedAt = Number.NEGATIVE_INFINITY;
  const isFresh = (): boolean => Math.abs(clock() - listedAt) < FRESH_MS;

  const queue = createLedgerQueue({
    waitUntil,
    clock,
    isContent: isFresh,
    async call(reservations, settlements) {
      const askedAt = clock();
      const answer = await ledger().reserve(reservations, settlements, version);
      for (const revocation of answer.revocations) book.add(revocation, answer.version);
      version = answer.version;
      listedAt = Math.max(listedAt, askedAt);
      book.forget(askedAt);
      return answer.verdicts;
    },
  });

  return {
    async reserve(reservation) {
      assertReservation(reservation);
      const answer = await queue.reserve(reservation);
      return answer?.verdict;
    },
    settle(settlement) {
      assertSettlement(settlement);
      queue.settle(settlement);
    },
    flush: queue.flush,
    isRevoked(credential) {
      if (isFresh()) return book.revokes(credential);
      return queue.inquire().then((answer) => (answer === undefined ? undefined : book.revokes(credential)));
    },
    async revoke(target, now) {
      await ledger().revoke(target, now);
      book.add({ target, before: Math.floor(now / 1000) }, version);
    },
    usage: (account, period) =>
      ledger()
        .usage(account, period)
        .catch(() => undefined),
    isIdle: queue.isIdle,
  };
}
