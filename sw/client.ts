import type { CacheInfo } from "./cache.ts";
import { type Control, controlByApp, controlByScript, NO_CONTROL } from "./control.ts";
import { EVENTS_CHANNEL, type GateEvent } from "./events.ts";
import { replaceFetch, wrapFetch } from "./fetch-wrapper.ts";
import { createLocalFetch } from "./local-fetch.ts";
import type { LocalModels } from "./local-models.ts";
import { ask, type PageMessage } from "./messages.ts";
import type { Queued } from "./outbox-page.ts";
import { listenToWorkers } from "./page-calls.ts";
import type { PageOptions } from "./page-pipeline.ts";
import type { RealtimeCredential, RealtimeCredentialOptions, RealtimePage } from "./realtime-credential.ts";
import type { RealtimeSocketOptions } from "./realtime-socket.ts";
import { answerSession } from "./session.ts";
import { type ProxyOptions, resolveSettings, withOptions } from "./settings.ts";

export type { CacheInfo } from "./cache.ts";
export type { EntryFacts } from "./cache-store.ts";
export type { GateEvent } from "./events.ts";
export type { JsMessage, JsModel, JsModelRequest, LocalModel } from "./local-models.ts";
export type { Queued } from "./outbox-page.ts";
export type { RealtimeCredential, RealtimeCredentialOptions } from "./realtime-credential.ts";
export type { RealtimeError } from "./realtime-error.ts";
export type { RealtimeBudget, RealtimeSocketOptions } from "./realtime-socket.ts";

/** Options of {@link createFetch}. */
export interface FetchOptions extends Omit<ProxyOptions, "askSession"> {
  /** Gives the app's ID token, where the organisation's sessions ask for one; called whenever a credential is minted. */
  readonly session?: () => Promise<string | undefined>;
  /**
   * Models that answer in this page, by name: functions, or `"window"` for the one that is built into the browser. Requests
   * for them are sent nowhere.
   */
  readonly models?: LocalModels;
  /** The one of `models` that answers chat requests for any other model while the mint-server cannot be reached. */
  readonly offlineModel?: string;
}

/** Options of {@link register}. */
export interface RegisterOptions extends FetchOptions {
  /**
   * The worker's script. Default: `/mintgate-sw.js`, the ready-made one. `false` if the app registers a worker with
   * `installProxy` itself; the options are then given to that too.
   */
  readonly worker?: string | false;
  /** As in `navigator.serviceWorker.register`. */
  readonly scope?: string;
  /** As in `navigator.serviceWorker.register`. Default: `classic`, which the ready-made worker is. */
  readonly type?: WorkerType;
}

/** What {@link register} has set up. */
export interface Registration {
  /** Who answers covered requests now; `page` may become `worker` when one takes control. */
  readonly mode: "worker" | "page";
  readonly controlled: boolean;
  /** Why there is no worker, in the browser's words; undefined if there is one or the browser has none at all. */
  readonly reason: unknown;
  /** Gives `fetch` back and unregisters the worker, unless the app registered it itself. */
  unregister(): Promise<void>;
}

const originalFetch = globalThis.fetch;
const native: typeof fetch = (input, init) => originalFetch.call(globalThis, input, init);
const pipeline = () => import("./page-pipeline.ts");
const cachePage = () => import("./cache-page.ts");
const outboxPage = () => import("./outbox-page.ts");

let page: PageOptions | undefined;
let covered: typeof fetch | undefined;
let stop = () => {};

/**
 * Covers this page's requests and registers the worker: the page answers them itself from the moment of the call until
 * the worker controls it. Resolves when it is settled which of the two does; does not reject for want of a worker.
 *
 * Call it before the app makes its SDK client, which keeps the `fetch` that it finds. Throws a TypeError for a
 * `mintServer` that is no URL.
 *
 * @example
 * await register();
 * const openai = new OpenAI({ apiKey: "browser", dangerouslyAllowBrowser: true });
 */
export async function register(options: RegisterOptions = {}): Promise<Registration> {
  stop();
  const control = controlFor(options);
  stop = coverPage(options, control);
  const stopThis = stop;
  const reason: unknown = await control.settle().catch((error: unknown) => error);
  return {
    get mode() {
      return control.worker() ? "worker" : "page";
    },
    get controlled() {
      return control.worker() !== undefined;
    },
    reason,
    async unregister() {
      stopThis();
      await control.unregister();
    },
  };
}

/**
 * A `fetch` for covered requests that needs no worker: the same pipeline, in the page. It hands all other requests to
 * the browser's own. Throws a TypeError for a `mintServer` that is no URL.
 *
 * @example
 * const openai = new OpenAI({ apiKey: "browser", dangerouslyAllowBrowser: true, fetch: createFetch() });
 */
export function createFetch(options: FetchOptions = {}): typeof fetch {
  return fetchFor(pageOptions(options), NO_CONTROL, options);
}

/** Reports what happens to requests and credentials, from every tab and the worker. Returns a function that stops it. */
export function onEvent(listener: (event: GateEvent) => void): () => void {
  const channel = new BroadcastChannel(EVENTS_CHANNEL);
  channel.onmessage = (event: MessageEvent<GateEvent>) => listener(event.data);
  return () => channel.close();
}

/** How long a worker may take to delete the key. */
const SIGN_OUT_MS = 5_000;

/**
 * Forgets the credential, deletes its key and makes the answers that are kept unreadable, in every tab and the worker. The
 * next request is a new subject's. Rejects if the browser does not let the answers' keys be deleted.
 */
export async function signOut(): Promise<void> {
  const worker = globalThis.navigator?.serviceWorker?.controller;
  if (worker && (await ask(worker, { type: "mintgate:sign-out" }, SIGN_OUT_MS))) return;
  await (await pipeline()).signOutInPage(page ?? pageOptions({}));
}

/** Tells what is kept in this browser: when and how much, not what. */
export async function cacheInfo(): Promise<CacheInfo> {
  return (await cachePage()).cacheInfo(page ?? pageOptions({}));
}

/** Deletes all answers that are kept in this browser, for every tab. */
export async function clearCache(): Promise<void> {
  await (await cachePage()).clearCache(page ?? pageOptions({}));
}

/** Tells which requests wait in this browser for the mint-server, the oldest first; see the header `x-mintgate-offline`. */
export async function outbox(): Promise<readonly Queued[]> {
  return (await outboxPage()).listQueued();
}

/** Takes back a request that waits, by the id in its `x-mintgate-outbox`. If it is on its way already, it is answered all the same. */
export async function dropQueued(id: string): Promise<void> {
  await (await outboxPage()).dropQueued(id);
}

/** How long a worker may take to break connections; it may have to start. */
const INTERRUPT_MS = 5_000;

/**
 * Breaks the connections of all requests under way, as a network that changes does: to try out that their answers go on. With
 * a worker, those of all its tabs.
 */
export async function interrupt(): Promise<void> {
  const worker = globalThis.navigator?.serviceWorker?.controller;
  if (worker) await ask(worker, { type: "mintgate:interrupt" }, INTERRUPT_MS);
  (await pipeline()).interruptInPage();
}

/**
 * Opens a realtime session through the mint-server and resolves once it has begun. What comes back is a WebSocket to the app;
 * where the connection breaks between two responses it is made again, as the event `mintgate.reconnected` tells: the new
 * session has the options given here, and knows nothing of what was said before.
 *
 * Rejects with a {@link RealtimeError}; later ones are the `error` of its `error` events.
 *
 * @example
 * const socket = await realtimeSocket({ model: "gpt-realtime" });
 * socket.onmessage = ({ data }) => console.log(JSON.parse(data).type);
 */
export async function realtimeSocket(options: RealtimeSocketOptions): Promise<WebSocket> {
  const { openRealtimeSocket } = await import("./realtime-socket.ts");
  return openRealtimeSocket(realtimePage(), options);
}

/**
 * A credential for clients that open their own connection, as WebSocket or over WebRTC. Rejects with a {@link RealtimeError}.
 *
 * @example
 * const { value, url } = await realtimeCredential({ model: "gpt-realtime" });
 * await session.connect({ apiKey: value, url });
 */
export async function realtimeCredential(options: RealtimeCredentialOptions): Promise<RealtimeCredential> {
  const { requestRealtimeCredential } = await import("./realtime-credential.ts");
  return requestRealtimeCredential(realtimePage(), options);
}

function realtimePage(): RealtimePage {
  const { settings } = page ?? pageOptions({});
  return { mintServer: settings.mintServer, fetch: covered ?? createFetch() };
}

function controlFor(options: RegisterOptions): Control {
  const container: ServiceWorkerContainer | undefined = globalThis.navigator?.serviceWorker;
  if (!container) return NO_CONTROL;
  const { worker = "/mintgate-sw.js", scope, type, session } = options;
  if (worker === false) return controlByApp(container);
  const script = withOptions(worker, { ...options, askSession: session !== undefined });
  return controlByScript(container, script, { ...(scope && { scope }), ...(type && { type }) });
}

/** Wraps the page's `fetch` and answers its worker's questions, until the returned function is called. */
function coverPage(options: RegisterOptions, control: Control): () => void {
  page = pageOptions(options);
  covered = fetchFor(page, control, options);
  const restore = replaceFetch(covered);
  const container: ServiceWorkerContainer | undefined = globalThis.navigator?.serviceWorker;
  const silence = container && listenToWorkers(container, (port) => void answerSession(port, options.session));
  const relax = watchQueue(page, control);
  return () => {
    restore();
    silence?.();
    relax();
  };
}

/** Has what waits delivered, by whoever answers this page's requests then. */
function watchQueue(options: PageOptions, control: Control): () => void {
  const deliver = async () => {
    const worker = control.worker();
    if (worker) worker.postMessage({ type: "mintgate:deliver" } satisfies PageMessage);
    else await (await pipeline()).deliverInPage(options);
  };
  const watching = outboxPage().then(({ watchOutbox }) => watchOutbox(deliver));
  watching.catch(() => undefined);
  return () => void watching.then((relax) => relax()).catch(() => undefined);
}

function fetchFor(options: PageOptions, control: Control, { models, offlineModel }: FetchOptions): typeof fetch {
  return wrapFetch({
    settings: options.settings,
    native,
    worker: control.worker,
    inPage: async (request, target) => (await pipeline()).fetchInPage(options, request, target),
    local: models && createLocalFetch(models, offlineModel),
  });
}

function pageOptions(options: FetchOptions): PageOptions {
  const { session } = options;
  const settings = resolveSettings({ ...options, askSession: session !== undefined }, location.href);
  return { settings, native, session };
}
