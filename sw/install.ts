import { HEADER } from "../mint-server/contract/headers.ts";
import { type Calls, createCalls } from "./calls.ts";
import { createGate } from "./gate.ts";
import { type Gate, handle, type LocalHandler } from "./handle.ts";
import { findRequestTarget, type Target } from "./intercept.ts";
import { type PageMessage, type ReadyMessage, readPageMessage, type WorkerMessage } from "./messages.ts";
import { idTokenFromPages } from "./session.ts";
import { optionsFromScript, type ProxyOptions, resolveSettings } from "./settings.ts";
import type { WorkerFetchEvent, WorkerMessageEvent, WorkerScope } from "./worker-scope.ts";

/**
 * `installProxy`, without what models of the worker's own need: the ready-made worker has none.
 *
 * @param local answers for them
 */
export function install(scope: WorkerScope, options: ProxyOptions, local?: LocalHandler): void {
  const { href } = scope.location;
  const settings = resolveSettings({ ...optionsFromScript(href), ...options }, href);
  const idToken = () => idTokenFromPages(scope);
  const fetchNow: typeof fetch = (input, init) => fetch(input, init);
  const gate: Gate = { ...createGate({ by: "worker", settings, fetch: fetchNow, idToken }), local };
  const calls = createCalls();
  scope.addEventListener("fetch", (event) => {
    const target = findRequestTarget(settings, event.request);
    if (target) answer({ scope, gate, calls, event, target });
  });
  scope.addEventListener("message", (event) => {
    const message = readPageMessage(event.data);
    if (message) event.waitUntil(receive(message, { gate, calls, event }));
  });
}

interface Caught {
  readonly scope: WorkerScope;
  readonly gate: Gate;
  readonly calls: Calls;
  readonly event: WorkerFetchEvent;
  readonly target: Target;
}

/** Chromium kills a worker with an event older than 310 s; the page's pings are events of their own. */
const MAX_WAIT_MS = 240_000;

function answer({ scope, gate, calls, event, target }: Caught): void {
  const { request, clientId } = event;
  const given = request.headers.get(HEADER.requestId);
  const id = given ?? crypto.randomUUID();
  const abort = calls.begin(id);
  const poll = watchClient(scope, clientId, abort);
  const done = new Promise<void>((resolve) => {
    const onHeaders = () => clearInterval(poll);
    const call = { id, request, target, abort, onHeaders, onDone: () => resolve() };
    event.respondWith(handle(gate, call));
  });
  const settled = done.then(async () => {
    clearInterval(poll);
    if (given !== null) await tellPage(scope, clientId, { type: "mintgate:done", id });
    // After the message: until then a ping is answered as for a request that runs.
    calls.end(id);
  });
  event.waitUntil(orAfter(settled, MAX_WAIT_MS));
}

async function tellPage({ clients }: WorkerScope, clientId: string, message: WorkerMessage): Promise<void> {
  const page = await clients.get(clientId).catch(() => undefined);
  page?.postMessage(message, []);
}

/** No engine tells that a tab was closed before the answer's first byte; asking for its client does. */
function watchClient(scope: WorkerScope, clientId: string, abort: AbortController): number {
  return Number(
    setInterval(async () => {
      if (clientId !== "" && !(await scope.clients.get(clientId))) abort.abort();
    }, 250),
  );
}

function orAfter(work: Promise<void>, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    work.finally(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

interface Received {
  readonly gate: Gate;
  readonly calls: Calls;
  readonly event: WorkerMessageEvent;
}

async function receive(message: PageMessage, { gate, calls, event }: Received): Promise<void> {
  switch (message.type) {
    case "mintgate:cancel":
      return calls.cancel(message.id);
    case "mintgate:ping":
      if (!calls.has(message.id)) reply(event, { type: "mintgate:unknown", id: message.id });
      return;
    case "mintgate:sign-out":
      await gate.credentials.signOut();
      return reply(event, { type: "mintgate:ready" });
    case "mintgate:hello":
      return reply(event, { type: "mintgate:ready" });
  }
}

function reply({ ports, source }: WorkerMessageEvent, message: WorkerMessage | ReadyMessage): void {
  const [port] = ports;
  if (port) port.postMessage(message);
  else if (source && "postMessage" in source) (source as MessagePort).postMessage(message);
}
