import { errorSchemaOf } from "../mint-server/contract/error-shapes.ts";
import { HEADER } from "../mint-server/contract/headers.ts";
import { INSECURE, toResponse } from "./answers.ts";
import type { BrowserCache } from "./cache.ts";
import { createGate } from "./gate.ts";
import { type Gate, handle } from "./handle.ts";
import type { Target } from "./intercept.ts";
import { watchOutbox } from "./outbox-page.ts";
import { stopWithPage } from "./page-leaving.ts";
import type { Settings } from "./settings.ts";
import { shareMint } from "./shared-mint.ts";
import { createUnfinishedCalls } from "./unfinished.ts";

/*
 * The pipeline of the worker, for pages that have none: web views, private windows, hard reloads, the time before the
 * worker controls the page. Loaded only where it is needed.
 */

/** What the page brings to its own pipeline. */
export interface PageOptions {
  readonly settings: Settings;
  /** The browser's own `fetch`. */
  readonly native: typeof fetch;
  readonly session: (() => Promise<string | undefined>) | undefined;
}

const gates = new Map<string, Gate>();

/** Answers a covered request in the page; behaves as `fetch` does when its signal fires. */
export async function fetchInPage(options: PageOptions, request: Request, target: Target): Promise<Response> {
  if (!globalThis.crypto?.subtle) return toResponse(INSECURE, errorSchemaOf(target.url));
  const { signal } = request;
  signal.throwIfAborted();
  const abort = new AbortController();
  const onAbort = () => abort.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  let settle = () => {};
  const gate = gateFor(options);
  const answer = await handle(gate, {
    id: request.headers.get(HEADER.requestId) ?? crypto.randomUUID(),
    // The app's own name for a request need not be one that no other has.
    key: crypto.randomUUID(),
    request,
    target,
    abort,
    onUnderWay(underWay) {
      settle = stopWithPage(gate, target, underWay);
    },
    onDone() {
      settle();
      signal.removeEventListener("abort", onAbort);
    },
  });
  Object.defineProperty(answer, "url", { value: request.url });
  return answer;
}

/** Signs out where there is no worker to do it. */
export async function signOutInPage(options: PageOptions): Promise<void> {
  if (globalThis.crypto?.subtle) await gateFor(options).credentials.signOut();
}

/** Sends what waits, from this page. */
export async function deliverInPage(options: PageOptions): Promise<void> {
  if (globalThis.crypto?.subtle) await gateFor(options).outbox?.deliver();
}

/** Breaks the connections of all that this page itself has under way. */
export function interruptInPage(): void {
  for (const gate of gates.values()) gate.interrupt?.();
}

/** What the pages of this origin keep; `undefined` where no key can be made, and so nothing is kept. */
export function cacheInPage(options: PageOptions): BrowserCache | undefined {
  return globalThis.crypto?.subtle && gateFor(options).cache;
}

/** One pipeline for all who use the same settings, and so one credential. */
function gateFor({ settings, native, session }: PageOptions): Gate {
  const name = JSON.stringify(settings);
  const existing = gates.get(name);
  if (existing) return existing;
  const idToken = async () => session?.().catch(() => undefined);
  let isWatched = false;
  const onQueued = () => {
    if (!isWatched) watchOutbox(async () => gate.outbox?.deliver());
    isWatched = true;
  };
  const plain = createGate({ by: "page", settings, fetch: native, idToken, sharing: shareMint, onQueued });
  // Only what an SDK tries again is there to be taken: all that runs in this page is followed by it.
  const gate: Gate = { ...plain, unfinished: createUnfinishedCalls({ isAlive: async () => true }) };
  gates.set(name, gate);
  return gate;
}
