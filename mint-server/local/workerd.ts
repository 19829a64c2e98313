import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { SettingsError } from "../settings-error.ts";
import type { Environment } from "./environment.ts";

export interface WorkerdOptions {
  /** Path of the configuration. */
  readonly config: string;
  /** Where it is to listen. */
  readonly address: string;
  /** The whole environment of the process: the settings that its configuration binds. */
  readonly env: Environment;
  /** Gets what workerd and the Worker print. */
  readonly onOutput: (text: string) => void;
}

/** A running workerd. */
export interface Workerd {
  readonly pid: number;
  /** Settles once it is gone, with a few words on how it ended. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/**
 * The program, from the project that runs us or else from beside this package, which only names it as a peer: most who install
 * it run no mint-server of their own, and workerd takes 130 MB.
 *
 * @throws {SettingsError} if neither has it.
 */
function workerdPath(): string {
  for (const from of [join(process.cwd(), "package.json"), import.meta.url]) {
    const require = createRequire(from);
    if (!canResolve(require)) continue;
    // By way of its own module: where install scripts are not run, its `bin` is a script that passes no signal on.
    const { default: path } = require("workerd") as { readonly default: string };
    return path;
  }
  throw new SettingsError("workerd", "is not installed; run `npm install --save-dev workerd`");
}

function canResolve(require: NodeJS.Require): boolean {
  try {
    require.resolve("workerd");
    return true;
  } catch {
    return false;
  }
}

/** Not to outlive this process where that ends without a word, as a development server does. */
const running = new Set<ChildProcess>();
const killAll = (): void => {
  for (const child of running) child.kill();
};

/** Time for requests to finish after SIGTERM; a stream may be longer than anyone wants to wait. */
const GRACE_MS = 1000;

/** Starts workerd. */
export async function startWorkerd({ config, address, env, onOutput }: WorkerdOptions): Promise<Workerd> {
  const child = spawn(workerdPath(), ["serve", "--experimental", "--socket-addr", `http=${address}`, config], {
    env: { ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8");
    stream?.on("data", onOutput);
  }
  const ended = new Promise<string>((resolve) => {
    // Not `exit`: what it said last may come after that, and says why.
    child.once("close", (code, signal) => {
      running.delete(child);
      if (running.size === 0) process.off("exit", killAll);
      resolve(signal ? `signal ${signal}` : `code ${code}`);
    });
  });
  if (running.size === 0) process.once("exit", killAll);
  running.add(child);
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  return { pid: child.pid ?? -1, ended, stop: () => stop(child, ended) };
}

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill("SIGTERM");
  const patience = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
  await ended;
  clearTimeout(patience);
}
