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

/* What an entry on workerd is made of: the ready-made one, and those that people write themselves. */

/** The Worker's bindings: settings as text, and what its platform lends. */
export interface Env extends Settings, PlatformBindings {}

/** A Worker's handler. */
export interface Handler<E> {
  fetch(request: Request, env: E): Promise<Response>;
}

/**
 * The handler of a Worker whose configuration is made from its bindings, at the first request. Settings that are wrong are
 * told to the log, and callers get a 500.
 */
export function createHandler<E extends PlatformBindings>(
  configOf: (env: E) => MintServerConfig,
  platform: Pick<Platform, "isOnlyInstance"> = {},
): Handler<E> {
  let server: MintServer | undefined;
  return {
    async fetch(request, env) {
      try {
        server ??= createMintServer(configOf(env), { ...lentBy(env), ...platform, waitUntil });
      } catch (error) {
        if (!(error instanceof SettingsError)) throw error;
        return answerBadSettings(error);
      }
      return server.fetch(request);
    },
  };
}

/**
 * The parts of a Worker that has a configuration of its own. Export the classes under these names, and bind them as `ANSWERS`
 * and `CALLS`; {@link Ledger} as `LEDGER`, {@link Directory} as `DIRECTORY`.
 *
 * @example
 * const worker = createWorker((env: Env) => ({ ...configOf(env), models: { parrot } }));
 * export const { Answers, Calls } = worker;
 * export { Directory, Ledger } from "mintgate/mint-server/worker";
 * export default worker.handler;
 */
export function createWorker<E extends PlatformBindings>(
  configOf: (env: E) => MintServerConfig,
): {
  readonly handler: Handler<E>;
  readonly Answers: ReturnType<typeof answersObject<E>>;
  readonly Calls: ReturnType<typeof callsObject<E>>;
} {
  return { handler: createHandler(configOf), Answers: answersObject(configOf), Calls: callsObject(configOf) };
}

/**
 * The configuration that a Worker's settings say, with the built-in model `guide` and the built-in voice.
 *
 * @throws {SettingsError} if one is wrong.
 */
export function configOf(env: Env): MintServerConfig {
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

// biome-ignore lint/style/noDefaultExport: a Worker's entry can hand it on as it is.
export default createHandler(configOf);
