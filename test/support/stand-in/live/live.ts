import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { ClientEvent, LiveCreateResponse, SessionResource } from "openai/resources/live/live";
import type { ConnectServerEvent } from "openai/resources/live/sideband/sideband";
import { type WebSocket, WebSocketServer } from "ws";
import { readOffer, type StandInLiveConfig } from "./schemas.ts";

/** A Live session that the stand-in made. */
export interface StandInLive {
  readonly id: string;
  readonly authorization: string | undefined;
  readonly config: StandInLiveConfig;
  /** Connections beside it, the latest last. */
  readonly sidebands: {
    readonly authorization: string | undefined;
    readonly headers: readonly string[];
    cut(): void;
  }[];
  /** What its page says over the data channel; false if the session does not allow it to. */
  fromPage(event: ClientEvent): boolean;
  /** Tells whoever is attached. */
  tell(event: ConnectServerEvent): void;
  /** The page has gone. */
  hangUp(): void;
  readonly isOver: boolean;
}

export interface LiveStandIn {
  /** Base URL, `/v1` included. */
  readonly url: string;
  readonly sessions: StandInLive[];
  /** Methods and paths of all requests, in their order. */
  readonly requests: string[];
  /** Refuses new sessions with this status until it is told otherwise. */
  refuse(status: number | undefined): void;
  /** Refuses connections beside sessions, so many times. */
  refuseSidebands(times: number): void;
  until<Found>(predicate: () => Found | undefined | false): Promise<Found>;
  stop(): Promise<void>;
}

interface Running extends StandInLive {
  isOver: boolean;
  readonly sockets: Set<WebSocket>;
}

export const LIVE_SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=live\r\nt=0 0\r\n";
const GIVE_UP_MS = 10_000;
const GONE = "This session is over.";

/**
 * Starts a provider that has Live sessions as OpenAI does: `POST /v1/live/sessions` in JSON, and
 * `GET /v1/live/sessions/{id}/attach` for a connection beside one. A page is held to what its session allows.
 */
export async function startLiveStandIn(): Promise<LiveStandIn> {
  const sessions: Running[] = [];
  const requests: string[] = [];
  const watchers = new Set<() => void>();
  const changed = (): void => {
    for (const watcher of watchers) watcher();
  };
  let refused: number | undefined;
  let sidebandsRefused = 0;

  const server = createServer(async (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    if (request.method !== "POST" || request.url !== "/v1/live/sessions")
      return answerError(response, 404, "No such path.");
    const body = Buffer.concat(await Array.fromAsync<Buffer<ArrayBuffer>>(request)).toString();
    if (refused !== undefined) return answerError(response, refused, "Refused as ordered.");
    const { authorization } = request.headers;
    if (!authorization?.startsWith("Bearer ")) return answerError(response, 401, "No API key.");
    const read = readOffer(body);
    if ("problem" in read) return answerError(response, 400, read.problem);
    const session = newSession(read.session, { authorization, changed });
    sessions.push(session);
    const answer: LiveCreateResponse = { session: { id: session.id }, transport: { type: "webrtc", sdp: LIVE_SDP } };
    response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify(answer));
    changed();
  });
  server.keepAliveTimeout = 10 * 60_000;
  const connections = new Set<Socket>();
  server.on("connection", (connection) => {
    connections.add(connection);
    connection.once("close", () => connections.delete(connection));
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    requests.push(`WS ${request.url}`);
    const id = /^\/v1\/live\/sessions\/([^/?]+)\/attach$/.exec(request.url ?? "")?.[1];
    const session = sessions.find((each) => each.id === id && !each.isOver);
    if (!session || sidebandsRefused-- > 0)
      return void socket.end(`HTTP/1.1 ${session ? 500 : 404} No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    sockets.handleUpgrade(request, socket, head, (opened) => {
      attach(session, request, { opened, changed });
      changed();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}/v1`,
    sessions,
    requests,
    refuse(status) {
      refused = status;
    },
    refuseSidebands(times) {
      sidebandsRefused = times;
    },
    until: (predicate) => untilFound(predicate, watchers),
    async stop() {
      for (const session of sessions) session.hangUp();
      const closed = new Promise((resolve) => server.close(resolve));
      for (const connection of connections) connection.destroy();
      await closed;
    },
  };
}

let count = 0;

function newSession(
  config: StandInLiveConfig,
  { authorization, changed }: { readonly authorization: string; readonly changed: () => void },
): Running {
  const sockets = new Set<WebSocket>();
  const tell = (event: ConnectServerEvent): void => {
    for (const socket of sockets) socket.send(JSON.stringify(event));
  };
  const session: Running = {
    id: `live_u1_${(++count).toString(16).padStart(8, "0")}`,
    authorization,
    config,
    sidebands: [],
    fromPage(event) {
      const allowed = config.client?.data_channel.allowed_client_events ?? "all";
      if (session.isOver || (allowed !== "all" && !allowed.includes(event.type))) return false;
      take(session, event, changed);
      return true;
    },
    tell,
    hangUp: () => close(session, "remote_hangup", changed),
    isOver: false,
    sockets,
  };
  return session;
}

function take(session: Running, event: ClientEvent, changed: () => void): void {
  const timeline = { event_id: "event_1", start_ms: 0, end_ms: 0 };
  if (event.type === "session.close") close(session, "close_requested", changed);
  if (event.type === "session.instructions.append")
    session.tell({ type: "session.instructions.appended", ...timeline });
}

type Reason = Extract<ConnectServerEvent, { type: "session.closed" }>["reason"];

function close(session: Running, reason: Reason, changed: () => void): void {
  if (session.isOver) return;
  const { model } = session.config;
  const resource: SessionResource = { id: session.id, expires_at: 0, model, status: "active" };
  session.tell({ type: "session.closed", event_id: "event_2", reason, session: resource, usage: { seconds: 1 } });
  session.isOver = true;
  for (const socket of session.sockets) socket.close(1000, GONE);
  changed();
}

interface Attaching {
  readonly opened: WebSocket;
  readonly changed: () => void;
}

function attach(session: Running, { headers }: IncomingMessage, { opened, changed }: Attaching): void {
  session.sockets.add(opened);
  const { authorization } = headers;
  session.sidebands.push({ authorization, headers: Object.keys(headers), cut: () => opened.terminate() });
  opened.on("message", (data: Buffer) => take(session, JSON.parse(data.toString()) as ClientEvent, changed));
  opened.on("close", () => {
    session.sockets.delete(opened);
    changed();
  });
}

function answerError(response: ServerResponse, status: number, message: string): void {
  const error = { message, type: "invalid_request_error", param: null, code: null };
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ error }));
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
