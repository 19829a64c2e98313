import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { Fields } from "../../../../mint-server/realtime/events.ts";
import { problemOf } from "./rules.ts";
import { createLiveSession, type LiveOrders } from "./session.ts";

/** A session with the stand-in. */
export interface LiveConnection {
  readonly path: string;
  readonly apiKey: string | undefined;
  /** Messages that came, the setup first. */
  readonly messages: Fields[];
  /** Bytes of 16 kHz PCM that came. */
  readonly heardBytes: () => number;
  readonly closed: number | undefined;
  send(message: object): void;
  close(code: number, reason: string): void;
}

export interface GeminiLiveStandIn {
  /** Base URL, without a version. */
  readonly url: string;
  readonly connections: LiveConnection[];
  /** How the model answers from now on. */
  readonly orders: LiveOrders;
  until<Found>(predicate: () => Found | undefined | false): Promise<Found>;
  stop(): Promise<void>;
}

const GIVE_UP_MS = 10_000;

/**
 * Starts a provider that speaks Gemini's Live protocol (`BidiGenerateContent`), as strictly as the original: a message that
 * it does not know, or that comes at the wrong time, closes the session with 1007 and a reason.
 */
export async function startGeminiLive(): Promise<GeminiLiveStandIn> {
  const connections: LiveConnection[] = [];
  const orders: { -readonly [Name in keyof LiveOrders]: LiveOrders[Name] } = {};
  const watchers = new Set<() => void>();
  const changed = (): void => {
    for (const watcher of watchers) watcher();
  };
  const server = createServer((_, response) => response.writeHead(426).end());
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket, request) => {
    const path = request.url ?? "";
    const key =
      request.headers["x-goog-api-key"] ?? new URL(path, "http://stand-in").searchParams.get("key") ?? undefined;
    if (typeof key !== "string") return socket.close(1008, "Method doesn't allow unregistered callers.");
    connections.push(listen(socket, { path, apiKey: key, orders, changed }));
    changed();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    connections,
    orders,
    until: (predicate) => untilFound(predicate, watchers),
    async stop() {
      for (const client of sockets.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Listening {
  readonly path: string;
  readonly apiKey: string;
  readonly orders: LiveOrders;
  readonly changed: () => void;
}

function listen(socket: WebSocket, { path, apiKey, orders, changed }: Listening): LiveConnection {
  const messages: Fields[] = [];
  // Google's own frames are binary, though they hold JSON.
  const send = (message: object): void => socket.send(Buffer.from(JSON.stringify(message)));
  const session = createLiveSession({ send, orders });
  let closed: number | undefined;
  socket.on("message", (data: Buffer) => {
    const message = JSON.parse(data.toString()) as Fields;
    const problem = problemOf(message, messages[0]);
    messages.push(message);
    if (problem === undefined) session.take(message);
    else socket.close(1007, problem.slice(0, 120));
    changed();
  });
  socket.on("close", (code) => {
    closed = code;
    session.stop();
    changed();
  });
  return {
    path,
    apiKey,
    messages,
    heardBytes: session.heardBytes,
    get closed() {
      return closed;
    },
    send,
    close: (code, reason) => socket.close(code, reason),
  };
}

function untilFound<Found>(predicate: () => Found | undefined | false, watchers: Set<() => void>): Promise<Found> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const found = predicate();
      if (found === undefined || found === false) return;
      clearTimeout(timer);
      watchers.delete(look);
      resolve(found);
    };
    const timer = setTimeout(() => {
      watchers.delete(look);
      reject(new Error("it did not happen"));
    }, GIVE_UP_MS);
    watchers.add(look);
    look();
  });
}
