import type { Reservation, ReserveAnswer, Settlement } from "./ledger.ts";
import { assertReservation, type LedgerCore } from "./ledger-core.ts";
import type { LeaseOrder, LeaseStorage, ShardableLedger, ShardPlace } from "./ledger-lease.ts";
import { createSlices, type Demand } from "./ledger-slices.ts";
import { revocationKey } from "./revocation-book.ts";

/** A ledger that serves some of an organisation's subjects, within what its root leases. */
export interface Shard {
  /** Rejects where the root has to be asked and does not answer. */
  reserve(
    reservations: readonly Reservation[],
    settlements: readonly Settlement[],
    since: number,
  ): Promise<ReserveAnswer>;
  /** Gives back what is not used, unless it has just done so. Rejects where the root does not answer; it is used no more all the same. */
  handBack(): Promise<void>;
  hasReturns(): boolean;
  sweep(now: number): void;
}

export interface ShardParts {
  readonly core: LedgerCore;
  readonly storage: LeaseStorage;
  readonly place: ShardPlace;
  /** Reaches the root. */
  readonly root: () => Pick<ShardableLedger, "lease" | "revocations">;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/** Whoever looks at usage has it given back: no more often than this. */
const HAND_BACK_MS = 1000;
/** Others may use up in the meantime what was leased for these; then it is asked for again, so often at most. */
const MAX_ORDERS = 3;

export function createShard({ core, storage, place, root, clock }: ShardParts): Shard {
  const slices = createSlices(core, storage, place);
  // Orders under way, by account and period: of each one at a time, for all who wait.
  const underWay = new Map<string, Promise<void>>();
  let joining: Promise<void> | undefined;
  let handedBackAt = Number.NEGATIVE_INFINITY;

  const send = (order: LeaseOrder): Promise<void> => {
    const key = keyOf(order);
    const sent = root()
      .lease(order)
      .then((answer) => slices.take(order, answer, clock()))
      .finally(() => {
        if (underWay.get(key) === sent) underWay.delete(key);
      });
    underWay.set(key, sent);
    return sent;
  };
  const ask = (demand: Demand): Promise<void> =>
    // Whoever waits for another's order looks again when it is answered, or was lost.
    underWay.get(keyOf(demand))?.catch(() => {}) ?? send(slices.order(demand, clock()));

  const leaseFor = async (reservations: readonly Reservation[]): Promise<void> => {
    for (let orders = 0; orders < MAX_ORDERS; orders++) {
      const demands = slices.short(reservations, clock());
      if (demands.length === 0) return;
      await Promise.all(demands.map(ask));
    }
  };

  /** Learns once what was revoked before this shard was one. */
  const join = async (): Promise<void> => {
    const { revocations } = await root().revocations(0);
    const known = new Map(core.revocations(0).revocations.map(({ target, before }) => [revocationKey(target), before]));
    for (const { target, before } of revocations) {
      // What is known is not written again each time that the shard begins anew.
      if ((known.get(revocationKey(target)) ?? 0) < before) core.revoke(target, before * 1000);
    }
  };

  return {
    async reserve(reservations, settlements, since) {
      reservations.forEach(assertReservation);
      joining ??= join().catch((error: unknown) => {
        joining = undefined;
        throw error;
      });
      await joining;
      core.reserve([], settlements, since);
      await leaseFor(reservations);
      return core.reserve(reservations, [], since, slices.within);
    },
    async handBack() {
      if (Math.abs(clock() - handedBackAt) < HAND_BACK_MS) return;
      handedBackAt = clock();
      await Promise.all([...underWay.values()].map((order) => order.catch(() => {})));
      await Promise.all(slices.returns(clock()).map(send));
    },
    hasReturns: slices.hasReturns,
    sweep: slices.sweep,
  };
}

function keyOf({ account, period }: Pick<Demand, "account" | "period">): string {
  return `${period} ${account}`;
}
