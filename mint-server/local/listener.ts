import { createServer, type NetConnectOpts, type Server, type Socket } from "node:net";
import { SettingsError } from "../settings-error.ts";
import type { Address } from "./address.ts";
import { carry } from "./front.ts";

/** A bound socket. Whoever connects before there is anyone to carry to, waits. */
export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Carries all connections there from now on. */
  carryTo(target: NetConnectOpts): void;
  /** Lets the process end although the socket is open. */
  unref(): void;
  /** Takes no more connections and breaks those that are open. */
  close(): void;
}

/**
 * Binds the socket here and now: its port is known before any setting is checked against it, nobody can take it before
 * workerd is up, and a port in use is found out at once.
 *
 * @throws {SettingsError} if the address cannot be had.
 */
export async function listen({ host, port }: Address): Promise<Listener> {
  const open = new Set<Socket>();
  const ready = Promise.withResolvers<NetConnectOpts>();
  const server = createServer({ noDelay: true }, (caller) => {
    open.add(caller);
    caller.on("close", () => open.delete(caller));
    void ready.promise.then((target) => carry(caller, target));
  });
  const bound = await bind(server, { host, port });
  return {
    host,
    port: bound,
    carryTo: ready.resolve,
    unref: () => void server.unref(),
    close() {
      server.close();
      for (const caller of open) caller.destroy();
    },
  };
}

/**
 * Binds a server's socket; returns its port, which the system chose if 0 was asked for.
 *
 * @throws {SettingsError} if the address cannot be had.
 */
export async function bind(server: Server, { host, port }: Address): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(addressError(error, { host, port })));
    server.listen({ host, port }, resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("a TCP socket has an address");
  return bound.port;
}

function addressError(error: NodeJS.ErrnoException, { host, port }: Address): SettingsError {
  if (error.code === "EADDRINUSE") return new SettingsError("PORT", `${port} is in use already; set another one`);
  if (error.code === "EACCES") return new SettingsError("PORT", `${port} is not allowed for this user`);
  return new SettingsError("HOST", `${host} is not an address of this machine`);
}
