import type { MintServerConfig } from "../config.ts";
import { readSettings, settingNames } from "../settings.ts";
import { SettingsError } from "../settings-error.ts";
import { originsOf, readAddress } from "./address.ts";
import { type Environment, withConfigText } from "./environment.ts";
import { type InnerSocket, reserveInnerSocket, untilListening } from "./front.ts";
import { type Listener, listen } from "./listener.ts";
import { readModules } from "./modules.ts";
import { PATHS } from "./paths.ts";
import {
  claimState,
  keptSecret,
  openState,
  reclaimState,
  releaseState,
  type State,
  writeConfig,
  writeModules,
} from "./state.ts";
import { startWorkerd, type Workerd } from "./workerd.ts";
import { workerdConfig } from "./workerd-config.ts";

export interface ServerOptions {
  /** Every setting; nothing is read from the process's own environment. */
  readonly env: Environment;
  /** Replaces `PORT`; 0 takes any free one. */
  readonly port?: number;
  /** Absolute path of the folder for what outlives the server. Made if it is not there. */
  readonly stateFolder: string;
  /** Absolute path of a folder of files to serve at `/`. */
  readonly assets: string;
  /** Serves these files without the demo's Content Security Policy: what they may load is theirs to say. */
  readonly withoutPolicy?: boolean;
  /** A socket of the caller's to serve on; unless given, one of `HOST` and `port`. */
  readonly listener?: Listener;
  /** Gets what workerd and the Worker print; by default it goes to stderr. */
  readonly onOutput?: (text: string) => void;
}

/** A running server. */
export interface LocalServer {
  /** Its main origin, such as `http://127.0.0.1:8787`. */
  readonly url: string;
  /** The project key that was made for organisation `default`; absent where `MINT_CONFIG` names the organisations. */
  readonly projectKey: string | undefined;
  readonly config: MintServerConfig;
  /** Process id of workerd. */
  readonly pid: number;
  /** Settles once workerd is gone, with a few words on how it ended. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts the mint-server that is built on workerd. Resolves when `/health` answers.
 *
 * @param prepare what is to be done when the settings were found good, and before anything of the build is read
 * @throws {SettingsError} if a setting is wrong, the port is taken, or the state folder is in use.
 */
export async function runServer(options: ServerOptions, prepare?: () => Promise<void>): Promise<LocalServer> {
  const { env, stateFolder } = options;
  const state = openState(stateFolder);
  await reclaimState(state);
  const address = readAddress(env);
  const listener = options.listener ?? (await listen({ host: address.host, port: options.port ?? address.port }));
  const inner = await reserveInnerSocket();
  const shut = (): void => {
    listener.close();
    inner.remove();
  };
  try {
    const settings = withDefaults(withConfigText(env), state, listener);
    const config = readSettings(settings);
    await prepare?.();
    const workerd = await launch(options, { state, listener, inner, settings });
    void workerd.ended.then(shut);
    return {
      url: urlOf(listener),
      projectKey: settings.MINTGATE_PROJECT_KEY,
      config,
      pid: workerd.pid,
      ended: workerd.ended,
      async stop() {
        await workerd.stop();
        releaseState(state);
      },
    };
  } catch (error) {
    shut();
    throw error;
  }
}

/** Fills in what a mint-server cannot do without, and `npm start` need not ask for. */
function withDefaults(env: Environment, state: State, listener: Listener): Environment {
  const missing = (name: string): boolean => !env[name]?.trim();
  return {
    ...env,
    ...(missing("MINT_SECRET") && { MINT_SECRET: keptSecret(state, { name: "mint-secret" }) }),
    ...(missing("PUBLIC_URL") && { PUBLIC_URL: originsOf(listener).join(",") }),
    ...(missing("MINTGATE_SESSIONS") && { MINTGATE_SESSIONS: "anonymous" }),
    ...(missing("MINT_CONFIG") &&
      missing("MINTGATE_PROJECT_KEY") && {
        MINTGATE_PROJECT_KEY: keptSecret(state, { name: "project-key", prefix: "mgp_" }),
      }),
  };
}

interface Prepared {
  readonly state: State;
  readonly listener: Listener;
  readonly inner: InnerSocket;
  readonly settings: Environment;
}

async function launch(
  { assets, withoutPolicy = false, onOutput }: ServerOptions,
  prepared: Prepared,
): Promise<Workerd> {
  const { state, inner, settings } = prepared;
  const names = settingNames(settings).filter((name) => settings[name] !== undefined);
  const text = workerdConfig({
    folder: state.folder,
    modules: writeModules(state, readModules(PATHS.localBundle)),
    settings: names,
    pages: assets,
    withoutPolicy,
    browser: PATHS.browser,
    objects: state.objects,
  });
  let lacksAuthorities = false;
  const workerd = await startWorkerd({
    config: writeConfig(state, text),
    address: inner.address,
    env: Object.fromEntries(names.map((name) => [name, settings[name]])),
    onOutput(output) {
      lacksAuthorities ||= output.includes("No CA certificates");
      if (onOutput) onOutput(output);
      else process.stderr.write(output);
    },
  });
  claimState(state, workerd.pid);
  await untilHealthy(workerd, prepared).catch(async (error: unknown) => {
    await workerd.stop();
    // So in slim images of containers, and workerd's own words do not say what to do.
    if (lacksAuthorities)
      throw new SettingsError("workerd", "finds no CA certificates; install `ca-certificates` here");
    throw error;
  });
  return workerd;
}

async function untilHealthy(workerd: Workerd, { listener, inner }: Prepared): Promise<void> {
  const started = new AbortController();
  const gone = workerd.ended.then((how): never => {
    throw new Error(`workerd ended at its start (${how})`);
  });
  await Promise.race([untilListening(inner, started.signal), gone]).finally(() => started.abort());
  listener.carryTo(inner.target);
  const answer = await Promise.race([fetch(`${urlOf(listener)}/health`), gone]);
  gone.catch(() => {});
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`the server is up but not well: /health answered ${answer.status}`);
}

function urlOf(listener: Listener): string {
  return originsOf(listener)[0] ?? `http://${listener.host}:${listener.port}`;
}
