import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import type { Readable } from "node:stream";

/** A process that a test started. It ends with the test's own at the latest. */
export interface Tool {
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

/** Starts a program, with these settings besides our own. */
export function startTool(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Tool {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    // The fourth one is for what it tells of itself.
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const kill = () => void child.kill();
  process.once("exit", kill);
  return {
    child,
    async stop() {
      process.off("exit", kill);
      kill();
      await ended;
    },
  };
}

/** An X server without a screen. */
export async function startScreen(): Promise<{ readonly display: string; stop(): Promise<void> }> {
  const { child, stop } = startTool("Xvfb", ["-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp"]);
  // It picks a number that is free, and says which.
  const [number] = await once(child.stdio[3] as Readable, "data");
  return { display: `:${String(number).trim()}`, stop };
}

/** A port that nobody listens at, for a program that cannot pick one itself. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
