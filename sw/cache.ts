import type { LocalAnswer } from "./answers.ts";
import { findKept } from "./cache-find.ts";
import { type Ending, keepAnswer } from "./cache-keep.ts";
import { createKeyring, type Forgotten, type Keyring } from "./cache-keys.ts";
import { type Asked, readQuestion } from "./cache-question.ts";
import { startRecording } from "./cache-recording.ts";
import { replay } from "./cache-replay.ts";
import { createShelf, type Shelf, type ShelfOptions, STORE_MS } from "./cache-shelf.ts";
import type { EntryFacts } from "./cache-store.ts";
import type { Call } from "./follow.ts";
import { unlessAborted } from "./unless-aborted.ts";
import { within } from "./within.ts";

/** What the browser keeps. Nothing in it says what was asked or answered. */
export interface CacheInfo {
  readonly entries: readonly EntryFacts[];
  readonly sizeBytes: number;
  readonly maxBytes: number;
}

/** The answers that this browser keeps for its user. */
export interface BrowserCache {
  /** The keys that seal what is the user's. */
  readonly keyring: Pick<Keyring, "current" | "stored" | "isLive">;
  /** One call's way through the cache. */
  visit(call: Call): Visit;
  /** Whose credential is used from now on; another's answers are shredded. */
  belongTo(subject: string): void;
  /**
   * Makes what is kept for this mint-server, or all, unreadable for good: deletes the keys, and then the answers. Rejects if
   * the keys could not be deleted.
   */
  shred(what: "slot" | "all"): Promise<void>;
  /** Deletes all answers. The user's next ones are kept again. Rejects as {@link shred}. */
  clear(): Promise<void>;
  /** Drops what is in memory, since another tab has cleared (`keys`) or shredded (`subject`) the cache. */
  forget(what: Forgotten): void;
  info(): Promise<CacheInfo>;
}

type Answer = Response | LocalAnswer;

export interface Visit {
  /** The call to go on with in place of the one given. */
  readonly call: Call;
  /** The kept answer if there is one, else that of `ask`. */
  answer(body: ArrayBuffer | undefined, ask: () => Promise<Answer>): Promise<Answer>;
}

interface BrowserCacheOptions extends Omit<ShelfOptions, "keyring"> {
  /** What the cache is for; see `slotOf`. */
  readonly slot: Promise<string>;
}

/** Puts the cache together. Nothing of it fails a request, or keeps one waiting for longer than 100 ms. */
export function createBrowserCache({ slot, ...options }: BrowserCacheOptions): BrowserCache {
  const { store, maxBytes, now } = options;
  const keyring = createKeyring(store, slot);
  const shelf = createShelf({ ...options, keyring });
  const forget: BrowserCache["forget"] = (what) => {
    keyring.forget(what);
    shelf.recent.clear();
  };
  // Opens the database, so that the first request need not wait for that.
  if (maxBytes > 0) void keyring.current();
  return {
    keyring,
    visit: (call) => (maxBytes > 0 ? visit(shelf, call) : { call, answer: (_, ask) => ask() }),
    belongTo(subject) {
      if (!keyring.isOf(subject)) shelf.recent.clear();
      keyring.belongTo(subject);
    },
    async shred(what) {
      forget("subject");
      await keyring.shred(what);
    },
    async clear() {
      forget("keys");
      await keyring.shred("all");
    },
    forget,
    async info() {
      await within(() => shelf.sealing, STORE_MS);
      const all = (await within(() => store.list(), STORE_MS)) ?? [];
      const entries = all.filter(({ expiresMs }) => expiresMs > now());
      return { entries, sizeBytes: entries.reduce((sum, entry) => sum + entry.sizeBytes, 0), maxBytes };
    },
  };
}

function visit(shelf: Shelf, call: Call): Visit {
  let asked: Asked | undefined;
  let subject: string | undefined;
  let ending: Pick<Ending, "recording" | "headers"> | undefined;
  return {
    call: {
      ...call,
      onSend(whose) {
        subject = whose;
        call.onSend?.(whose);
      },
      onChunk: (bytes) => ending?.recording.chunk(bytes),
      onDone(outcome) {
        call.onDone?.(outcome);
        if (outcome !== "complete" || !ending || !asked || subject === undefined) return;
        const kept = keepAnswer(shelf, { ...ending, asked, subject }).catch(() => undefined);
        const before = shelf.sealing;
        shelf.sealing = kept.then(() => before);
      },
    },
    async answer(body, ask) {
      asked = readQuestion(call, body);
      if (!asked) return ask();
      const { signal } = call.abort;
      const entry = asked.orders.read ? await unlessAborted(findKept(shelf, asked), signal) : undefined;
      if (entry) return replay(entry, { nowMs: shelf.now(), atPace: asked.atPace, signal });
      const answer = await ask();
      if (answer instanceof Response && answer.status === 200 && asked.orders.write) {
        // No single answer takes the place of all others.
        const recording = startRecording(shelf.maxBytes / 8, () => performance.now());
        ending = { recording, headers: answer.headers };
      }
      return answer;
    },
  };
}
