import { HEADER } from "../mint-server/contract/headers.ts";
import { PROXY_PREFIX, PUBLIC_HOSTS } from "../mint-server/contract/hosts.ts";
import type { Settings } from "./settings.ts";

/** Where a caught request goes. */
export interface Target {
  /** URL on the mint-server, query included. */
  readonly url: string;
  /** Path below the prefix, as `MODEL_ENDPOINTS` spells it. */
  readonly path: string;
}

/** Decides by URL and method alone whether a request is ours; `undefined` leaves it to the browser. */
export function findTarget(settings: Settings, url: string, method: string): Target | undefined {
  if (method === "OPTIONS") return undefined;
  const { origin, pathname, search } = new URL(url);
  for (const base of basesOf(settings)) {
    if (!base.startsWith(origin)) continue;
    const prefix = `${base.slice(origin.length)}/`;
    if (!pathname.startsWith(prefix)) continue;
    const path = pathname.slice(prefix.length);
    // The session door is what the pipeline itself calls, and issuing takes a key that only a backend has.
    if (path === "" || /^credentials(\/|$)/.test(path)) return undefined;
    return { url: `${settings.mintServer}/${path}${search}`, path };
  }
  return undefined;
}

/** {@link findTarget} for a worker's fetch event. */
export function findRequestTarget(settings: Settings, request: Request): Target | undefined {
  // A document is the browser's business, and a request with a proof was signed by a page without a worker.
  if (request.mode === "navigate" || request.headers.has(HEADER.dpop)) return undefined;
  return findTarget(settings, request.url, request.method);
}

function* basesOf(settings: Settings): Generator<string> {
  yield settings.mintServer;
  yield settings.origin + PROXY_PREFIX;
  if (settings.publicHosts) for (const { origin, pathPrefix } of PUBLIC_HOSTS) yield origin + pathPrefix;
}
