import { SettingsError } from "../../settings-error.ts";
import { VERSION } from "../../version.ts";
import { inspect } from "./inspect.ts";
import { issue } from "./issue.ts";
import { revoke } from "./revoke.ts";
import { CommandError, type Terminal, UsageError } from "./terminal.ts";

/** Prints its result and returns the exit code; throws what {@link run} turns into one line. */
type Command = (args: readonly string[], terminal: Terminal) => Promise<number>;

const CREDENTIAL: Readonly<Record<string, Command>> = { issue, inspect, revoke };

// Loaded when asked for: they stand on what the others have no use for.
const COMMANDS: Readonly<Record<string, Command>> = {
  init: async (...given) => (await import("./init.ts")).init(...given),
  dev: async (...given) => (await import("./dev.ts")).dev(...given),
  deploy: async (...given) => (await import("./deploy.ts")).deploy(...given),
  credential,
};

const HELP = `Usage: mintgate <command> [options]

Commands:
  init               adds mintgate to the app in this folder; begin here
  dev                runs a mint-server on this machine, where Vite does not
  deploy             deploys the mint-server that \`init\` made, if no secret is missing
  credential         issues, shows and revokes temporary credentials

Options:
  --help             shows this, or the options of a command
  --version          shows the version`;

const CREDENTIAL_HELP = `Usage: mintgate credential <command> [options]

Commands:
  issue              issues a temporary credential
  inspect            shows what a temporary credential allows, and checks its signature
  revoke             ends temporary credentials before their time

Options:
  --help             shows this, or the options of a command`;

/** Runs a command line, without the program's name; returns the exit code: 0, 1 for an error, 2 for wrong usage. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    terminal.note(`mintgate: ${lineOf(error)}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function dispatch([name, ...rest]: readonly string[], terminal: Terminal): Promise<number> {
  if (name === "--version" || name === "-v") return show(VERSION, terminal);
  if (name === "help" && find(COMMANDS, rest[0])) return dispatch([...rest, "--help"], terminal);
  if (name === undefined || isHelp(name)) return show(HELP, terminal);
  const command = find(COMMANDS, name);
  if (!command) {
    throw new UsageError(
      "the first word must be `init`, `dev`, `deploy` or `credential`; `npx mintgate --help` tells what they do",
    );
  }
  return command(rest, terminal);
}

async function credential([name, ...rest]: readonly string[], terminal: Terminal): Promise<number> {
  if (isHelp(name)) return show(CREDENTIAL_HELP, terminal);
  const command = find(CREDENTIAL, name);
  if (!command) throw new UsageError("after `credential` comes `issue`, `inspect` or `revoke`; see --help");
  return command(rest, terminal);
}

function find(commands: Readonly<Record<string, Command>>, name: string | undefined): Command | undefined {
  return name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
}

function isHelp(word: string | undefined): boolean {
  return word === "--help" || word === "-h" || word === "help";
}

function show(text: string, { print }: Terminal): number {
  print(text);
  return 0;
}

function lineOf(error: unknown): string {
  const isOurs = error instanceof UsageError || error instanceof CommandError || error instanceof SettingsError;
  // The text of any other error is not ours, and could hold anything.
  return isOurs ? error.message : `failed unexpectedly (${error instanceof Error ? error.name : typeof error})`;
}
