import { networkInterfaces } from "node:os";
import { SettingsError } from "../settings-error.ts";

export interface Address {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/**
 * Reads `PORT` and `HOST`.
 *
 * @throws {SettingsError} if `PORT` is no port number.
 */
export function readAddress(env: Readonly<Record<string, string | undefined>>): Address {
  const port = env.PORT?.trim() || "8787";
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535)
    throw new SettingsError("PORT", "must be a number from 0 to 65535");
  return { host: env.HOST?.trim() || "127.0.0.1", port: Number(port) };
}

/** The origins under which a server at this address is reached, the main one first. */
export function originsOf({ host, port }: Address): string[] {
  // Through URL, which leaves out the port that is the default, as browsers do.
  const origin = (name: string): string => new URL(`http://${name}:${port}`).origin;
  const loopback = ["127.0.0.1", "localhost", "[::1]"].map(origin);
  if (host === "0.0.0.0" || host === "::") return [...loopback, ...interfaceHosts().map(origin)];
  if (host === "localhost" || host === "::1" || host.startsWith("127.")) {
    return [...new Set([origin(host.includes(":") ? `[${host}]` : host), ...loopback])];
  }
  return [origin(host.includes(":") ? `[${host}]` : host)];
}

function interfaceHosts(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.internal && !address.address.startsWith("fe80:"))
    .map((address) => (address.family === "IPv6" ? `[${address.address}]` : address.address));
}
