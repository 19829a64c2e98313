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
  for (const { base, at } of placesOf(settings)) {
    if (!base.startsWith(origin)) continue;
    const prefix = base.slice(origin.length);
    if (!pathname.startsWith(prefix) || pathname.length === prefix.length) continue;
    const path = at + pathname.slice(prefix.length);
    // The session door is what the pipeline itself calls, and issuing takes a key that only a backend has.
    if (/^credentials(\/|$)/.test(path)) return undefined;
    return { url: `${settings.mintServer}/${path}${withoutKey(search)}`, path };
  }
  return undefined;
}

/** Google's API also takes a key in the address, where it would be logged. What the page has for one stays in the browser. */
function withoutKey(search: string): string {
  return search.replace(/([?&])key=[^&]*(&|$)/, (_, before: string, after: string) => (after ? before : ""));
}

/** {@link findTarget} for a worker's fetch event. */
export function findRequestTarget(settings: Settings, request: Request): Target | undefined {
  // A document is the browser's business, and a request with a proof was signed by a page without a worker.
  if (request.mode === "navigate" || request.headers.has(HEADER.dpop)) return undefined;
  return findTarget(settings, request.url, request.method);
}

/** Where covered paths start, slash included, and where these stand below the mint-server's base. */
function* placesOf(settings: Settings): Generator<{ readonly base: string; readonly at: string }> {
  yield { base: `${settings.mintServer}/`, at: "" };
  yield { base: `${settings.origin + PROXY_PREFIX}/`, at: "" };
  if (!settings.publicHosts) return;
  for (const { origin, pathPrefix, at } of PUBLIC_HOSTS) yield { base: origin + pathPrefix, at };
}
