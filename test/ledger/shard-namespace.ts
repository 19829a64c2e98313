import { createLedgerCore, type LedgerCore } from "../../mint-server/credentials/ledger-core.ts";
import { createGrants } from "../../mint-server/credentials/ledger-grants.ts";
import type { ShardableLedger, ShardNamespace, ShardPlace } from "../../mint-server/credentials/ledger-lease.ts";
import { createShard, type Shard } from "../../mint-server/credentials/ledger-shard.ts";
import { makeShardDisk } from "./storages.ts";

/** Ledgers in this process, each a root or a shard by how it is called, as Durable Objects are. */
export function createShardLedgers(clock: () => number) {
  const cores = new Map<string, LedgerCore>();
  const ledgers = new Map<string, ShardableLedger>();
  const calls: string[] = [];
  /** Names of ledgers that do not answer. */
  const gone = new Set<string>();

  const make = (name: string): ShardableLedger => {
    const { rows, leases } = makeShardDisk()();
    const core = createLedgerCore(rows);
    cores.set(name, core);
    const grants = createGrants(core, leases);
    let shard: Shard | undefined;
    const asShard = (place: ShardPlace): Shard => {
      shard ??= createShard({ core, storage: leases, place, root: () => namespace.getByName(place.root), clock });
      return shard;
    };
    const answering = async <Answer>(what: string, answer: () => Answer | Promise<Answer>): Promise<Answer> => {
      calls.push(`${name} ${what}`);
      if (gone.has(name)) throw new Error("the ledger is gone");
      return answer();
    };
    return {
      reserve: (...rows) => answering("reserve", () => core.reserve(...rows)),
      reserveInShard: (place, ...rows) => answering("reserveInShard", () => asShard(place).reserve(...rows)),
      lease: (order) => answering("lease", () => grants.lease(order, clock())),
      handBack: (place) => answering("handBack", () => asShard(place).handBack()),
      revoke: (target, now) => answering("revoke", () => core.revoke(target, now)),
      revocations: (since) => answering("revocations", () => core.revocations(since)),
      usage: (account, period) => answering("usage", () => core.usage(account, period)),
      enter: (bucket, perMinute, now) => answering("enter", () => core.enter(bucket, perMinute, now)),
      pinSessionKey: () => answering("pinSessionKey", () => true),
    };
  };
  const namespace: ShardNamespace = {
    getByName(name) {
      const ledger = ledgers.get(name) ?? make(name);
      ledgers.set(name, ledger);
      return ledger;
    },
  };
  const count = (call: string): number => calls.filter((one) => one === call).length;
  return { namespace, cores, calls, count, gone };
}
