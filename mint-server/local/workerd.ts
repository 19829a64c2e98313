import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
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

const workerdPath = createRequire(import.meta.url).resolve("workerd/bin/workerd");

/** Time for requests to finish after SIGTERM; a stream may be longer than anyone wants to wait. */
const GRACE_MS = 1000;

/** Starts workerd. */
export async function startWorkerd({ config, address, env, onOutput }: WorkerdOptions): Promise<Workerd> {
  const child = spawn(workerdPath, ["serve", "--experimental", "--socket-addr", `http=${address}`, config], {
    env: { ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8");
    stream?.on("data", onOutput);
  }
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ? `signal ${signal}` : `code ${code}`));
  });
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
