import { cacheName } from "../mint-server/contract/cache-key.ts";
import { type CacheEntry, openEntry } from "../mint-server/contract/envelope.ts";
import type { Asked } from "./cache-question.ts";
import { type Shelf, STORE_MS } from "./cache-shelf.ts";
import { entryId } from "./cache-store.ts";
import { within } from "./within.ts";

/** How long a request may wait for the cache. */
const FIND_MS = 100;

/** How often in a row the store may keep requests waiting so long, and for how long it is not asked then. */
const MAX_SLOW = 3;
const REST_MS = 30_000;

/** Uses are noted no finer than this. */
const TOUCH_MS = 60_000;
const MAX_TOUCHED = 1_000;

/** What is kept for a question, if it may be given again. Never rejects, and never takes longer than 100 ms. */
export async function findKept(shelf: Shelf, asked: Asked): Promise<CacheEntry | undefined> {
  let isSlow = true;
  const finding = async () => {
    try {
      return await find(shelf, asked);
    } finally {
      isSlow = false;
    }
  };
  const found = await within(finding, FIND_MS);
  shelf.slow = isSlow ? shelf.slow + 1 : 0;
  if (shelf.slow >= MAX_SLOW) shelf.restsUntilMs = performance.now() + REST_MS;
  return found;
}

async function find(shelf: Shelf, { orders, question }: Asked): Promise<CacheEntry | undefined> {
  const { keyring, recent, writing, store, now } = shelf;
  await shelf.sealing;
  const keys = await keyring.current();
  if (!keys) return undefined;
  const name = await cacheName(keys.naming, question);
  const id = entryId(keys.kid, name);
  const isResting = performance.now() < shelf.restsUntilMs;
  const bytes = recent.get(id) ?? writing.get(id) ?? (isResting ? undefined : await store.get(id));
  if (!bytes) return undefined;
  const nowMs = now();
  const entry = await openEntry(bytes, { key: keys.sealing, kid: keys.kid, name, nowMs });
  // Someone may have signed out in between.
  if (!keyring.isLive(keys)) return undefined;
  if (!entry) {
    recent.delete(id);
    void within(() => store.delete(id), STORE_MS);
    return undefined;
  }
  if (nowMs - entry.createdMs > (orders.maxAgeSeconds ?? Number.POSITIVE_INFINITY) * 1000) return undefined;
  recent.set(id, bytes);
  touch(shelf, id, nowMs);
  return entry;
}

function touch({ store, touched }: Shelf, id: string, nowMs: number): void {
  if (nowMs - (touched.get(id) ?? 0) < TOUCH_MS) return;
  if (touched.size >= MAX_TOUCHED) touched.clear();
  touched.set(id, nowMs);
  void within(() => store.touch(id, nowMs), STORE_MS);
}
