import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Where workerd listens, known to nobody but the front. */
export interface InnerSocket {
  /** As workerd takes it on its command line. */
  readonly address: string;
  readonly target: NetConnectOpts;
  /** Removes what it left on the disk. */
  remove(): void;
}

/** A Unix socket in a folder of its own that only this user can enter; where the system has none, a loopback port. */
export async function reserveInnerSocket(): Promise<InnerSocket> {
  if (process.platform === "win32") {
    const port = await freePort();
    return { address: `127.0.0.1:${port}`, target: { host: "127.0.0.1", port }, remove: () => {} };
  }
  // Not in the state folder: a socket's path may hold only about a hundred characters.
  const folder = mkdtempSync(join(tmpdir(), "mintgate-"));
  const path = join(folder, "http");
  return { address: `unix:${path}`, target: { path }, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Resolves when workerd takes connections; gives up when the signal fires. */
export async function untilListening({ target }: InnerSocket, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await connects(target))) await delay(5);
}

function connects(target: NetConnectOpts): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(target);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}

/**
 * Carries each connection to workerd, byte for byte, and hangs up for good when the caller hangs up.
 *
 * workerd notices at once when a connection breaks (reset), but not when it is closed in the ordinary way (FIN), which it
 * takes for half of a farewell: until it next writes, a provider goes on working for nobody. Every browser and most
 * clients close in the ordinary way. Like Node's own HTTP server, the front takes that for the end.
 */
export function carry(caller: Socket, target: NetConnectOpts): void {
  const inner = connect(target);
  caller.pipe(inner);
  inner.pipe(caller);
  for (const event of ["end", "close", "error"]) caller.on(event, () => inner.destroy());
  for (const event of ["close", "error"]) inner.on(event, () => caller.destroySoon());
}

async function freePort(): Promise<number> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("a TCP socket has an address");
  return address.port;
}
