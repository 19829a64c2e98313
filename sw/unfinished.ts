import { sha256Base64url, toBase64url, utf8 } from "../mint-server/contract/bytes.ts";
import { CALLER_HEADERS, HEADER } from "../mint-server/contract/headers.ts";
import type { Call } from "./follow.ts";
import { HOLD_MS } from "./resume.ts";
import type { StoredCall, UnfinishedStore } from "./unfinished-store.ts";
import { within } from "./within.ts";

/** What a call asks. */
export interface Question {
  readonly url: string;
  readonly headers: Headers;
  readonly body: ArrayBuffer | undefined;
}

/** A call's place in the list. */
export interface Listing {
  /** Nobody follows the answer now: for as long as the mint-server holds it, it is whose who asks the same. */
  leave(): void;
  /** Takes the call off the list; false if it was taken over before. */
  end(): boolean;
}

/**
 * The calls whose answers are not finished, so that one who asks the same after a reload gets the rest of what was paid
 * for. A call that somebody still follows is nobody else's: two who ask the same are two.
 */
export interface UnfinishedCalls {
  /** The key of an unfinished answer to this question that nobody follows. It is given out once. */
  take(question: Question, call: Pick<Call, "clientId" | "request">): Promise<string | undefined>;
  list(key: string, question: Question, clientId: string | undefined): Listing;
}

export interface UnfinishedOptions {
  /** Whether a client is still there. */
  readonly isAlive: (clientId: string) => Promise<boolean>;
  /** Outlives a worker that is stopped. */
  readonly store?: UnfinishedStore;
}

interface Entry {
  readonly clientId: string | undefined;
  /** Says no where the question cannot be the same, without hashing it. */
  readonly mayBe: (question: Question) => boolean;
  readonly digest: () => Promise<string>;
  /** From an earlier life of this worker, which followed it. */
  readonly isInherited: boolean;
  /** Milliseconds of `performance.now()`; while it is followed, there is no end. */
  untilMs: number;
}

/** How long the store may take to tell of an earlier life. */
const LOAD_MS = 100;

/** Most answers are not worth a record; and none should stand in a request's way to the network. */
const STORE_AFTER_MS = 50;

export function createUnfinishedCalls({ isAlive, store }: UnfinishedOptions): UnfinishedCalls {
  const entries = new Map<string, Entry>();
  const loading = store && within(store.load, LOAD_MS).then((stored = []) => inherit(entries, stored));
  const isFree = async (
    { untilMs, clientId, isInherited }: Entry,
    { clientId: asking, request }: Pick<Call, "clientId" | "request">,
  ) => {
    if (untilMs !== Number.POSITIVE_INFINITY && !isInherited) return true;
    // An SDK that tries again has lost what the stopped worker gave it.
    if (isInherited && clientId === asking && Number(request.headers.get("x-stainless-retry-count")) > 0) return true;
    return clientId !== undefined && !(await isAlive(clientId));
  };
  return {
    async take(question, call) {
      if (loading) await loading;
      for (const [key, entry] of entries) {
        if (entry.untilMs < performance.now()) entries.delete(key);
        else if (
          entry.mayBe(question) &&
          (await entry.digest()) === (await digestOf(question)) &&
          (await isFree(entry, call)) &&
          entries.get(key) === entry
        ) {
          entries.delete(key);
          return key;
        }
      }
      return undefined;
    },
    list(key, question, clientId) {
      const entry = createEntry(question, clientId);
      entries.set(key, entry);
      const isListed = () => entries.get(key) === entry;
      const storing = store && storeSoon(store, key, entry);
      const remove = () => {
        if (!isListed()) return false;
        entries.delete(key);
        storing?.undo();
        return true;
      };
      return {
        end: remove,
        leave() {
          entry.untilMs = performance.now() + HOLD_MS;
          setTimeout(remove, HOLD_MS);
        },
      };
    },
  };
}

function createEntry(question: Question, clientId: string | undefined): Entry {
  let digest: Promise<string> | undefined;
  const { url, body } = question;
  return {
    clientId,
    isInherited: false,
    mayBe: (other) => other.url === url && other.body?.byteLength === body?.byteLength,
    digest: () => (digest ??= digestOf(question)),
    untilMs: Number.POSITIVE_INFINITY,
  };
}

/** Takes over what an earlier life of the worker left; calls that have begun since are not in it. */
function inherit(entries: Map<string, Entry>, stored: readonly StoredCall[]): void {
  const untilMs = performance.now() + HOLD_MS;
  for (const { key, digest, clientId } of stored) {
    if (entries.has(key)) continue;
    entries.set(key, { clientId, digest: async () => digest, isInherited: true, mayBe: () => true, untilMs });
  }
}

function storeSoon(store: UnfinishedStore, key: string, { clientId, digest }: Entry): { undo(): void } {
  let written: Promise<unknown> | undefined;
  const write = async () => store.put({ key, digest: await digest(), clientId, startedMs: Date.now() });
  const timer = setTimeout(() => {
    written = write().catch(() => undefined);
  }, STORE_AFTER_MS);
  return {
    undo() {
      clearTimeout(timer);
      void written?.then(() => store.delete(key)).catch(() => undefined);
    },
  };
}

/** Not of the question: they tell one try from another. */
const OF_ONE_TRY: ReadonlySet<string> = new Set([HEADER.idempotencyKey, "traceparent", "tracestate"]);

async function digestOf({ url, headers, body }: Question): Promise<string> {
  const said = CALLER_HEADERS.filter((name) => !OF_ONE_TRY.has(name)).map((name) => headers.get(name));
  const bodyDigest = toBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", body ?? utf8(""))));
  return sha256Base64url(JSON.stringify([url, said, bodyDigest]));
}
