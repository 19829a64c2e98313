import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Fields } from "../../../../mint-server/realtime/events.ts";
import type { Script } from "./answer.ts";
import { createSession } from "./session.ts";

/** A connection to the stand-in, as it was and is. */
export interface RealtimeConnection {
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  /** Every frame that the client sent, as text. */
  readonly frames: readonly string[];
  /** The same, read. */
  events(): readonly (Fields & { readonly type: string })[];
  /** The session as the client has made it. */
  config(): Fields;
  /** How the other side closed, or that it broke. */
  readonly closed: { readonly code: number; readonly reason: string } | undefined;
  /** Sends whatever is given, as it is. */
  send(frame: string | Buffer): void;
  close(code: number, reason: string): void;
  /** Resets the connection. */
  cut(): void;
  /** Stops reading. */
  pause(): void;
  ping(): Promise<void>;
}

export interface RealtimeStandIn {
  /** Base URL, `/v1` included. */
  readonly url: string;
  readonly connections: RealtimeConnection[];
  /** Orders for the responses to come, first come first served. */
  readonly scripts: Script[];
  /** Refuses handshakes with this status until it is told otherwise. */
  refuse(status: number | undefined): void;
  /** Resolves with what the predicate finds, now or after a change; rejects after 10 s. */
  until<Found>(predicate: () => Found | undefined | false): Promise<Found>;
  stop(): Promise<void>;
}

export interface RealtimeStandInOptions {
  readonly apiKeys?: readonly string[];
  /** Answers every frame with itself, and says nothing else. */
  readonly echoes?: boolean;
}

const GIVE_UP_MS = 10_000;

/**
 * Starts a provider that speaks OpenAI's Realtime API (GA) at `/v1/realtime`, as strictly as the original: what the beta had is
 * refused, and so are fields and events that it does not know.
 */
export async function startRealtimeStandIn({
  apiKeys,
  echoes = false,
}: RealtimeStandInOptions = {}): Promise<RealtimeStandIn> {
  const connections: RealtimeConnection[] = [];
  const scripts: Script[] = [];
  const watchers = new Set<() => void>();
  const changed = (): void => {
    for (const watcher of watchers) watcher();
  };
  let refusedWith: number | undefined;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 * 1024 });
  const server = createServer((_, response) => response.writeHead(426).end());

  server.on("upgrade", (request, socket, head) => {
    const status = refusedWith ?? refusalOf(request, apiKeys);
    if (status !== undefined) return refuse(socket, status);
    sockets.handleUpgrade(request, socket, head, (client) => {
      const connection = serve(client, request, { scripts, changed, echoes });
      connections.push(connection);
      changed();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}/v1`,
    connections,
    scripts,
    refuse(status) {
      refusedWith = status;
    },
    until: (predicate) => until(predicate, watchers),
    stop() {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function refusalOf({ url = "", headers }: IncomingMessage, apiKeys: readonly string[] | undefined): number | undefined {
  const { pathname, searchParams } = new URL(url, "http://stand-in");
  if (!pathname.endsWith("/realtime")) return 404;
  const key = headers.authorization?.replace(/^Bearer /, "") ?? headers["api-key"];
  if (key === undefined || (apiKeys && !apiKeys.includes(String(key)))) return 401;
  return searchParams.has("model") || searchParams.get("intent") === "transcription" ? undefined : 400;
}

function refuse(socket: Duplex, status: number): void {
  const body = JSON.stringify({
    error: { message: "Refused by the stand-in.", type: "invalid_request_error", param: null, code: null },
  });
  socket.end(
    `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}

interface Serving {
  readonly scripts: Script[];
  readonly changed: () => void;
  readonly echoes: boolean;
}

function serve(client: WebSocket, request: IncomingMessage, { scripts, changed, echoes }: Serving): RealtimeConnection {
  const { searchParams } = new URL(request.url ?? "", "http://stand-in");
  const frames: string[] = [];
  let closed: RealtimeConnection["closed"];
  const session = createSession({
    model: searchParams.get("model"),
    type: searchParams.get("intent") === "transcription" ? "transcription" : "realtime",
    send: (event) => client.send(JSON.stringify(event)),
    cut: () => client.terminate(),
    close: (code, reason) => client.close(code, reason),
    nextScript: () => scripts.shift(),
  });
  client.on("message", (data, isBinary) => {
    if (echoes) return client.send(data, { binary: isBinary });
    frames.push(String(data));
    session.take(String(data));
    changed();
  });
  client.on("close", (code, reason) => {
    closed = { code, reason: String(reason) };
    session.stop();
    changed();
  });
  client.on("error", () => {});
  const connection: RealtimeConnection = {
    url: request.url ?? "",
    headers: request.headers,
    frames,
    events: () => frames.map((frame) => JSON.parse(frame)),
    config: session.config,
    get closed() {
      return closed;
    },
    send: (frame) => client.send(frame),
    close: (code, reason) => client.close(code, reason),
    cut: () => client.terminate(),
    pause: () => client.pause(),
    ping: () =>
      new Promise((resolve) => {
        client.once("pong", () => resolve());
        client.ping("are you there");
      }),
  };
  if (echoes) return connection;
  if (isBeta(request)) {
    const message = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API.";
    client.send(
      JSON.stringify({
        type: "error",
        event_id: "event_beta",
        error: { type: "invalid_request_error", code: "beta_api_shape_disabled", message, param: null },
      }),
    );
    client.close(4000, "invalid_request_error.beta_api_shape_disabled");
  } else session.start();
  return connection;
}

function isBeta({ headers }: IncomingMessage): boolean {
  return headers["openai-beta"] !== undefined || /realtime-v1/.test(headers["sec-websocket-protocol"] ?? "");
}

function until<Found>(predicate: () => Found | undefined | false, watchers: Set<() => void>): Promise<Found> {
  return new Promise((resolve, reject) => {
    const settle = (found: Found | undefined | false): void => {
      if (!found) return;
      watchers.delete(look);
      clearTimeout(timer);
      resolve(found);
    };
    const look = (): void => settle(predicate());
    const timer = setTimeout(() => {
      watchers.delete(look);
      reject(new Error(`in vain: ${String(predicate)}`));
    }, GIVE_UP_MS);
    watchers.add(look);
    look();
  });
}
