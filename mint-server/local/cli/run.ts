import { SettingsError } from "../../settings-error.ts";
import { VERSION } from "../../version.ts";
import { inspect } from "./inspect.ts";
import { issue } from "./issue.ts";
import { revoke } from "./revoke.ts";
import { CommandError, type Terminal, UsageError } from "./terminal.ts";

/** Prints its result and returns the exit code; throws what {@link run} turns into one line. */
type Command = (args: readonly string[], terminal: Terminal) => Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = { issue, inspect, revoke };

const HELP = `Usage: mintgate credential <command> [options]

Commands:
  issue              issues a temporary credential
  inspect            shows what a temporary credential allows, and checks its signature
  revoke             ends temporary credentials before their time

Options:
  --help             shows this, or the options of a command
  --version          shows the version`;

/** Runs a command line, without the program's name; returns the exit code: 0, 1 for an error, 2 for wrong usage. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    terminal.note(`mintgate: ${lineOf(error)}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function dispatch([topic, name, ...rest]: readonly string[], terminal: Terminal): Promise<number> {
  if (topic === "--version") return show(VERSION, terminal);
  if (isHelp(topic) || (topic === "credential" && isHelp(name))) return show(HELP, terminal);
  if (topic !== "credential") throw new UsageError("the first word must be `credential`; see --help");
  if (name === undefined || !Object.hasOwn(COMMANDS, name)) {
    throw new UsageError("after `credential` comes `issue`, `inspect` or `revoke`; see --help");
  }
  const command = COMMANDS[name];
  return command ? command(rest, terminal) : 2;
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
