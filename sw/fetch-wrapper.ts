import { findTarget, type Target } from "./intercept.ts";
import type { createLocalFetch } from "./local-fetch.ts";
import { fetchThroughWorker } from "./page-calls.ts";
import type { Settings } from "./settings.ts";

interface Wrapping {
  readonly settings: Settings;
  /** The browser's own `fetch`. */
  readonly native: typeof fetch;
  /** The worker that would catch a request made now; none if the page must do it itself. */
  readonly worker: () => ServiceWorker | undefined;
  readonly inPage: (request: Request, target: Target) => Promise<Response>;
  /** Sees to models of the page's own, where it has any. */
  readonly local?: ReturnType<typeof createLocalFetch> | undefined;
}

/** A `fetch` that sees to covered requests, and hands all others to the browser's own as they are. */
export function wrapFetch({ settings, native, worker, inPage, local }: Wrapping): typeof fetch {
  const covered = async (input: RequestInfo | URL, init: RequestInit | undefined, target: Target) => {
    return worker()
      ? fetchThroughWorker(native, worker, { input, init, target })
      : inPage(new Request(input, { ...init, keepalive: false }), target);
  };
  return (input, init) => {
    const target = targetOf(settings, input, init);
    if (!target) return native(input, init);
    return local ? local({ input, init, target, next: covered }) : covered(input, init, target);
  };
}

/** Puts a wrapped `fetch` in the page's place for it; the returned function takes it out again. */
export function replaceFetch(wrapped: typeof fetch): () => void {
  const before = globalThis.fetch;
  let active = true;
  // Another library may wrap this one in turn, and then it cannot be taken out, only made to do nothing.
  const outer: typeof fetch = (input, init) => (active ? wrapped(input, init) : before(input, init));
  globalThis.fetch = outer;
  return () => {
    active = false;
    if (globalThis.fetch === outer) globalThis.fetch = before;
  };
}

function targetOf(settings: Settings, input: RequestInfo | URL, init: RequestInit | undefined): Target | undefined {
  const isRequest = input instanceof Request;
  try {
    const url = isRequest ? input.url : new URL(input, globalThis.document?.baseURI ?? location.href).href;
    return findTarget(settings, url, (init?.method ?? (isRequest ? input.method : "GET")).toUpperCase());
  } catch {
    // Not a URL: `fetch` itself has the right words for it.
    return undefined;
  }
}
