import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { PATHS } from "../../mint-server/local/paths.ts";

export interface StartOptions {
  /** The whole environment of the process, but for the port: any free one unless given. */
  readonly settings: Readonly<Record<string, string>>;
  /** Current folder: where `.dev.vars` is looked for, and where state goes unless `MINTGATE_STATE` says otherwise. */
  readonly folder: string;
  /** Runs `npm start` itself, in the project's own folder, instead of what it runs. */
  readonly throughNpm?: boolean;
  /** What to run: that of `npm start` unless given. */
  readonly script?: "start" | "dev";
}

/** `npm start` as a process of its own. */
export interface Started {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  readonly printed: { stdout: string; stderr: string };
  /** Its origin, as printed once it serves; rejects if it ends before that. */
  readonly url: Promise<string>;
  /** Its exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | string>;
}

const URL_LINE = /^mintgate is at (\S+)$/m;

/** Runs what `npm start` runs. It ends with a signal to `child`, and with the test at the latest. */
export function start({ settings, folder, throughNpm = false, script = "start" }: StartOptions): Started {
  const line = [process.execPath, join(PATHS.root, `mint-server/local/${script}.ts`)];
  const [command = "", ...args] = throughNpm ? ["npm", "start"] : line;
  const child = spawn(command, args, {
    cwd: throughNpm ? PATHS.root : folder,
    env: { PATH: process.env.PATH, PORT: "0", ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed = { stdout: "", stderr: "" };
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    printed.stderr += text;
  });
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once("error", reject);
    // `close` rather than `exit`: by then everything that it printed has arrived.
    child.once("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
  });
  const url = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed.stdout += text;
      const found = URL_LINE.exec(printed.stdout)?.[1];
      if (found) resolve(found);
    });
    void ended.then((how) => reject(new Error(`it ended (${how}) before it served: ${printed.stderr}`)));
  });
  // Those who wait for the end alone need not care.
  url.catch(() => {});
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  return { child, printed, url, ended };
}
