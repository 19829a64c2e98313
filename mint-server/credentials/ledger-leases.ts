import type { LedgerCore } from "./ledger-core.ts";
import { createGrants, type Grants } from "./ledger-grants.ts";
import type { ShardNamespace, ShardPlace } from "./ledger-lease.ts";
import { createLeaseStorage, createPlaceStorage } from "./ledger-lease-sql.ts";
import { createShard, type Shard } from "./ledger-shard.ts";

// What a Durable Object loads where its organisation has shards: most have none.

export function openGrants(core: LedgerCore, sql: SqlStorage): Grants {
  return createGrants(core, createLeaseStorage(sql));
}

export interface ShardObject {
  readonly core: LedgerCore;
  readonly sql: SqlStorage;
  /** The Worker's binding `LEDGER`, by which the root is reached. */
  readonly ledgers: ShardNamespace | undefined;
  readonly place: ShardPlace;
}

export function openShard({ core, sql, ledgers, place }: ShardObject): Shard {
  if (!ledgers) throw new Error("a shard needs the binding LEDGER to reach its root");
  createPlaceStorage(sql).write(place);
  const root = () => ledgers.getByName(place.root);
  return createShard({ core, storage: createLeaseStorage(sql), place, root, clock: Date.now });
}

export function placeOf(sql: SqlStorage): ShardPlace | undefined {
  return createPlaceStorage(sql).read();
}
