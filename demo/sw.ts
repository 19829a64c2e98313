import { clientsClaim } from "workbox-core";
import { cleanupOutdatedCaches, precacheAndRoute } from "workbox-precaching";
import { installProxy } from "../sw/index.ts";
import type { WorkerScope } from "../sw/worker-scope.ts";

declare const self: WorkerScope & {
  /** The built files with their revisions, put in by the build. */
  readonly __WB_MANIFEST: (string | { readonly url: string; readonly revision: string | null })[];
};

// A new worker takes over at once: it can serve the page's old files no worse, and a running stream ends where it began.
self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));
clientsClaim();

// First, so that a model's request is decided before the page's own files are looked up.
installProxy(self);

cleanupOutdatedCaches();
precacheAndRoute(self.__WB_MANIFEST);
