import { waitUntil } from "cloudflare:workers";
import { errorBody } from "./contract/openai-error.ts";
import type { LedgerNamespace } from "./credentials/ledger.ts";
import { createMintServer, type MintServer } from "./embed.ts";
import { guide } from "./guide/guide.ts";
import { LedgerObject } from "./ledger-object.ts";
import { readSettings, type Settings } from "./settings.ts";
import { SettingsError } from "./settings-error.ts";

/** The Worker's bindings: settings as text, and its ledger. */
export interface Env extends Settings {
  readonly LEDGER?: LedgerNamespace;
}

let server: MintServer | undefined;

function serverFor(env: Env): MintServer {
  const config = { ...readSettings(env), models: { guide } };
  return createMintServer(config, { waitUntil, ...(env.LEDGER && { ledgers: env.LEDGER }) });
}

export { LedgerObject as Ledger };

// biome-ignore lint/style/noDefaultExport: workerd takes the handler from the default export.
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    try {
      server ??= serverFor(env);
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      console.error(`mintgate: ${error.message}`);
      const details = {
        message: "The server's settings are wrong; its log says which.",
        type: "server_error",
        code: "bad_settings",
      };
      return Response.json(errorBody(details), { status: 500, headers: { "cache-control": "no-store" } });
    }
    return server.fetch(request);
  },
};
