import { type BrowserCache, createBrowserCache } from "../../sw/cache.ts";
import { createMemoryStore } from "../../sw/cache-memory.ts";
import type { CacheStore } from "../../sw/cache-store.ts";
import { CHAT, createRig, type Rig } from "./rig.ts";

/** A completion that may be kept. */
export const COMPLETION = {
  id: "chatcmpl-1",
  object: "chat.completion",
  choices: [{ index: 0, message: { role: "assistant", content: "Hello." }, finish_reason: "stop" }],
};

/** A question that caching applies to. */
export const QUESTION = { model: "m", temperature: 0, messages: [{ role: "user", content: "Hello?" }] };

export const MAX_BYTES = 64 * 1024;

export interface CacheRig extends Rig {
  readonly cache: BrowserCache;
  readonly store: CacheStore;
  /** The device's date; tests move it. */
  dateMs: number;
  /** Asks through the cache, and reads the answer to its end. */
  ask(body?: object, headers?: Readonly<Record<string, string>>, url?: string): Promise<Answered>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface CacheRigOptions {
  readonly maxBytes?: number;
  /** Puts a store in the memory's place, or around it. */
  readonly around?: (memory: CacheStore) => CacheStore;
}

/** The pipeline with a cache, put together as `gate.ts` does. */
export function createCacheRig({ maxBytes = MAX_BYTES, around = (memory) => memory }: CacheRigOptions = {}): CacheRig {
  const now = () => rig.dateMs;
  const store = around(createMemoryStore(maxBytes, now));
  const cache = createBrowserCache({ store, slot: Promise.resolve("slot"), maxBytes, now });
  const rig: CacheRig = Object.assign(createRig({}, undefined, cache), {
    cache,
    store,
    dateMs: Date.UTC(2026, 10, 22),
    async ask(body: object = QUESTION, headers: Readonly<Record<string, string>> = {}, url = CHAT) {
      const answer = await rig.call(url, { method: "POST", headers, body: JSON.stringify(body) });
      return { status: answer.status, headers: answer.headers, text: await answer.text() };
    },
  });
  rig.server.answer = () => Response.json(COMPLETION);
  return rig;
}
