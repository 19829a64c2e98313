import type { ErrorSchema } from "../mint-server/contract/error-shapes.ts";
import { HEADER, KEY_HEADERS } from "../mint-server/contract/headers.ts";
import { type PageMessage, readWorkerMessage } from "./messages.ts";

/** Well under the 30 s after which browsers stop an idle worker. */
const PING_MS = 15_000;

/** This page's calls by their ids, and how each is told whether the worker saw to its end. */
const running = new Map<string, (finished: boolean) => void>();

/** Follows a worker's word on this page's calls. `onSession` answers its question for the ID token. */
export function listenToWorkers(container: ServiceWorkerContainer, onSession: (port: MessagePort) => void): () => void {
  const listener = (event: MessageEvent) => {
    const message = readWorkerMessage(event.data);
    if (message?.type === "mintgate:session") {
      const [port] = event.ports;
      if (port) onSession(port);
    } else if (message) {
      running.get(message.id)?.(message.type === "mintgate:done");
    }
  };
  container.addEventListener("message", listener);
  // So that it is there when it is needed, or asked for again then.
  if (!breaksAloud()) loadGuard().catch(() => undefined);
  // Or messages wait until the document has loaded.
  container.startMessages();
  return () => container.removeEventListener("message", listener);
}

/** What `fetch` was called with. */
interface FetchArguments {
  readonly input: RequestInfo | URL;
  readonly init: RequestInit | undefined;
  /** How the caller reads errors. */
  readonly schema: ErrorSchema;
}

/**
 * Sends a covered request on its way through the worker: names it, tells the worker when the caller gives up, keeps
 * the worker alive until it is done, and does not take a stream's end for its completion before the worker says so.
 */
export async function fetchThroughWorker(
  native: typeof fetch,
  worker: ServiceWorker,
  { input, init, schema }: FetchArguments,
): Promise<Response> {
  const given = input instanceof Request ? input : undefined;
  const headers = new Headers(init?.headers ?? given?.headers);
  // A page may name its request itself, to find it again among the events.
  const id = headers.get(HEADER.requestId) ?? crypto.randomUUID();
  headers.set(HEADER.requestId, id);
  // The worker would drop it anyway; if the browser fails to start the worker, it must not reach the network either.
  for (const name of KEY_HEADERS) headers.delete(name);
  const signal = (init?.signal === undefined ? given?.signal : init.signal) ?? undefined;
  const guard = breaksAloud() ? undefined : await loadGuard();
  const call = follow(id, worker, signal);
  try {
    // Firefox sends a keep-alive request past the worker.
    const answer = await native(input, { ...init, headers, keepalive: false });
    const isEvents = answer.headers.get("content-type")?.startsWith("text/event-stream");
    return guard && isEvents ? guard.guard(answer, call, { signal, schema }) : answer;
  } catch (error) {
    call.settle(false);
    throw error;
  }
}

/** A request under way through the worker. */
export interface Followed {
  /** True once the worker has handed over the last byte; false if it was stopped before. */
  readonly finished: Promise<boolean>;
  readonly settle: (finished: boolean) => void;
  /** Asks the worker for a verdict. */
  readonly ping: () => void;
}

function follow(id: string, worker: ServiceWorker, signal: AbortSignal | undefined): Followed {
  const post = (message: PageMessage) => worker.postMessage(message);
  const ping = () => post({ type: "mintgate:ping", id });
  const cancel = () => post({ type: "mintgate:cancel", id });
  let settle: (finished: boolean) => void = () => undefined;
  const pinging = setInterval(ping, PING_MS);
  const finished = new Promise<boolean>((resolve) => {
    settle = (value) => {
      clearInterval(pinging);
      signal?.removeEventListener("abort", cancel);
      running.delete(id);
      resolve(value);
    };
  });
  signal?.addEventListener("abort", cancel, { once: true });
  running.set(id, settle);
  return { finished, settle, ping };
}

/** Loaded only where it is needed, and before anything is sent: a request must not be paid for and then be lost. */
const loadGuard = () => import("./page-guard.ts");

/**
 * True in engines that break the stream of a stopped worker, as they break any that was cut. Firefox ends it as if it were
 * complete, and engines that are not known yet might too.
 */
function breaksAloud(): boolean {
  return /\bAppleWebKit\//.test(navigator.userAgent);
}
