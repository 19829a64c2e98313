import { createApp } from "./app.ts";
import type { MintServerConfig } from "./config.ts";
import type { LedgerNamespace } from "./credentials/ledger.ts";
import { createServices, type Services } from "./server.ts";

/** A mint-server to embed: its `fetch` answers every route of the API. */
export interface MintServer {
  readonly fetch: (request: Request) => Promise<Response>;
}

/** What the platform lends, where it has it. */
export interface Platform {
  /** Durable Objects of class `Ledger`; without them, what must outlive a restart does not. */
  readonly ledgers?: LedgerNamespace;
}

/**
 * Makes a mint-server from a configuration in code.
 *
 * @throws {SettingsError} if a field is wrong, with one line that names it.
 * @example
 * const server = createMintServer({
 *   secrets: [env.MINT_SECRET],
 *   publicURLs: ["https://app.example"],
 *   orgs: { default: { endpoints: [{ name: "openai", provider: "openai", apiKey: env.OPENAI_API_KEY }] } },
 * });
 * export default server;
 */
export function createMintServer(config: MintServerConfig, { ledgers }: Platform = {}): MintServer {
  const app = createApp();
  let services: Services | undefined;
  const starting = createServices(config, ledgers).then((started) => {
    services = started;
    return started;
  });
  return { fetch: async (request) => app(request, services ?? (await starting)) };
}
