import { type BrowserCache, createBrowserCache } from "./cache.ts";
import { type Forgotten, slotOf } from "./cache-keys.ts";
import { createCacheStore } from "./cache-stores.ts";
import { createCredentials, subjectOf } from "./credentials.ts";
import { createEmitter } from "./emitter.ts";
import type { HandledBy } from "./events.ts";
import type { Gate } from "./handle.ts";
import { createInterruptible } from "./interruptible.ts";
import { createKeyStore } from "./key-store.ts";
import { fieldsOf } from "./messages.ts";
import { createMint, type Mint } from "./mint.ts";
import { createOutbox } from "./outbox.ts";
import { createOutboxStore } from "./outbox-store.ts";
import { createReadyProofs } from "./proof.ts";
import type { Line } from "./send.ts";
import type { Settings } from "./settings.ts";
import { within } from "./within.ts";

/** Tells every worker and page of this origin what one of them did for all. */
const CONTROL_CHANNEL = "mintgate:control";

type ControlType = "mintgate:signed-out" | "mintgate:cache-shredded" | "mintgate:cache-cleared";

/** What each message makes the others' caches forget. */
const FORGOTTEN = [
  { type: "mintgate:signed-out", what: "subject" },
  { type: "mintgate:cache-shredded", what: "subject" },
  { type: "mintgate:cache-cleared", what: "keys" },
] as const satisfies readonly { readonly type: ControlType; readonly what: Forgotten }[];

interface GateOptions {
  readonly by: HandledBy;
  readonly settings: Settings;
  /** The browser's own `fetch`. */
  readonly fetch: typeof fetch;
  /** The app's ID token, if it has one. */
  readonly idToken: () => Promise<string | undefined>;
  /** Adds to the plain mint: pages share theirs, a worker has no one to share with. */
  readonly sharing?: (mint: Mint, settings: Settings) => { readonly mint: Mint; readonly forget: () => void };
  /** Called when a request waits for the mint-server. */
  readonly onQueued?: (() => void) | undefined;
}

/** Puts the pipeline together, with this origin's key and channels. */
export function createGate({ by, settings, fetch, idToken, sharing, onQueued }: GateOptions): Gate {
  const { fetch: breakable, interrupt } = createInterruptible(fetch);
  const line: Line = { fetch: breakable, proofs: createReadyProofs(), nonce: undefined };
  const plain = createMint({ settings, line, idToken });
  const shared = sharing?.(plain, settings);
  const emit = createEmitter();
  const control = new BroadcastChannel(CONTROL_CHANNEL);
  const tell = (type: ControlType) => control.postMessage({ type });
  const slot = slotOf(settings);
  const now = () => Date.now();
  const outboxStore = createOutboxStore();
  const emptyOutbox = () => within(outboxStore.clear, OUTBOX_MS);
  const cache = createSharedCache({ maxBytes: settings.cacheBytes, slot, now, tell, emptyOutbox });
  const credentials = createCredentials({
    keys: createKeyStore(),
    mint: shared?.mint ?? plain,
    now: () => performance.now(),
    onMint(event) {
      cache.belongTo(subjectOf(event.claims));
      emit({ ...event, by });
    },
    onRefused: () => void cache.shred("slot").catch(() => undefined),
  });
  control.onmessage = ({ data }) => {
    const { type } = fieldsOf(data);
    const forgotten = FORGOTTEN.find((one) => one.type === type);
    if (forgotten) cache.forget(forgotten.what);
    if (type !== "mintgate:signed-out") return;
    shared?.forget();
    credentials.forget();
  };
  const signOut = async () => {
    shared?.forget();
    const [shredded] = await Promise.allSettled([cache.shred("all"), credentials.signOut(), emptyOutbox()]);
    tell("mintgate:signed-out");
    if (shredded.status === "rejected") throw shredded.reason;
  };
  const gate: Gate = { by, line, credentials: { ...credentials, signOut }, cache, emit, interrupt };
  const outbox = createOutbox({ gate, keyring: cache.keyring, slot, store: outboxStore, now, onQueued });
  return { ...gate, outbox };
}

/** How long emptying the outbox may take. */
const OUTBOX_MS = 2_000;

interface SharedCacheOptions {
  readonly maxBytes: number;
  readonly slot: Promise<string>;
  readonly now: () => number;
  readonly tell: (type: ControlType) => void;
  /** What waits is sealed with the cache's keys, and goes with them. */
  readonly emptyOutbox: () => Promise<unknown>;
}

/** The cache of this worker or page, which tells the others when what they have in memory is out of date. */
function createSharedCache({ maxBytes, slot, now, tell, emptyOutbox }: SharedCacheOptions): BrowserCache {
  const store = createCacheStore(maxBytes, now);
  const cache = createBrowserCache({ store, slot, maxBytes, now });
  return {
    ...cache,
    async shred(what) {
      await cache.shred(what).finally(() => tell("mintgate:cache-shredded"));
    },
    async clear() {
      await emptyOutbox();
      await cache.clear().finally(() => tell("mintgate:cache-cleared"));
    },
  };
}
