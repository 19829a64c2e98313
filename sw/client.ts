import { type Control, controlByApp, controlByScript, NO_CONTROL } from "./control.ts";
import { EVENTS_CHANNEL, type GateEvent } from "./events.ts";
import { replaceFetch, wrapFetch } from "./fetch-wrapper.ts";
import { createLocalFetch } from "./local-fetch.ts";
import type { LocalModels } from "./local-models.ts";
import { ask } from "./messages.ts";
import { listenToWorkers } from "./page-calls.ts";
import type { PageOptions } from "./page-pipeline.ts";
import { answerSession } from "./session.ts";
import { type ProxyOptions, resolveSettings, withOptions } from "./settings.ts";

export type { JsMessage, JsModel, JsModelRequest, LocalModel } from "./local-models.ts";

/** Options of {@link createFetch}. */
export interface FetchOptions extends Omit<ProxyOptions, "askSession"> {
  /** Gives the app's ID token, where the organisation's sessions ask for one; called whenever a credential is minted. */
  readonly session?: () => Promise<string | undefined>;
  /**
   * Models that answer in this page, by name: functions, or `"window"` for the one that is built into the browser. Requests
   * for them are sent nowhere.
   */
  readonly models?: LocalModels;
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

let page: PageOptions | undefined;
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
  return fetchFor(pageOptions(options), NO_CONTROL, options.models);
}

/** Reports what happens to requests and credentials, from every tab and the worker. Returns a function that stops it. */
export function onEvent(listener: (event: GateEvent) => void): () => void {
  const channel = new BroadcastChannel(EVENTS_CHANNEL);
  channel.onmessage = (event: MessageEvent<GateEvent>) => listener(event.data);
  return () => channel.close();
}

/** How long a worker may take to delete the key. */
const SIGN_OUT_MS = 5_000;

/** Forgets the credential and deletes its key, in every tab and the worker. The next request is a new subject's. */
export async function signOut(): Promise<void> {
  const worker = globalThis.navigator?.serviceWorker?.controller;
  if (worker && (await ask(worker, { type: "mintgate:sign-out" }, SIGN_OUT_MS))) return;
  await (await pipeline()).signOutInPage(page ?? pageOptions({}));
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
  const restore = replaceFetch(fetchFor(page, control, options.models));
  const container: ServiceWorkerContainer | undefined = globalThis.navigator?.serviceWorker;
  const silence = container && listenToWorkers(container, (port) => void answerSession(port, options.session));
  return () => {
    restore();
    silence?.();
  };
}

function fetchFor(options: PageOptions, control: Control, models: LocalModels | undefined): typeof fetch {
  return wrapFetch({
    settings: options.settings,
    native,
    worker: control.worker,
    inPage: async (request, target) => (await pipeline()).fetchInPage(options, request, target),
    local: models && createLocalFetch(models),
  });
}

function pageOptions(options: FetchOptions): PageOptions {
  const { session } = options;
  const settings = resolveSettings({ ...options, askSession: session !== undefined }, location.href);
  return { settings, native, session };
}
