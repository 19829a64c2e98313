import { build } from "./build.ts";
import { PATHS } from "./paths.ts";
import { type LocalServer, runServer, type ServerOptions } from "./run-server.ts";

/** As {@link ServerOptions}; without `assets` the demo is served. */
type StartOptions = Omit<ServerOptions, "assets"> & Partial<Pick<ServerOptions, "assets">>;

/**
 * Builds what is stale and starts the mint-server on workerd. Resolves when `/health` answers.
 *
 * @throws {SettingsError} if a setting is wrong, the port is taken, or the state folder is in use.
 */
export function startServer(options: StartOptions): Promise<LocalServer> {
  const { assets } = options;
  return runServer({ ...options, assets: assets ?? PATHS.demo }, () => build({ demo: assets === undefined }));
}
