import { HEADER } from "../mint-server/contract/headers.ts";
import { type Calls, createCalls } from "./calls.ts";
import type { UnderWay } from "./follow.ts";
import { createGate } from "./gate.ts";
import { type Gate, handle, type LocalHandler } from "./handle.ts";
import { findRequestTarget, type Target } from "./intercept.ts";
import { isUnwanted } from "./leaving.ts";
import {
  type CacheMessage,
  type PageMessage,
  type ReadyMessage,
  readPageMessage,
  type WorkerMessage,
} from "./messages.ts";
import { idTokenFromPages } from "./session.ts";
import { optionsFromScript, type ProxyOptions, resolveSettings } from "./settings.ts";
import { createUnfinishedCalls } from "./unfinished.ts";
import { createUnfinishedStore } from "./unfinished-store.ts";
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
  let navigated = Number.NEGATIVE_INFINITY;
  const navigatedMs = () => navigated;
  const isAlive = async (id: string) => (await scope.clients.get(id)) !== undefined;
  const unfinished = createUnfinishedCalls({ isAlive, store: createUnfinishedStore() });
  const onQueued = () => void scope.registration.sync?.register(SYNC_TAG).catch(() => undefined);
  const gate: Gate = {
    ...createGate({ by: "worker", settings, fetch: fetchNow, idToken, onQueued }),
    local,
    unfinished,
  };
  const calls = createCalls();
  scope.addEventListener("fetch", (event) => {
    if (event.request.mode === "navigate") navigated = performance.now();
    const target = findRequestTarget(settings, event.request);
    if (target) answer({ scope, gate, calls, event, target, navigatedMs });
  });
  scope.addEventListener("message", (event) => {
    const message = readPageMessage(event.data);
    if (message) event.waitUntil(receive(message, { gate, calls, event }));
  });
  scope.addEventListener("sync", (event) => {
    if (event.tag === SYNC_TAG) event.waitUntil(syncOutbox(gate));
  });
}

/** A browser that knows of Background Sync sends what waits even when no page is open. */
const SYNC_TAG = "mintgate:outbox";

async function syncOutbox({ outbox }: Gate): Promise<void> {
  // The browser's word to come again.
  if (await outbox?.deliver()) throw new Error("not all could be sent");
}

interface Caught {
  readonly scope: WorkerScope;
  readonly gate: Gate;
  readonly calls: Calls;
  readonly event: WorkerFetchEvent;
  readonly target: Target;
  readonly navigatedMs: () => number;
}

/** Chromium kills a worker with an event older than 310 s; the page's pings are events of their own. */
const MAX_WAIT_MS = 240_000;

function answer({ scope, gate, calls, event, target, navigatedMs }: Caught): void {
  const { request, clientId } = event;
  const given = request.headers.get(HEADER.requestId);
  const id = given ?? crypto.randomUUID();
  const { abort, givenUp, end } = calls.begin(id);
  const poll = watchClient(scope, clientId, abort);
  const onHeaders = () => clearInterval(poll);
  let left: UnderWay | undefined;
  const onLeft = (answer: UnderWay) => {
    left = answer;
  };
  const done = new Promise<void>((resolve) => {
    const onDone = () => resolve();
    event.respondWith(handle(gate, { id, clientId, request, target, abort, onHeaders, onLeft, onDone }));
  });
  const settled = done.then(async () => {
    clearInterval(poll);
    if (given !== null) await tellPage(scope, clientId, { type: "mintgate:done", id });
    if (left) await letGo(left, isUnwanted({ scope, clientId, givenUp, navigatedMs }));
    // After the message: until then a ping is answered as for a request that runs.
    end();
  });
  event.waitUntil(orAfter(settled, MAX_WAIT_MS));
}

/** At once it is whose who asks the same: a page that comes back may do so before it is plain that it comes. */
async function letGo(answer: UnderWay, unwanted: Promise<boolean>): Promise<void> {
  answer.leave();
  if (await unwanted.catch(() => true)) await answer.stop();
}

async function tellPage({ clients }: WorkerScope, clientId: string, message: WorkerMessage): Promise<void> {
  const page = await clients.get(clientId).catch(() => undefined);
  page?.postMessage(message, []);
}

const LOOK_MS = 150;

/** No engine tells that a tab was closed before the answer's first byte; asking for its client does. */
function watchClient(scope: WorkerScope, clientId: string, abort: AbortController): number {
  return Number(
    setInterval(async () => {
      if (clientId !== "" && !(await scope.clients.get(clientId))) abort.abort();
    }, LOOK_MS),
  );
}

function orAfter(work: Promise<unknown>, delayMs: number): Promise<void> {
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
    case "mintgate:clear-cache":
      await gate.cache?.clear();
      return reply(event, { type: "mintgate:ready" });
    case "mintgate:cache-info":
      return gate.cache && reply(event, { type: "mintgate:cache-info", info: await gate.cache.info() });
    case "mintgate:deliver":
      return gate.outbox && orAfter(gate.outbox.deliver(), MAX_WAIT_MS);
    case "mintgate:interrupt":
      gate.interrupt?.();
      return reply(event, { type: "mintgate:ready" });
    case "mintgate:hello":
      return reply(event, { type: "mintgate:ready" });
  }
}

function reply({ ports, source }: WorkerMessageEvent, message: WorkerMessage | ReadyMessage | CacheMessage): void {
  const [port] = ports;
  if (port) port.postMessage(message);
  else if (source && "postMessage" in source) (source as MessagePort).postMessage(message);
}
