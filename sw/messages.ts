import type { CacheInfo } from "./cache.ts";

/** What a page posts to the worker. A port goes along where an answer is awaited. */
export type PageMessage =
  /** The page gave a request up; no engine tells the worker so before the answer's first byte. */
  | { readonly type: "mintgate:cancel"; readonly id: string }
  /** The page still waits for a request: an event that keeps the worker alive. */
  | { readonly type: "mintgate:ping"; readonly id: string }
  /** Is this worker ours? Answered by a {@link ReadyMessage} on the port. */
  | { readonly type: "mintgate:hello" }
  /** Forget credential, key and all answers. Answered by a {@link ReadyMessage} on the port when done. */
  | { readonly type: "mintgate:sign-out" }
  /** Delete all answers that are kept. Answered by a {@link ReadyMessage} on the port when done. */
  | { readonly type: "mintgate:clear-cache" }
  /** Something may wait, and the mint-server may be there again. */
  | { readonly type: "mintgate:deliver" }
  /** Break the connections of all that is under way. Answered by a {@link ReadyMessage} on the port. */
  | { readonly type: "mintgate:interrupt" }
  /** What is kept? Answered by a {@link CacheMessage} on the port. */
  | { readonly type: "mintgate:cache-info" };

/** What the worker posts to a page. */
export type WorkerMessage =
  /** A request's last byte was handed over; if its stream was cut, the error event that says so. */
  | { readonly type: "mintgate:done"; readonly id: string }
  /** The answer to a ping for a request that this worker does not know: it was stopped in between. */
  | { readonly type: "mintgate:unknown"; readonly id: string }
  /** Asks for the app's ID token; a {@link SessionMessage} comes back on the port. */
  | { readonly type: "mintgate:session" };

export interface ReadyMessage {
  readonly type: "mintgate:ready";
}

export interface CacheMessage {
  readonly type: "mintgate:cache-info";
  readonly info: CacheInfo;
}

export interface SessionMessage {
  readonly type: "mintgate:session";
  readonly idToken: string | undefined;
}

/** A message of a page; `undefined` for those that are the app's own. */
export function readPageMessage(data: unknown): PageMessage | undefined {
  const message = fieldsOf(data);
  switch (message.type) {
    case "mintgate:cancel":
    case "mintgate:ping":
      return typeof message.id === "string" ? { type: message.type, id: message.id } : undefined;
    case "mintgate:hello":
    case "mintgate:sign-out":
    case "mintgate:clear-cache":
    case "mintgate:deliver":
    case "mintgate:interrupt":
    case "mintgate:cache-info":
      return { type: message.type };
    default:
      return undefined;
  }
}

/** A message of the worker; `undefined` for those of the app's own worker code. */
export function readWorkerMessage(data: unknown): WorkerMessage | undefined {
  const message = fieldsOf(data);
  switch (message.type) {
    case "mintgate:done":
    case "mintgate:unknown":
      return typeof message.id === "string" ? { type: message.type, id: message.id } : undefined;
    case "mintgate:session":
      return { type: message.type };
    default:
      return undefined;
  }
}

/** The ID token in a page's answer, if it sent one. */
export function readIdToken(data: unknown): string | undefined {
  const { idToken } = fieldsOf(data);
  return typeof idToken === "string" && idToken !== "" ? idToken : undefined;
}

type Fields = Readonly<Partial<Record<string, unknown>>>;

/** An object's fields by name; none for anything that is not an object. */
export function fieldsOf(data: unknown): Fields {
  return typeof data === "object" && data !== null ? (data as Fields) : {};
}

/** What {@link ask} posts to: a worker or a client. */
export interface Recipient {
  postMessage(message: unknown, transfer: Transferable[]): void;
}

/** Posts a message with a port and waits for the one answer; `undefined` after `timeoutMs` without one. */
export function ask(recipient: Recipient, message: PageMessage | WorkerMessage, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const finish = (answer: unknown) => {
      clearTimeout(timer);
      port1.close();
      resolve(answer);
    };
    const timer = setTimeout(finish, timeoutMs, undefined);
    port1.onmessage = (event) => finish(event.data);
    recipient.postMessage(message, [port2]);
  });
}
