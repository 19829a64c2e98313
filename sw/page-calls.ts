import { HEADER } from "../mint-server/contract/headers.ts";
import { type PageMessage, readWorkerMessage } from "./messages.ts";
import { relay } from "./relay.ts";

/** Well under the 30 s after which browsers stop an idle worker. */
const PING_MS = 15_000;

/** How long a worker may take to say whether it finished a stream that has ended. */
const VERDICT_MS = 5_000;

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
  // Or messages wait until the document has loaded.
  container.startMessages();
  return () => container.removeEventListener("message", listener);
}

/**
 * Sends a covered request on its way through the worker: names it, tells the worker when the caller gives up, keeps
 * the worker alive until it is done, and does not take a stream's end for its completion before the worker says so.
 */
export async function fetchThroughWorker(
  native: typeof fetch,
  worker: ServiceWorker,
  request: Request,
): Promise<Response> {
  // A page may name its request itself, to find it again among the events.
  const id = request.headers.get(HEADER.requestId) ?? crypto.randomUUID();
  request.headers.set(HEADER.requestId, id);
  // The worker would drop it anyway; if the browser fails to start the worker, it must not reach the network either.
  request.headers.delete("authorization");
  const call = follow(id, worker, request.signal);
  try {
    const answer = await native(request);
    const isEvents = answer.headers.get("content-type")?.startsWith("text/event-stream");
    return answer.body && isEvents ? withBody(answer, guard(answer.body, call, request.signal)) : answer;
  } catch (error) {
    call.settle(false);
    throw error;
  }
}

interface Followed {
  /** True once the worker has handed over the last byte; false if it was stopped before. */
  readonly finished: Promise<boolean>;
  readonly settle: (finished: boolean) => void;
  /** Asks the worker for a verdict. */
  readonly ping: () => void;
}

function follow(id: string, worker: ServiceWorker, signal: AbortSignal): Followed {
  const post = (message: PageMessage) => worker.postMessage(message);
  const ping = () => post({ type: "mintgate:ping", id });
  const cancel = () => post({ type: "mintgate:cancel", id });
  let settle: (finished: boolean) => void = () => undefined;
  const pinging = setInterval(ping, PING_MS);
  const finished = new Promise<boolean>((resolve) => {
    settle = (value) => {
      clearInterval(pinging);
      signal.removeEventListener("abort", cancel);
      running.delete(id);
      resolve(value);
    };
  });
  signal.addEventListener("abort", cancel, { once: true });
  running.set(id, settle);
  return { finished, settle, ping };
}

/** Firefox ends the stream of a stopped worker as if it were complete. */
function guard(body: ReadableStream<Uint8Array>, call: Followed, signal: AbortSignal): ReadableStream<Uint8Array> {
  return relay(body, {
    signal,
    isWhole() {
      call.ping();
      setTimeout(call.settle, VERDICT_MS, false);
      return call.finished;
    },
    cancelled: () => undefined,
    end: () => undefined,
  });
}

/** The same answer with another body. A made response has no URL, so it is given the original's. */
function withBody(answer: Response, body: ReadableStream<Uint8Array>): Response {
  return Object.defineProperty(new Response(body, answer), "url", { value: answer.url });
}
