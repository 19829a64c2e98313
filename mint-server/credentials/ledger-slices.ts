import type { Claim } from "./fit-reservation.ts";
import type { Charge, Reservation, Usage } from "./ledger.ts";
import type { LedgerCore } from "./ledger-core.ts";
import {
  type Caps,
  COUNTED,
  eachCount,
  isOfOrg,
  type LeaseAnswer,
  type LeaseOrder,
  type LeaseStorage,
  NONE,
  type ShardPlace,
} from "./ledger-lease.ts";

/** What reservations need of one of the organisation's accounts. */
export interface Demand {
  readonly account: string;
  readonly period: string;
  readonly caps: Caps;
  readonly need: Usage;
}

/** A shard's side: its slices of what its organisation may use. All of it is synchronous. */
export interface Slices {
  /** Narrows a claim to the slice, where the organisation's account is claimed. */
  within(claim: Claim): Claim;
  /** Those of the reservations' demands for which the slices do not do, and about which the root has not just said no. */
  short(reservations: readonly Reservation[], now: number): readonly Demand[];
  /** Begins an order for what a demand wants beyond its slice. Only what is kept may be used until its answer has come. */
  order(demand: Demand, now: number): LeaseOrder;
  /**
   * Begins orders that give back what is not used, and tell what was used of what has no cap. What is given back can be used
   * no more, whether they arrive or not.
   */
  returns(now: number): readonly LeaseOrder[];
  /** Takes an answer, unless a later order has begun. */
  take(order: LeaseOrder, answer: LeaseAnswer, now: number): void;
  hasReturns(): boolean;
  sweep(now: number): void;
}

interface Slice {
  readonly account: string;
  readonly period: string;
  version: number;
  granted: Usage;
  /** What was left at the root when it last answered. */
  left: Usage;
  /** Until when asking again is of no use. */
  dryUntil: number;
  /** Whether the root is known to have it as it is here; else an order was lost, or its answer was. */
  isAnswered: boolean;
  /** Whether it may be another than what is used, by anything that has happened to it. */
  isTouched: boolean;
}

const UNKNOWN = { left: NONE, dryUntil: 0, isAnswered: false, isTouched: true } as const;
const UNTOUCHED = { ...UNKNOWN, version: 0, granted: NONE, isAnswered: true, isTouched: false } as const;

/** After the root had less than was wanted, it is not asked again for so long. */
const DRY_MS = 250;

export function createSlices(
  core: Pick<LedgerCore, "usage" | "isInUse">,
  storage: LeaseStorage,
  { shard, shards }: Pick<ShardPlace, "shard" | "shards">,
): Slices {
  const slices = new Map<string, Slice>();
  for (const { account, period, version, granted } of storage.rows()) {
    slices.set(keyOf({ account, period }), { ...UNKNOWN, account, period, version, granted });
  }
  const sliceOf = ({ account, period }: Pick<Charge, "account" | "period">): Slice => {
    const key = keyOf({ account, period });
    const slice = slices.get(key) ?? { ...UNTOUCHED, account, period };
    slices.set(key, slice);
    return slice;
  };
  const usedOf = ({ account, period }: Pick<Charge, "account" | "period">): Usage => core.usage(account, period);
  /** What rests changes no more: all of it was settled before it was last looked at, for that goes before any folding. */
  const mayDiffer = (slice: Slice): boolean => slice.isTouched || core.isInUse(slice.account, slice.period);
  const differs = (slice: Slice): boolean => {
    const used = usedOf(slice);
    slice.isTouched = !slice.isAnswered || COUNTED.some((name) => slice.granted[name] !== used[name]);
    return slice.isTouched;
  };
  const differing = (): readonly Slice[] => [...slices.values()].filter(mayDiffer).filter(differs);

  const begin = (slice: Slice, order: Pick<LeaseOrder, "keep" | "want" | "caps">, now: number): LeaseOrder => {
    // By the clock, so that it rises also over what was forgotten.
    slice.version = Math.max(slice.version + 1, now);
    slice.granted = order.keep;
    slice.isAnswered = false;
    slice.isTouched = true;
    const { account, period, version, granted } = slice;
    storage.put({ account, period, shard, version, granted }, now);
    return { account, period, shard, shards, version, ...order };
  };

  return {
    within(claim) {
      const { charge } = claim;
      if (!isOfOrg(charge.account)) return claim;
      const slice = sliceOf(charge);
      const { granted, left } = slice;
      slice.isTouched = true;
      const caps = COUNTED.flatMap((name) => {
        const cap = charge[name];
        return cap === undefined ? [] : [[name, Math.min(cap, granted[name])]];
      });
      return { ...claim, charge: { ...charge, ...Object.fromEntries(caps) }, beyond: left };
    },
    short(reservations, now) {
      return demandsOf(reservations).filter((demand) => {
        const { granted, dryUntil } = sliceOf(demand);
        return dryUntil <= now && hasAny(wantOf(demand, { granted, used: usedOf(demand) }));
      });
    },
    order(demand, now) {
      const slice = sliceOf(demand);
      const used = usedOf(demand);
      const keep = eachCount((name) => Math.max(slice.granted[name], used[name]));
      const want = wantOf(demand, { granted: keep, used });
      return begin(slice, { keep, want, caps: demand.caps }, now);
    },
    returns: (now) => differing().map((slice) => begin(slice, { keep: usedOf(slice), want: NONE, caps: {} }, now)),
    take(order, { version, granted, left }, now) {
      const slice = sliceOf(order);
      if (version !== slice.version) {
        // Of a time that this clock has not reached yet; the next order is to be higher.
        slice.version = Math.max(slice.version, version);
        return;
      }
      slice.granted = granted;
      slice.isAnswered = true;
      slice.left = left;
      const isShort = COUNTED.some((name) => granted[name] < order.keep[name] + order.want[name]);
      slice.dryUntil = isShort ? now + DRY_MS : 0;
      const { account, period } = slice;
      storage.put({ account, period, shard, version, granted }, now);
    },
    hasReturns: () => differing().length > 0,
    sweep(now) {
      storage.sweep(now);
      const kept = new Set([...storage.rows()].map(keyOf));
      for (const key of slices.keys()) if (!kept.has(key)) slices.delete(key);
    },
  };
}

/** Periods hold no space. */
function keyOf({ account, period }: Pick<Charge, "account" | "period">): string {
  return `${period} ${account}`;
}

/** All that a group may need at worst, by account and period. */
function demandsOf(reservations: readonly Reservation[]): readonly Demand[] {
  const demands = new Map<string, Demand>();
  for (const reservation of reservations) {
    const worst = worstOf(reservation);
    for (const charge of reservation.charges) {
      if (!isOfOrg(charge.account)) continue;
      const { account, period } = charge;
      const before = demands.get(keyOf(charge)) ?? { account, period, caps: {}, need: NONE };
      const need = eachCount((name) => before.need[name] + worst[name]);
      demands.set(keyOf(charge), { account, period, caps: lower(before.caps, charge), need });
    }
  }
  return [...demands.values()];
}

function worstOf(reservation: Reservation): Usage {
  const { isPart, inputTokens, outputTokens, inputMicros, microsPerOutputToken } = reservation;
  return {
    requests: isPart ? 0 : 1,
    tokens: inputTokens + outputTokens,
    micros: inputMicros + Math.ceil(outputTokens * microsPerOutputToken),
  };
}

function lower(caps: Caps, charge: Caps): Caps {
  const names = COUNTED.filter((name) => caps[name] !== undefined || charge[name] !== undefined);
  return Object.fromEntries(
    names.map((name) => [
      name,
      Math.min(caps[name] ?? Number.POSITIVE_INFINITY, charge[name] ?? Number.POSITIVE_INFINITY),
    ]),
  );
}

function wantOf({ caps, need }: Demand, { granted, used }: { readonly granted: Usage; readonly used: Usage }): Usage {
  return eachCount((name) => (caps[name] === undefined ? 0 : Math.max(0, used[name] + need[name] - granted[name])));
}

function hasAny(usage: Usage): boolean {
  return COUNTED.some((name) => usage[name] > 0);
}
