import { installProxy } from "../../../sw/index.ts";
import type { WorkerScope } from "../../../sw/worker-scope.ts";
import { echo, endless } from "../local-models-page/models.ts";

/* A Service Worker of an app's own, with models of its own. */

declare const self: WorkerScope;

self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
installProxy(self, { models: { echo, endless } });
