import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { onTestFinished } from "vitest";
import { PATHS } from "../../mint-server/local/paths.ts";

const exec = promisify(execFile);

/** What somebody has who never saw this project: nothing of the test runner, nor of the `npm run` around it. */
export function strangersEnvironment(): NodeJS.ProcessEnv {
  const own =
    /^(VITEST|NODE_ENV$|NODE_OPTIONS$|INIT_CWD$|FORCE_COLOR$|npm_(lifecycle|package|command|execpath|node_execpath))/;
  const kept = Object.entries(process.env).filter(([name]) => !own.test(name));
  // npm and the programs that it starts find this very Node first.
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
  return { ...Object.fromEntries(kept), PATH, NO_COLOR: "1", WRANGLER_SEND_METRICS: "false" };
}

/** Longer than any of them takes to be up, and shorter than the tests' own limit, which would not tell what was said. */
const PATIENCE_MS = 60_000;

/** Types a command in a folder and waits for its end; returns what it printed. Throws with all of that if it fails. */
export async function type(folder: string, command: string, ...args: readonly string[]): Promise<string> {
  const typed = exec(command, args, { cwd: folder, env: strangersEnvironment() });
  // Whoever asks is told that nobody is there.
  typed.child.stdin?.end();
  const { stdout, stderr } = await typed;
  return stdout + stderr;
}

/** `npm install`, from npm's cache where it has what is asked for. */
export function install(folder: string, ...packages: readonly string[]): Promise<string> {
  return type(folder, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund", ...packages);
}

const { devDependencies } = JSON.parse(readFileSync(join(PATHS.root, "package.json"), "utf8")) as {
  readonly devDependencies: Readonly<Record<string, string>>;
};

/** Packages in the versions that this project is tested with, which npm's cache has. */
export function tested(...names: readonly string[]): readonly string[] {
  return names.map((name) => `${name}@${devDependencies[name]}`);
}

/** A command that goes on, such as a server. */
export interface Running {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  printed(): string;
  /** The first group of the pattern, once it is printed; rejects if the command ends before that. */
  says(pattern: RegExp): Promise<string>;
  /** How it ended. */
  readonly ended: Promise<number | string>;
}

/** Starts a script of the folder's packages, without npm around it; it ends with the test at the latest. */
export function run(folder: string, bin: string, ...args: readonly string[]): Running {
  const child = spawn(process.execPath, [join(folder, "node_modules/.bin", bin), ...args], {
    cwd: folder,
    env: strangersEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (data: string) => {
      text += data;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
  });
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  const says = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(text)?.[1];
        if (found === undefined) return;
        listeners.delete(look);
        resolve(found);
      };
      listeners.add(look);
      void ended.then((how) => reject(new Error(`${bin} ended (${how}): ${text}`)));
      setTimeout(() => reject(new Error(`${bin} said nothing like ${pattern}: ${text}`)), PATIENCE_MS).unref();
      look();
    });
  return { child, printed: () => text, says, ended };
}

/** The address that Vite prints. */
export const VITE_URL = /Local:\s+(http:\S+?)\/?\s/;

/** The rest of an app: an unchanged call, and what it got, for the test to see. Two lines go before it. */
export const CALL = `const openai = new OpenAI({ apiKey: "browser", dangerouslyAllowBrowser: true });
const stream = await openai.chat.completions.create({
  model: "guide",
  stream: true,
  messages: [{ role: "user", content: "What is a temporary credential?" }],
});
globalThis.pieces = [];
for await (const chunk of stream) pieces.push(chunk.choices[0]?.delta?.content ?? "");
document.title = "answered";
`;

/** What the page's call got, once its stream is over. */
export async function answered(page: Page): Promise<{ readonly text: string; readonly pieces: number }> {
  await page.waitForFunction(() => document.title === "answered");
  return page.evaluate(() => {
    const { pieces } = globalThis as unknown as { readonly pieces: readonly string[] };
    return { text: pieces.join(""), pieces: pieces.length };
  });
}
