import type { BrowserCache, CacheInfo } from "./cache.ts";
import { ask, fieldsOf, type PageMessage } from "./messages.ts";
import { cacheInPage, type PageOptions } from "./page-pipeline.ts";

/* What a page may do with the answers that are kept. Loaded only where it is used. */

/** How long a worker may take; it may have to start. */
const WORKER_MS = 5_000;

/** What is kept in this browser. */
export async function cacheInfo(options: PageOptions): Promise<CacheInfo> {
  const { info } = fieldsOf(await askWorker({ type: "mintgate:cache-info" }));
  return (info as CacheInfo | undefined) ?? inPage(options, (cache) => cache.info(), NOTHING);
}

/** Deletes all answers that are kept in this browser. */
export async function clearCache(options: PageOptions): Promise<void> {
  if (!(await askWorker({ type: "mintgate:clear-cache" }))) await inPage(options, (cache) => cache.clear(), undefined);
}

const NOTHING: CacheInfo = { entries: [], sizeBytes: 0, maxBytes: 0 };

/** First of all: where there is no IndexedDB, the worker has them in its memory. */
async function askWorker(message: PageMessage): Promise<unknown> {
  const worker = globalThis.navigator?.serviceWorker?.controller;
  return worker ? ask(worker, message, WORKER_MS) : undefined;
}

async function inPage<T>(options: PageOptions, work: (cache: BrowserCache) => Promise<T>, otherwise: T): Promise<T> {
  const cache = cacheInPage(options);
  return cache ? work(cache) : otherwise;
}
