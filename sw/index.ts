import { install } from "./install.ts";
import type { JsModel } from "./local-models.ts";
import { createLocalHandler } from "./local-worker.ts";
import type { ProxyOptions } from "./settings.ts";
import type { WorkerScope } from "./worker-scope.ts";

export type { JsMessage, JsModel, JsModelRequest } from "./local-models.ts";

/** Options of {@link installProxy}. */
export interface WorkerOptions extends ProxyOptions {
  /** Functions that answer in this worker, by the name of the model. Requests for them are sent nowhere. */
  readonly models?: Readonly<Record<string, JsModel>>;
  /** The one of `models` that answers chat requests for any other model while the mint-server cannot be reached. */
  readonly offlineModel?: string;
}

/**
 * Makes a Service Worker answer the calls that mintgate covers. Everything else, the app's own listeners included, is
 * left alone, so it goes with Workbox, Serwist or vite-plugin-pwa; call it before they add their `fetch` listener.
 *
 * Options not given here are read from the worker's script URL, where `register()` puts the page's.
 *
 * @example
 * declare const self: ServiceWorkerGlobalScope;
 * installProxy(self, { org: "acme" });
 */
export function installProxy(scope: WorkerScope, { models, offlineModel, ...options }: WorkerOptions = {}): void {
  install(scope, options, models && createLocalHandler(models, offlineModel));
}
