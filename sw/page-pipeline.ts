import { errorSchemaOf } from "../mint-server/contract/error-shapes.ts";
import { HEADER } from "../mint-server/contract/headers.ts";
import { INSECURE, toResponse } from "./answers.ts";
import { createGate } from "./gate.ts";
import { type Gate, handle } from "./handle.ts";
import type { Target } from "./intercept.ts";
import type { Settings } from "./settings.ts";
import { shareMint } from "./shared-mint.ts";

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
  const onDone = () => signal.removeEventListener("abort", onAbort);
  const answer = await handle(gateFor(options), {
    id: request.headers.get(HEADER.requestId) ?? crypto.randomUUID(),
    request,
    target,
    abort,
    onDone,
  });
  Object.defineProperty(answer, "url", { value: request.url });
  return answer;
}

/** Signs out where there is no worker to do it. */
export async function signOutInPage(options: PageOptions): Promise<void> {
  if (globalThis.crypto?.subtle) await gateFor(options).credentials.signOut();
}

/** One pipeline for all who use the same settings, and so one credential. */
function gateFor({ settings, native, session }: PageOptions): Gate {
  const name = JSON.stringify(settings);
  const existing = gates.get(name);
  if (existing) return existing;
  const idToken = async () => session?.().catch(() => undefined);
  const gate = createGate({ by: "page", settings, fetch: native, idToken, sharing: shareMint });
  gates.set(name, gate);
  return gate;
}
