import { sha256Base64url, toBase64url, utf8 } from "../mint-server/contract/bytes.ts";
import type { CacheKeys, CacheStore } from "./cache-store.ts";
import type { Settings } from "./settings.ts";

/** The keys to the cache, one subject's at a time. */
export interface Keyring {
  /** The keys to use now: the subject's, or before any credential those that are there. Rejects never. */
  current(): Promise<CacheKeys | undefined>;
  /** The keys that the store has: those that outlast this worker or page. Rejects never. */
  stored(): Promise<CacheKeys | undefined>;
  /** True until other keys take the place of these, or they are dropped. */
  isLive(keys: CacheKeys): boolean;
  /** Whose credential is used from now on. The keys of anyone else are deleted, and then what they sealed. */
  belongTo(subject: string): void;
  /** True if this subject's credential was the last one, and nobody has signed out since. */
  isOf(subject: string): boolean;
  /**
   * Deletes the keys of this slot or all, and then what they sealed. Rejects if the keys could not be deleted; in memory they
   * are gone then too.
   */
  shred(what: "slot" | "all"): Promise<void>;
  /** Drops what is in memory; with `subject`, also whose it was: nothing is kept until the next credential. */
  forget(what: Forgotten): void;
}

export type Forgotten = "keys" | "subject";

/** Where the keys for a mint-server, organisation and template lie. Says none of these. */
export function slotOf({
  mintServer,
  org,
  template,
}: Pick<Settings, "mintServer" | "org" | "template">): Promise<string> {
  return sha256Base64url(JSON.stringify([mintServer, org, template]));
}

/** How often the store is asked again when another tab puts keys of its own there at the same time. */
const MAX_SWAPS = 3;

/** How long the store may take to give or delete keys. */
const STORE_MS = 2_000;

/** @param slot what the keys are for, but for the subject: see {@link slotOf}. */
export function createKeyring(store: CacheStore, slot: Promise<string>): Keyring {
  let subject: string | undefined;
  let loading: Promise<CacheKeys | undefined> | undefined;
  let live: CacheKeys | undefined;
  const load = () => {
    const found = slot.then((at) => (subject === undefined ? there(store, at) : ofSubject(store, at, subject)));
    const mine = found
      .catch(() => undefined)
      .then((keys) => {
        if (loading !== mine) return undefined;
        live = keys;
        // Another tab may make some.
        if (!keys) loading = undefined;
        return keys;
      });
    loading = mine;
    return mine;
  };
  const forget: Keyring["forget"] = (what) => {
    loading = undefined;
    live = undefined;
    if (what === "subject") subject = undefined;
  };
  return {
    current: () => loading ?? load(),
    stored: () => slot.then((at) => there(store, at)),
    isLive: (keys) => live === keys,
    belongTo(next) {
      if (next === subject) return;
      forget("keys");
      subject = next;
      void load();
    },
    isOf: (whose) => whose === subject,
    async shred(what) {
      forget("keys");
      const at = await slot;
      const kid = what === "slot" ? (await there(store, at))?.kid : undefined;
      await bounded(() => store.deleteKeys(what === "slot" ? at : undefined));
      // Whoever asked in between has loaded them once more.
      forget("keys");
      if (what === "slot" && kid === undefined) return;
      await bounded(() => store.deleteOf(kid)).catch(() => undefined);
    },
    forget,
  };
}

/** Without a credential, offline above all, whoever was here last is taken to be here still. */
async function there(store: CacheStore, slot: string): Promise<CacheKeys | undefined> {
  return bounded(() => store.loadKeys(slot)).catch(() => undefined);
}

/** The subject's keys, made if there are none. Where they cannot be stored, they last as long as this worker or page. */
async function ofSubject(store: CacheStore, slot: string, subject: string): Promise<CacheKeys> {
  for (let swaps = 0; swaps < MAX_SWAPS; swaps++) {
    const before = await there(store, slot);
    if (before && (await isMarked(before, subject))) return before;
    const made = await makeKeys(subject);
    const after = await bounded(() => store.swapKeys(slot, before?.kid, made)).catch(() => made);
    if (after !== made) continue;
    if (before) void bounded(() => store.deleteOf(before.kid)).catch(() => undefined);
    return made;
  }
  return makeKeys(subject);
}

async function isMarked({ mark, naming }: CacheKeys, subject: string): Promise<boolean> {
  // Whatever lies in the store instead of keys is nobody's.
  return markOf(naming, subject).then(
    (own) => own === mark,
    () => false,
  );
}

/** Says whose keys they are to one who knows both; a plain hash could be guessed. */
async function markOf(naming: CryptoKey, subject: string): Promise<string> {
  return toBase64url(new Uint8Array(await crypto.subtle.sign("HMAC", naming, utf8(`subject ${subject}`))));
}

async function makeKeys(subject: string): Promise<CacheKeys> {
  const naming = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const sealing = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const kid = toBase64url(crypto.getRandomValues(new Uint8Array(12)));
  return { kid, mark: await markOf(naming, subject), naming, sealing };
}

async function bounded<T>(work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the cache's store does not answer")), STORE_MS);
    work()
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}
