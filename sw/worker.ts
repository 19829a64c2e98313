import { install } from "./install.ts";
import type { WorkerScope } from "./worker-scope.ts";

/* The ready-made Service Worker, built as one classic script. Its options are in its own URL. */

declare const self: WorkerScope;

// A running stream is finished by the worker that began it, so the new one need not wait.
self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
install(self, {});
