import process from "node:process";
import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import { run } from "./run.ts";

/** Runs a command line in this process's terminal and folder; returns the exit code. */
export function runHere(args: readonly string[]): Promise<number> {
  return run(args, {
    env: process.env,
    folder: process.cwd(),
    readInput: () => text(process.stdin),
    ...(process.stdin.isTTY && process.stderr.isTTY && { confirm }),
    print: (line) => process.stdout.write(`${line}\n`),
    note: (line) => process.stderr.write(`${line}\n`),
  });
}

/** Nothing but a plain yes is one. */
async function confirm(question: string): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await prompt.question(`${question} [y/N] `)).trim());
  } finally {
    prompt.close();
  }
}
