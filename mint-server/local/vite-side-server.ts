import { join, resolve } from "node:path";
import type { CommonServerOptions, PreviewServer, ResolvedConfig, ViteDevServer } from "vite";
import { SettingsError } from "../settings-error.ts";
import { originsOf } from "./address.ts";
import type { Environment } from "./environment.ts";
import { type Listener, listen } from "./listener.ts";
import { PATHS } from "./paths.ts";
import { type LocalServer, runServer } from "./run-server.ts";

/** A Vite server, and where it is to listen. */
type Front = ViteDevServer | PreviewServer;

interface Behind {
  readonly env: Environment;
  /** Where the Vite server is to listen. */
  readonly address: CommonServerOptions;
}

/** A mint-server that is to run behind a Vite server. */
export interface SideServer {
  /** Its own origin. Who connects before it runs, waits. */
  readonly target: string;
  /** Starts it once the address is known that browsers see, and stops it with the Vite server. */
  serveBehind(front: Front, behind: Behind): void;
  stop(): Promise<void>;
}

/** Takes a port at once: Vite wants to know where to send requests long before it knows its own port. */
export async function sideServer(): Promise<SideServer> {
  const listener = await listen({ host: "127.0.0.1", port: 0 });
  // The configuration is read for other ends than serving, too.
  listener.unref();
  let starting: Promise<LocalServer | undefined> = Promise.resolve(undefined);
  const stop = async (): Promise<void> => {
    process.off("SIGINT", onInterrupt);
    listener.close();
    await (await starting)?.stop();
  };
  // Vite ends by it without closing anything.
  const onInterrupt = async (): Promise<void> => {
    await stop();
    // As it would have been without us, unless somebody else has the last word.
    if (process.listenerCount("SIGINT") === 0) process.kill(process.pid, "SIGINT");
  };
  return {
    target: `http://127.0.0.1:${listener.port}`,
    serveBehind(front, behind) {
      const { httpServer, config } = front;
      if (!httpServer) {
        config.logger.warn(
          "mintgate: in Vite's middleware mode, run `mintgate dev` and give its origin as `mintServer`",
        );
        return;
      }
      httpServer.once("listening", () => {
        const bound = httpServer.address();
        // Vite listens on a port, and on nothing else.
        const port = bound !== null && typeof bound === "object" ? bound.port : 0;
        process.on("SIGINT", onInterrupt);
        starting = start(config, { ...behind, port, listener });
      });
      httpServer.once("close", () => void stop());
    },
    stop,
  };
}

interface Start extends Behind {
  readonly port: number;
  readonly listener: Listener;
}

async function start(
  config: ResolvedConfig,
  { env, address, port, listener }: Start,
): Promise<LocalServer | undefined> {
  try {
    const origins = originsBefore(address, port);
    const local = await runServer({
      env: { PUBLIC_URL: origins.join(","), ...env, HOST: "127.0.0.1" },
      // One each: a build may be looked at while developing.
      stateFolder: join(resolve(config.root, env.MINTGATE_STATE?.trim() || ".mintgate"), config.mode),
      // Vite serves the app; nobody asks the mint-server for it.
      assets: PATHS.browser,
      listener,
      onOutput: (text) => config.logger.warn(text.trimEnd()),
    });
    config.logger.info(`  mintgate answers /v1${hasProvider(local) ? "" : " with its built-in model `guide`"}`);
    return local;
  } catch (error) {
    // Calls of models fail then, at once; the app is served all the same.
    listener.close();
    config.logger.error(`mintgate: ${error instanceof SettingsError ? error.message : String(error)}`);
    return undefined;
  }
}

function hasProvider({ config }: LocalServer): boolean {
  return Object.values(config.orgs).some((org) => (org.endpoints ?? []).length > 0);
}

/** The origins under which browsers reach the Vite server: the mint-server checks proofs against them. */
function originsBefore({ host, https }: CommonServerOptions, port: number): string[] {
  const named = typeof host === "string" ? host : host === true ? "0.0.0.0" : "localhost";
  return originsOf({ host: named, port }).map((origin) => (https ? origin.replace(/^http:/, "https:") : origin));
}
