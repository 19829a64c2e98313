import type { Usage } from "./ledger.ts";
import { type CalledLedger, createLedgerClient, type LedgerClient, type LedgerClientOptions } from "./ledger-client.ts";
import {
  eachCount,
  isOfOrg,
  NONE,
  type ShardableLedger,
  type ShardNamespace,
  type ShardPlace,
} from "./ledger-lease.ts";

/** Most reservations whose shard is known by their id; of older ones every shard is told. */
const MAX_KNOWN = 50_000;

/** An organisation's ledgers as one: each subject has a shard of its own, and what all count on is leased by the root. */
export function createShardedClient(
  ledgers: ShardNamespace,
  { root, shards: count }: Pick<ShardPlace, "root" | "shards">,
  options: LedgerClientOptions = {},
): LedgerClient {
  const reachRoot = (): ShardableLedger => ledgers.getByName(root);
  const rootClient = createLedgerClient(reachRoot, options);
  const shards = Array.from({ length: count }, (_, shard) => {
    const place = { root, shard, shards: count };
    const reach = (): ShardableLedger => ledgers.getByName(shardName(place));
    return { place, reach, client: createLedgerClient(() => asLedger(reach(), place), options) };
  });
  const clients = shards.map(({ client }) => client);
  const clientOf = (subject: string): LedgerClient => clients[shardOf(subject, count)] ?? rootClient;
  const placed = new Map<string, LedgerClient>();

  const usageOfOrg = async (account: string, period: string): Promise<Usage | undefined> => {
    try {
      // What is leased counts as used as long as it is not given back.
      await Promise.all(shards.map(({ reach, place }) => reach().handBack(place)));
    } catch {
      return undefined;
    }
    return rootClient.usage(account, period);
  };

  return {
    async reserve(reservation) {
      const client = clientOf(reservation.subject);
      const verdict = await client.reserve(reservation);
      if (verdict?.ok && reservation.charges.length > 0) {
        placed.set(reservation.id, client);
        if (placed.size > MAX_KNOWN) placed.delete(placed.keys().next().value ?? "");
      }
      return verdict;
    },
    settle(settlement) {
      const client = placed.get(settlement.id);
      placed.delete(settlement.id);
      // Where it is not known it changes nothing.
      for (const each of client ? [client] : clients) each.settle(settlement);
    },
    flush: () => forAll(clients, (client) => client.flush()),
    isRevoked: (credential) => clientOf(credential.subject).isRevoked(credential),
    async revoke(target, now) {
      // First where those learn of it who join later.
      await rootClient.revoke(target, now);
      await forAll(clients, (client) => client.revoke(target, now));
    },
    async usage(account, period) {
      if (isOfOrg(account)) return usageOfOrg(account, period);
      // A subject's counts lie where it was before the number of shards changed, too.
      const parts = await Promise.all([rootClient, ...clients].map((client) => client.usage(account, period)));
      return parts.reduce((sum, part) => sum && part && eachCount((name) => sum[name] + part[name]), NONE);
    },
    isIdle: () => [rootClient, ...clients].every((client) => client.isIdle()),
  };
}

async function forAll(clients: readonly LedgerClient[], act: (client: LedgerClient) => Promise<void>): Promise<void> {
  await Promise.all(clients.map(act));
}

/** No organisation's own name has a line break. */
export function shardName({ root, shard }: Pick<ShardPlace, "root" | "shard">): string {
  return `${root}\n${shard}`;
}

/** The shard of a subject, from 0: FNV-1a over UTF-16 units, mixed once more for the few lowest bits. */
export function shardOf(subject: string, shards: number): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < subject.length; at++) value = Math.imul(value ^ subject.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return ((value ^ (value >>> 13)) >>> 0) % shards;
}

/** A shard as a ledger's client knows ledgers. */
function asLedger(shard: ShardableLedger, place: ShardPlace): CalledLedger {
  return {
    reserve: (...rows) => shard.reserveInShard(place, ...rows),
    revoke: (target, now) => shard.revoke(target, now),
    usage: (account, period) => shard.usage(account, period),
  };
}
