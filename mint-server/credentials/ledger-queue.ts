import type { Reservation, Settlement, Verdict } from "./ledger.ts";

/** What a call brought for one who waited for it; `verdict` where a reservation was sent. */
export interface LedgerNews {
  readonly verdict: Verdict | undefined;
}

/** Calls to one ledger, one at a time: who comes while one is in flight goes with the next. */
export interface LedgerQueue {
  /** Goes with the next call; undefined where the ledger does not answer. */
  reserve(reservation: Reservation): Promise<LedgerNews | undefined>;
  /** The next call's news, or those of the one in flight where they will do. */
  inquire(): Promise<LedgerNews | undefined>;
  settle(settlement: Settlement): void;
  flush(): Promise<void>;
  isIdle(): boolean;
}

export interface LedgerQueueParts {
  call(reservations: readonly Reservation[], settlements: readonly Settlement[]): Promise<readonly Verdict[]>;
  /** Whether the latest call's news will do for those who inquire and are still in the queue. */
  isContent(): boolean;
  readonly waitUntil: ((promise: Promise<unknown>) => void) | undefined;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/** Most rows of one call, so that none holds the ledger for long. */
const MAX_ROWS = 500;
/** A call that takes longer may have lost its caller: the next one no longer waits for it. */
const STUCK_MS = 1000;
const DEADLINE_MS = 5000;
/** After a call that many shared, the next one waits for as many again: a millisecond for each of so many rows, and no longer. */
const ROWS_PER_GATHERING_MS = 4;
const MAX_GATHERING_MS = 4;
/** Long enough for the next request's call to come by. */
const FLUSH_MS = 50;

interface Call {
  readonly startedAt: number;
  settlements: readonly Settlement[];
}

/** What one waits for: a verdict, any news of the ledger, or that what was settled before is delivered. */
type Wish = Reservation | "news" | "delivery";

/** Both promises are of the waiter's own context, where alone they are waited for. */
interface Waiter {
  readonly wish: Wish;
  readonly since: number;
  readonly news: PromiseWithResolvers<LedgerNews | undefined>;
  readonly lead: PromiseWithResolvers<Call>;
}

/**
 * The first who comes leads, at once unless the call before was shared, and when its call returns it hands on to the first in
 * the queue. A call and its commit are the price, whatever it carries: few large ones cost less than many small ones.
 *
 * On workerd every request has a context of its own, and three things follow. A call is made in the context of who leads it.
 * Whoever waits holds a timer, for a context that only waits for another's promise is ended as hung, at once. And a context may
 * end with its client, in the middle of a call: `waitUntil` prevents it, and where it could not, the waiters' timers see that
 * nobody leads.
 */
export function createLedgerQueue({ call, isContent, waitUntil, clock }: LedgerQueueParts): LedgerQueue {
  const queue: Waiter[] = [];
  let settled: Settlement[] = [];
  let busy: Call | undefined;
  let flushAt: number | undefined;
  // Rows of the latest call, where it was shared.
  let shared = 0;

  const begin = (): Call => {
    putBack(busy);
    busy = { startedAt: clock(), settlements: [] };
    return busy;
  };
  const putBack = (lost: Call | undefined): void => {
    if (!lost) return;
    settled = [...lost.settlements, ...settled];
    lost.settlements = [];
  };
  const send = async (mine: Call): Promise<void> => {
    // Where many come, more are about to: few within a turn of the event loop, many within the time that theirs takes.
    if (shared > 0) await gathering(shared);
    if (busy !== mine) return;
    const batch = queue.splice(0, MAX_ROWS);
    const reserving = batch.filter(isReserving);
    mine.settlements = settled.splice(0, MAX_ROWS);
    const verdicts = await call(
      reserving.map(({ wish }) => wish),
      mine.settlements,
    ).catch(() => undefined);
    shared = verdicts !== undefined && batch.length > 1 ? batch.length : 0;
    if (verdicts) mine.settlements = [];
    else putBack(mine);
    for (const [index, { news }] of reserving.entries()) news.resolve(verdicts && { verdict: verdicts[index] });
    const inquirers = verdicts && isContent() ? takeInquirers(queue) : [];
    for (const { news } of [...batch, ...inquirers]) news.resolve(verdicts && { verdict: undefined });
    if (busy !== mine) return;
    busy = undefined;
    queue[0]?.lead.resolve(begin());
  };

  /** Runs in the waiter's own context. */
  const watch = (waiter: Waiter): void => {
    const index = queue.indexOf(waiter);
    if (clock() - waiter.since >= DEADLINE_MS) {
      if (index >= 0) queue.splice(index, 1);
      waiter.news.resolve(undefined);
    } else if (index >= 0 && (!busy || clock() - busy.startedAt >= STUCK_MS)) void send(begin());
  };

  const attend = async (waiter: Waiter): Promise<LedgerNews | undefined> => {
    const timer = setInterval(() => watch(waiter), STUCK_MS);
    try {
      if (!busy) void send(begin());
      const first = await Promise.race([waiter.lead.promise, waiter.news.promise]);
      // Whose turn came too slowly finds that another took over.
      if (first && "startedAt" in first && busy === first) void send(first);
      return await waiter.news.promise;
    } finally {
      clearInterval(timer);
    }
  };

  const ask = (wish: Wish): Promise<LedgerNews | undefined> => {
    const waiter: Waiter = {
      wish,
      since: clock(),
      news: Promise.withResolvers(),
      lead: Promise.withResolvers(),
    };
    queue.push(waiter);
    const attended = attend(waiter);
    waitUntil?.(attended);
    return attended;
  };

  const flush = async (): Promise<void> => {
    let answered: LedgerNews | undefined = { verdict: undefined };
    while (answered && (settled.length > 0 || busy?.settlements.length)) answered = await ask("delivery");
  };

  return {
    reserve: ask,
    inquire: () => ask("news"),
    flush,
    settle(settlement) {
      settled.push(settlement);
      // One flush for all; one that is overdue was lost with its context.
      if (flushAt !== undefined && clock() < flushAt + STUCK_MS) return;
      flushAt = clock() + FLUSH_MS;
      const flushed = new Promise((resolve) => setTimeout(resolve, FLUSH_MS)).then(() => {
        flushAt = undefined;
        return flush();
      });
      waitUntil?.(flushed);
    },
    isIdle: () => !busy && queue.length === 0 && settled.length === 0,
  };
}

function gathering(rows: number): Promise<unknown> {
  const ms = Math.min(MAX_GATHERING_MS, Math.floor(rows / ROWS_PER_GATHERING_MS));
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function isReserving(waiter: Waiter): waiter is Waiter & { readonly wish: Reservation } {
  return typeof waiter.wish !== "string";
}

/** Takes those out of the queue to whom any news will do. */
function takeInquirers(queue: Waiter[]): readonly Waiter[] {
  const inquirers = queue.filter(({ wish }) => wish === "news");
  if (inquirers.length > 0) queue.splice(0, queue.length, ...queue.filter(({ wish }) => wish !== "news"));
  return inquirers;
}
