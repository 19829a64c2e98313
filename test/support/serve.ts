import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PATHS } from "../../mint-server/local/paths.ts";
import type { LocalServer } from "../../mint-server/local/run-server.ts";
import { startServer } from "../../mint-server/local/server.ts";

export interface ServeOptions {
  /** Settings; none of the process's own environment reaches the server. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Folder to serve at `/`; unless given, one with a bare page. */
  readonly assets?: string;
  /** An earlier server's, to start again on what it left; unless given, a fresh one that `stop` removes. */
  readonly stateFolder?: string;
  /** An earlier server's, to come back under the same origin; unless given, any free one. */
  readonly port?: number;
}

export interface TestServer extends LocalServer {
  readonly stateFolder: string;
  /** What workerd and the Worker have printed so far. */
  output(): string;
}

/** The built demo, as `npm start` serves it. */
export const DEMO_PAGES: string = PATHS.demo;

const BARE_PAGE = fileURLToPath(new URL("./page", import.meta.url));

/**
 * Starts the real server, on workerd.
 *
 * @example
 * const server = await serve({ settings: { OPENAI_API_KEY: "sk-test", OPENAI_BASE_URL: standIn.url } });
 * const answer = await fetch(`${server.url}/v1/models`, { headers: { authorization: `Bearer ${server.projectKey}` } });
 * await server.stop();
 */
export async function serve(options: ServeOptions = {}): Promise<TestServer> {
  const { settings = {}, assets = BARE_PAGE, port = 0 } = options;
  const stateFolder = options.stateFolder ?? (await mkdtemp(join(tmpdir(), "mintgate-test-")));
  let output = "";
  const onOutput = (text: string): void => {
    output += text;
  };
  const server = await startServer({ env: settings, port, stateFolder, assets, onOutput });
  return {
    ...server,
    stateFolder,
    output: () => output,
    async stop() {
      await server.stop();
      if (options.stateFolder === undefined) await rm(stateFolder, { recursive: true, force: true });
    },
  };
}
