import type { Usage } from "./ledger.ts";
import type { LedgerCore } from "./ledger-core.ts";
import {
  type Caps,
  COUNTED,
  eachCount,
  type LeaseAnswer,
  type LeaseOrder,
  type LeaseStorage,
  NONE,
} from "./ledger-lease.ts";

/** The root's side: what it has leased to its shards. Every order is one synchronous step. */
export interface Grants {
  /**
   * @param now milliseconds since the epoch
   * @throws {RangeError} if a number is not one that can be counted
   */
  lease(order: LeaseOrder, now: number): LeaseAnswer;
  /** Forgets what of old periods is forgotten otherwise. */
  sweep(now: number): void;
}

/** Whoever asks gets more than it wants, of which so many others could have as much: few ask often, and none is left out. */
const SPARE_PARTS = 4;

/**
 * What is leased counts as used at the root, so that all slices together, and what the root grants itself, stay within the cap.
 * Of two orders of a shard the one with the higher version stands, in whatever order they come: any may be lost or come twice.
 */
export function createGrants(core: Pick<LedgerCore, "usage" | "adjust">, storage: LeaseStorage): Grants {
  const held = new Map<string, { readonly version: number; readonly granted: Usage }>();
  const read = (): void => {
    held.clear();
    for (const { version, granted, ...slice } of storage.rows()) held.set(keyOf(slice), { version, granted });
  };
  read();
  return {
    sweep(now) {
      storage.sweep(now);
      read();
    },
    lease(order, now) {
      assertOrder(order);
      const { account, period, shard, version, caps } = order;
      const before = held.get(keyOf(order)) ?? { version: 0, granted: NONE };
      const used = core.usage(account, period);
      if (version <= before.version) return { ...before, left: leftOf(caps, used) };
      const granted = grantedTo(
        order,
        eachCount((name) => used[name] - before.granted[name]),
      );
      const change = eachCount((name) => granted[name] - before.granted[name]);
      core.adjust([account, period], change, now);
      storage.put({ account, period, shard, version, granted }, now);
      held.set(keyOf(order), { version, granted });
      return {
        version,
        granted,
        left: leftOf(
          caps,
          eachCount((name) => used[name] + change[name]),
        ),
      };
    },
  };
}

/** What a shard keeps stays its own, whatever the cap: it may be spent. */
function grantedTo({ keep, want, caps, shards }: LeaseOrder, others: Usage): Usage {
  return eachCount((name) => {
    const room = Math.max(0, (caps[name] ?? 0) - others[name] - keep[name]);
    const wanted = Math.min(room, want[name]);
    const spare = wanted > 0 ? Math.floor((room - wanted) / (SPARE_PARTS * shards)) : 0;
    return keep[name] + wanted + spare;
  });
}

function leftOf(caps: Caps, used: Usage): Usage {
  return eachCount((name) => Math.max(0, (caps[name] ?? 0) - used[name]));
}

function keyOf({ account, period, shard }: Pick<LeaseOrder, "account" | "period" | "shard">): string {
  return `${shard} ${period} ${account}`;
}

function assertOrder({ keep, want, caps, version, shards }: LeaseOrder): void {
  const counts = [version, shards, ...COUNTED.flatMap((name) => [keep[name], want[name]])];
  const areCaps = COUNTED.every((name) => (caps[name] ?? 0) >= 0);
  if (areCaps && counts.every((count) => Number.isSafeInteger(count) && count >= 0)) return;
  throw new RangeError("A lease counts in whole numbers from 0.");
}
