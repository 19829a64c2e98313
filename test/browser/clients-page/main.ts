import { register } from "../../../sw/client.ts";
import { type Ask, attempt, type Outcome } from "../../clients/client.ts";
import { CLIENTS } from "../../clients/clients.ts";

/* An app that uses every client library there is. Tests call it through `libraries`. */

const exposed = {
  register,
  /** Lets the client of this name do as it is told. */
  attempt(name: string, ask: Ask): Promise<Outcome> {
    const client = CLIENTS.find((one) => one.name === name);
    if (!client) throw new Error(`no client ${name}`);
    return attempt(client, ask);
  },
};

declare global {
  var libraries: typeof exposed;
}
globalThis.libraries = exposed;
