import { type ClientRequest, request } from "node:http";
import type { BareWorker } from "../support/bare-worker.ts";

/** A ledger of these tests; `keepAlive`: whether its calls outlive their clients. */
export function ledgerWorker({ keepAlive }: { readonly keepAlive: boolean }): BareWorker {
  return {
    entry: new URL("ledger.worker.ts", import.meta.url),
    bindings: ['(name = "LEDGER", durableObjectNamespace = "Ledger")', `(name = "KEEP_ALIVE", text = "${keepAlive}")`],
    className: "Ledger",
  };
}

/** A request that can break off, and its status. */
export interface Asked {
  readonly status: Promise<number | undefined>;
  /** Resets the connection. */
  leave(): void;
}

/** Asks for 50 micro-dollars on a connection of its own. */
export function ask(url: string, id: string, micros = 1_000_000): Asked {
  const outgoing: ClientRequest = request(`${url}/reserve`, { method: "POST", agent: false });
  const status = new Promise<number | undefined>((resolve) => {
    outgoing.once("response", (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    outgoing.once("error", () => resolve(undefined));
  });
  outgoing.end(JSON.stringify({ id, micros }));
  return { status, leave: () => outgoing.socket?.resetAndDestroy() };
}
