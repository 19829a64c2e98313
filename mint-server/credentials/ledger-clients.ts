import type { LedgerNamespace } from "./ledger.ts";
import { createLedgerClient, type LedgerClient, type LedgerClientOptions } from "./ledger-client.ts";

/** Most clients that are kept. Anyone may bring a provider's key, and each that issues credentials has a ledger. */
const MAX_CLIENTS = 1024;

/** Makes the client of an organisation whose ledger has shards; undefined for one that has none. */
export type ShardedClients = (name: string, options: LedgerClientOptions) => LedgerClient | undefined;

/** An instance's clients, one for each ledger by its name. */
export function createLedgerClients(
  ledgers: LedgerNamespace,
  options: LedgerClientOptions = {},
  shardedClient?: ShardedClients,
): (name: string) => LedgerClient {
  const clients = new Map<string, LedgerClient>();
  return (name) => {
    const known = clients.get(name);
    if (known) return known;
    if (clients.size >= MAX_CLIENTS) {
      for (const [other, client] of clients) if (client.isIdle()) clients.delete(other);
    }
    const client = shardedClient?.(name, options) ?? createLedgerClient(() => ledgers.getByName(name), options);
    clients.set(name, client);
    return client;
  };
}
