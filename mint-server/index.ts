import { waitUntil } from "cloudflare:workers";
import { errorBody } from "./contract/openai-error.ts";
import type { LedgerNamespace } from "./credentials/ledger.ts";
import { DirectoryObject } from "./directory-object.ts";
import { createMintServer, type MintServer } from "./embed.ts";
import { guide } from "./guide/guide.ts";
import { LedgerObject } from "./ledger-object.ts";
import type { DirectoryNamespace } from "./orgs/directory.ts";
import type { Platform } from "./server.ts";
import { readSettings, type Settings } from "./settings.ts";
import { SettingsError } from "./settings-error.ts";

/** The Worker's bindings: settings as text, its ledger and its directory of organisations. */
export interface Env extends Settings {
  readonly LEDGER?: LedgerNamespace;
  readonly DIRECTORY?: DirectoryNamespace;
}

interface Handler {
  fetch(request: Request, env: Env): Promise<Response>;
}

function handlerOn(platform: Pick<Platform, "isOnlyInstance"> = {}): Handler {
  let server: MintServer | undefined;
  return {
    async fetch(request, env) {
      try {
        server ??= serverFor(env, platform);
      } catch (error) {
        if (!(error instanceof SettingsError)) throw error;
        return answerBadSettings(error);
      }
      return server.fetch(request);
    },
  };
}

function serverFor(env: Env, platform: Platform): MintServer {
  const config = { ...readSettings(env), models: { guide } };
  const { LEDGER: ledgers, DIRECTORY: directories } = env;
  const lent = { ...platform, waitUntil, ...(ledgers && { ledgers }), ...(directories && { directories }) };
  return createMintServer(config, lent);
}

function answerBadSettings({ message }: SettingsError): Response {
  console.error(`mintgate: ${message}`);
  const details = {
    message: "The server's settings are wrong; its log says which.",
    type: "server_error",
    code: "bad_settings",
  };
  return Response.json(errorBody(details), { status: 500, headers: { "cache-control": "no-store" } });
}

export { DirectoryObject as Directory, LedgerObject as Ledger };

/** The same Worker where one process alone serves, as with `npm start`. */
export const onlyInstance: Handler = handlerOn({ isOnlyInstance: true });

// biome-ignore lint/style/noDefaultExport: workerd takes the handler from the default export.
export default handlerOn();
