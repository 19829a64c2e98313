import { HEADER } from "../../mint-server/contract/headers.ts";
import { createOutbox, type Outbox } from "../../sw/outbox.ts";
import type { OutboxStore, Waiting } from "../../sw/outbox-store.ts";
import { type CacheRig, createCacheRig, QUESTION } from "./cache-rig.ts";
import { CHAT } from "./rig.ts";

export interface OutboxRig extends CacheRig {
  readonly outbox: Outbox;
  readonly waiting: Map<number, Waiting>;
  /** Asks so that it may wait. */
  queue(body?: object, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** Another worker or page of the same origin: own memory, the same stores and user. */
  other(): Outbox;
}

/** A store without a database. */
function createMemoryOutbox(waiting: Map<number, Waiting>): OutboxStore {
  let last = 0;
  return {
    async add(message) {
      if (waiting.size >= 100) return false;
      waiting.set(++last, message);
      return true;
    },
    async next(slot, after) {
      for (const [at, message] of waiting) if (at > after && message.slot === slot) return { at, message };
      return undefined;
    },
    async put(at, message) {
      waiting.set(at, message);
    },
    async delete(at) {
      waiting.delete(at);
    },
    clear: async () => waiting.clear(),
  };
}

/** The pipeline with a cache and an outbox, put together as `gate.ts` does. */
export function createOutboxRig(): OutboxRig {
  const rig = createCacheRig();
  const waiting = new Map<number, Waiting>();
  const store = createMemoryOutbox(waiting);
  const slot = Promise.resolve("slot");
  const make = () => createOutbox({ gate: rig.gate, keyring: rig.cache.keyring, slot, store, now: () => rig.dateMs });
  const outbox = make();
  const through = { ...rig.gate, outbox };
  return Object.assign(rig, {
    outbox,
    waiting,
    other: make,
    queue: (body: object = QUESTION, headers: Readonly<Record<string, string>> = {}) =>
      rig.call(
        CHAT,
        { method: "POST", headers: { [HEADER.offline]: "queue", ...headers }, body: JSON.stringify(body) },
        {},
        through,
      ),
  });
}
