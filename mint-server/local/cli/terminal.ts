import type { Environment } from "../environment.ts";

/** What a command has of the world. */
export interface Terminal {
  /** The process's own environment, without `.dev.vars`. */
  readonly env: Environment;
  /** The current folder, absolute. */
  readonly folder: string;
  /** All of standard input. */
  readonly readInput: () => Promise<string>;
  /** Asks a person for yes or no. Absent where there is none to ask. */
  readonly confirm?: (question: string) => Promise<boolean>;
  /** Prints a line of the result, to standard output. */
  readonly print: (line: string) => void;
  /** Prints a line about the result, or an error, to standard error. */
  readonly note: (line: string) => void;
}

/** What went wrong outside of the command line, in one line that shows no secret. Exit code 1. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** What is wrong with the command line, in one line that shows no value of it. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Text that others wrote, for a terminal: one line, and without control characters, which could move the cursor or turn
 * the reading direction.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
}
