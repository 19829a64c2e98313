import { HEADER, KEY_HEADERS } from "../mint-server/contract/headers.ts";
import type { Target } from "./intercept.ts";
import { type PageMessage, readWorkerMessage } from "./messages.ts";

/** Well under the 30 s after which browsers stop an idle worker. */
const PING_MS = 15_000;

/** This page's calls by their ids, and how each is told whether the worker saw to its end, or does not know it. */
const running = new Map<string, (isOver: boolean) => void>();

/** Hears what workers say of this page's calls. `onSession` answers its question for the ID token. */
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
  loadGuard().catch(() => undefined);
  // Or messages wait until the document has loaded.
  container.startMessages();
  return () => container.removeEventListener("message", listener);
}

/** What `fetch` was called with. */
interface FetchArguments {
  readonly input: RequestInfo | URL;
  readonly init: RequestInit | undefined;
  readonly target: Target;
}

/** One way of a request through the worker. */
export interface Sending {
  readonly call: Followed;
  readonly answer: Promise<Response>;
}

/**
 * Sends a covered request on its way through the worker: names it, tells the worker when the caller gives up, keeps
 * the worker alive until it is done, and has the rest of its answer sent again if the worker is lost in between.
 */
export async function fetchThroughWorker(
  native: typeof fetch,
  worker: () => ServiceWorker | undefined,
  { input, init, target }: FetchArguments,
): Promise<Response> {
  const given = input instanceof Request ? input : undefined;
  const headers = new Headers(init?.headers ?? given?.headers);
  // A page may name its request itself, to find it again among the events; its answer needs a name of its own then.
  const id = headers.get(HEADER.requestId) ?? crypto.randomUUID();
  const key = HEADER.idempotencyKey;
  if (headers.has(HEADER.requestId) && !headers.has(key)) headers.set(key, crypto.randomUUID());
  headers.set(HEADER.requestId, id);
  // The worker would drop it anyway; if the browser fails to start the worker, it must not reach the network either.
  for (const name of KEY_HEADERS) headers.delete(name);
  const signal = (init?.signal === undefined ? given?.signal : init.signal) ?? undefined;
  const loading = loadGuard();
  // Before anything is sent where it cannot be done without: a request must not be paid for and then be lost.
  if (!breaksAloud()) await loading;
  // What was sent cannot be read again.
  const spare = init?.body ? undefined : given?.clone();
  const send = (from: RequestInfo | URL): Sending => {
    const call = follow(id, worker(), signal);
    // Firefox sends a keep-alive request past the worker.
    const answer = native(from, { ...init, headers, keepalive: false });
    answer.catch(() => call.settle());
    return { call, answer };
  };
  const again = (position: number): Sending => {
    // Without its worker it would go to the network.
    if (!worker()) throw new TypeError("The worker is gone.");
    headers.set(HEADER.position, `${position}`);
    return send(spare?.clone() ?? input);
  };
  const first = send(input);
  const guard = await loading.catch(() => undefined);
  return guard ? guard.guard(first, { id, target, signal, again }) : first.answer;
}

/** A request under way through the worker. */
export interface Followed {
  /** The caller gave up. */
  readonly cancel: () => void;
  /** Nothing more will come of it. */
  readonly settle: () => void;
}

function follow(id: string, worker: ServiceWorker | undefined, signal: AbortSignal | undefined): Followed {
  const post = (type: "mintgate:ping" | "mintgate:cancel") => worker?.postMessage({ type, id } satisfies PageMessage);
  const cancel = () => post("mintgate:cancel");
  const pinging = setInterval(post, PING_MS, "mintgate:ping");
  const hear = (isOver: boolean) => {
    clearInterval(pinging);
    // It may be the word on an earlier sending, which the worker lost.
    if (!isOver) return;
    signal?.removeEventListener("abort", cancel);
    if (running.get(id) === hear) running.delete(id);
  };
  signal?.addEventListener("abort", cancel, { once: true });
  running.set(id, hear);
  return { cancel, settle: () => hear(true) };
}

/** What a page needs only when it has sent something. */
const loadGuard = () => import("./page-guard.ts");

/**
 * True in engines that break the stream of a stopped worker, as they break any that was cut. Firefox ends it as if it were
 * complete, and engines that are not known yet might too.
 */
function breaksAloud(): boolean {
  return /\bAppleWebKit\//.test(navigator.userAgent);
}
