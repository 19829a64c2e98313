import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { SettingsError } from "../../settings-error.ts";
import { type Address, originsOf, readAddress } from "../address.ts";
import { askedToStop } from "../asked-to-stop.ts";
import { type Listener, listen } from "../listener.ts";
import { PATHS } from "../paths.ts";
import { type LocalServer, runServer } from "../run-server.ts";
import { readEnvironment } from "./at-hand.ts";
import { HELP_OPTION, helpText, parseOptions } from "./options.ts";
import { CommandError, type Terminal, UsageError } from "./terminal.ts";

const OPTIONS = {
  site: { type: "string", value: "FOLDER", help: "serves the files of this folder at /, and the worker beside them" },
  origin: {
    type: "string",
    multiple: true,
    value: "ORIGIN",
    help: "origin of an app that calls this mint-server, such as http://localhost:3000",
  },
  port: { type: "string", value: "NUMBER", help: "PORT unless given, and 8787 without it; 0 takes any free one" },
  help: HELP_OPTION,
} as const;

const HELP = helpText({
  usage: "mintgate dev [options]",
  about: `Runs a mint-server on this machine, on workerd, until it is told to stop. Settings come from the environment or .dev.vars,
and what it keeps lies in .mintgate. With a provider key set, that provider answers, else the built-in model \`guide\`.`,
  options: OPTIONS,
});

/** `mintgate dev` */
export async function dev(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, operands } = parseOptions(args, OPTIONS);
  if (values.help) {
    terminal.print(HELP);
    return 0;
  }
  if (operands.length > 0) throw new UsageError("`dev` takes options only; see --help");
  const asked = askedToStop();
  const server = await start(values, terminal);
  terminal.print(welcome(server, values));
  const ended = await Promise.race([asked, server.ended]);
  await server.stop();
  if (ended !== undefined) throw new CommandError(`workerd ended (${ended})`);
  return 0;
}

interface Wanted {
  readonly site?: string;
  readonly origin?: readonly string[];
  readonly port?: string;
}

async function start({ site, origin = [], port }: Wanted, terminal: Terminal): Promise<LocalServer> {
  const env = readEnvironment(terminal);
  const assets = site === undefined ? PATHS.browser : resolve(terminal.folder, site);
  if (!existsSync(assets)) throw new CommandError("--site: there is no such folder");
  const others = origin.flatMap(checkedOrigins);
  const listener = await listenFor(readAddress({ ...env, ...(port !== undefined && { PORT: port }) }));
  const origins = [...new Set([...originsOf(listener), ...others])];
  return runServer({
    env: { ...env, PUBLIC_URL: env.PUBLIC_URL?.trim() || origins.join(",") },
    stateFolder: resolve(terminal.folder, env.MINTGATE_STATE?.trim() || ".mintgate"),
    assets,
    // What a site of somebody's may load is theirs to say, and most have scripts within their pages.
    withoutPolicy: true,
    listener,
    onOutput: (text) => terminal.note(text.trimEnd()),
  }).catch((error: unknown) => {
    listener.close();
    throw error;
  });
}

function listenFor(address: Address): Promise<Listener> {
  return listen(address).catch((error: unknown) => {
    // Most often the same command in another terminal, and that needs no second one.
    const isTaken = error instanceof SettingsError && error.message.includes("in use already");
    throw isTaken ? new CommandError(`${error.message} with --port; --port 0 takes any free one`) : error;
  });
}

/** The origin that is named; where it is this machine's, under each of its names, since people type any of them. */
function checkedOrigins(text: string): string[] {
  if (!URL.canParse(text) || new URL(text).origin !== text.replace(/\/$/, "")) {
    throw new SettingsError("--origin", "must be an origin, such as http://localhost:3000");
  }
  const { origin, protocol, hostname, host } = new URL(text);
  const names = ["localhost", "127.0.0.1", "[::1]"];
  if (!names.includes(hostname)) return [origin];
  return [origin, ...names.map((name) => `${protocol}//${name}${host.slice(hostname.length)}`)];
}

function welcome({ url, projectKey, config }: LocalServer, { site, origin }: Wanted): string {
  const hasProvider = Object.values(config.orgs).some((org) => (org.endpoints ?? []).length > 0);
  return [
    `mintgate is at ${url}`,
    ...(site === undefined ? [] : [`  your site    ${url}/`]),
    `  mintServer   ${url}/v1/proxy`,
    ...(projectKey ? [`  project key  ${projectKey}`] : []),
    ...(hasProvider
      ? []
      : ["No provider key is set: the built-in model `guide` answers. Set one in .dev.vars for more."]),
    ...(site === undefined && !origin
      ? ["Pages of another origin are let in by --origin, such as --origin http://localhost:3000."]
      : []),
  ].join("\n");
}
