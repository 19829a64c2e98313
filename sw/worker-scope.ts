/*
 * The part of a ServiceWorkerGlobalScope that this package uses. TypeScript's own `webworker` library contradicts its
 * `dom` library, and most apps compile with the latter.
 */

/** A page, frame or dedicated worker that the Service Worker answers. */
export interface WorkerClient {
  readonly id: string;
  readonly type: string;
  readonly url: string;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

interface LifetimeEvent {
  waitUntil(work: Promise<unknown>): void;
}

/** A request of a client, before any network. */
export interface WorkerFetchEvent extends LifetimeEvent {
  readonly request: Request;
  readonly clientId: string;
  respondWith(answer: Promise<Response>): void;
}

/** A message that a client posted. */
export interface WorkerMessageEvent extends LifetimeEvent {
  readonly data: unknown;
  readonly ports: readonly MessagePort[];
  readonly source: object | null;
}

/** Background Sync: there is a network again. Chromium only. */
interface WorkerSyncEvent extends LifetimeEvent {
  readonly tag: string;
}

interface WorkerEvents {
  readonly fetch: WorkerFetchEvent;
  readonly message: WorkerMessageEvent;
  readonly install: LifetimeEvent;
  readonly activate: LifetimeEvent;
  readonly sync: WorkerSyncEvent;
}

/** What `installProxy` is given: a Service Worker's `self`. */
export interface WorkerScope {
  readonly location: { readonly href: string };
  readonly registration: { readonly scope: string; readonly sync?: { register(tag: string): Promise<void> } };
  readonly clients: {
    get(id: string): Promise<WorkerClient | undefined>;
    matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<readonly WorkerClient[]>;
    claim(): Promise<void>;
  };
  skipWaiting(): Promise<void>;
  addEventListener<Name extends keyof WorkerEvents>(type: Name, listener: (event: WorkerEvents[Name]) => void): void;
}
