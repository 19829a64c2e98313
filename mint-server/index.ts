import { waitUntil } from "cloudflare:workers";
import { answersObject } from "./answers-object.ts";
import { callsObject } from "./calls-object.ts";
import type { MintServerConfig } from "./config.ts";
import { errorBody } from "./contract/openai-error.ts";
import { DirectoryObject } from "./directory-object.ts";
import { createMintServer, type MintServer } from "./embed.ts";
import { guide } from "./guide/guide.ts";
import { LedgerObject } from "./ledger-object.ts";
import { lentBy, type PlatformBindings } from "./platform-bindings.ts";
import type { JsVoice } from "./realtime/js-voice.ts";
import type { Platform } from "./server.ts";
import { readSettings, type Settings } from "./settings.ts";
import { SettingsError } from "./settings-error.ts";

/** The Worker's bindings: settings as text, and what its platform lends. */
export interface Env extends Settings, PlatformBindings {}

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
  return createMintServer(configOf(env), { ...lentBy(env), ...platform, waitUntil });
}

function configOf(env: Env): MintServerConfig {
  return { ...readSettings(env), models: { guide }, voices: { echo } };
}

/** Loaded for the sessions that are its own. */
const echo: JsVoice = async (session) => (await import("./realtime/echo.ts")).echo(session);

function answerBadSettings({ message }: SettingsError): Response {
  console.error(`mintgate: ${message}`);
  const details = {
    message: "The server's settings are wrong; its log says which.",
    type: "server_error",
    code: "bad_settings",
  };
  return Response.json(errorBody(details), { status: 500, headers: { "cache-control": "no-store" } });
}

/** Has the answers under way. */
export const Answers: ReturnType<typeof answersObject<Env>> = answersObject(configOf);

/** Watches over calls. */
export const Calls: ReturnType<typeof callsObject<Env>> = callsObject(configOf);

export { DirectoryObject as Directory, LedgerObject as Ledger };

/** The same Worker where one process alone serves, as with `npm start`. */
export const onlyInstance: Handler = handlerOn({ isOnlyInstance: true });

// biome-ignore lint/style/noDefaultExport: workerd takes the handler from the default export.
export default handlerOn();
