import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { Fields } from "../../../../mint-server/realtime/events.ts";
import type { Script } from "../realtime/answer.ts";
import { createSession, type StandInSession } from "../realtime/session.ts";
import { answerOffer, type Peer } from "./peer.ts";

/** A call that the stand-in took. */
export interface StandInCall {
  readonly id: string;
  readonly authorization: string | undefined;
  /** The form's fields as they came. */
  readonly form: Readonly<Record<string, string>>;
  /** The connections beside it, the latest last. */
  readonly sidebands: StandInSideband[];
  /** Packets of the page's voice that arrived. */
  voicePackets(): number;
  /** The session as it is. */
  config(): Fields;
  /** What its client said over the data channel. */
  fromClient(event: object): void;
  /** What the session told: to the data channel and to whoever listens beside. */
  readonly told: (Fields & { readonly type: string })[];
  readonly isOver: boolean;
}

export interface StandInSideband {
  readonly authorization: string | undefined;
  /** Events that came over it. */
  readonly events: (Fields & { readonly type: string })[];
  readonly isOpen: boolean;
  cut(): void;
}

export interface CallsStandIn {
  /** Base URL, `/v1` included. */
  readonly url: string;
  readonly calls: StandInCall[];
  /** Paths of all requests, in their order. */
  readonly requests: string[];
  readonly scripts: Script[];
  /** Refuses the next calls with this status until it is told otherwise. */
  refuse(status: number | undefined): void;
  /** Refuses connections beside calls. */
  refuseSidebands(status: number | undefined): void;
  until<Found>(predicate: () => Found | undefined | false): Promise<Found>;
  stop(): Promise<void>;
}

export interface CallsStandInOptions {
  /** Answers offers with a real peer; otherwise with an SDP that nobody stands behind. */
  readonly withPeers?: boolean;
}

interface Live extends StandInCall {
  isOver: boolean;
  readonly session: StandInSession;
  readonly sockets: Set<WebSocket>;
  peer?: Peer;
}

const GIVE_UP_MS = 10_000;
export const DEAD_SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=stand-in\r\nt=0 0\r\n";

/**
 * Starts a provider that takes calls as OpenAI does: `POST /v1/realtime/calls` with `sdp` and `session` as a form, its
 * `…/{id}/hangup`, and `GET /v1/realtime?call_id=` for a connection beside a call. Sessions are the realtime stand-in's.
 */
export async function startCallsStandIn({ withPeers = false }: CallsStandInOptions = {}): Promise<CallsStandIn> {
  const calls: Live[] = [];
  const requests: string[] = [];
  const scripts: Script[] = [];
  const watchers = new Set<() => void>();
  const changed = (): void => {
    for (const watcher of watchers) watcher();
  };
  let refused: number | undefined;
  let sidebandsRefused: number | undefined;

  const end = (call: Live): void => {
    call.isOver = true;
    call.session.stop();
    for (const socket of call.sockets) socket.close(1000, "");
    void call.peer?.close();
    changed();
  };
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const form = await readForm(request);
    if (refused !== undefined) return fail(response, refused, "refused as ordered");
    const problem = problemOf(request, form);
    if (problem !== undefined) return fail(response, 400, problem);
    const call = newCall(request, form, { changed, scripts, end: () => end(call) });
    calls.push(call);
    const answer = withPeers ? await connect(call) : DEAD_SDP;
    call.session.start();
    response
      .writeHead(201, { "content-type": "application/sdp", location: `/v1/realtime/calls/${call.id}` })
      .end(answer);
    changed();
  };
  const connect = async (call: Live): Promise<string> => {
    const peer = await answerOffer(call.form.sdp ?? "", {
      onEvent: (text) => takeFromPage(call, text),
      history: () => call.told,
    });
    call.peer = peer;
    return peer.answer;
  };
  const hangUp = (id: string, response: ServerResponse): void => {
    const call = calls.find((candidate) => candidate.id === id && !candidate.isOver);
    if (!call) {
      fail(response, 404, "No such call.");
      return;
    }
    end(call);
    response.writeHead(200).end();
  };

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://stand-in");
    requests.push(`${request.method} ${pathname}`);
    const hangup = /^\/v1\/realtime\/calls\/([^/]+)\/hangup$/.exec(pathname);
    if (hangup?.[1] !== undefined) hangUp(hangup[1], response);
    else if (pathname === "/v1/realtime/calls") void take(request, response);
    else fail(response, 404, "There is nothing here.");
  });
  // A connection that is closed while a request is on its way to it would be a refusal that nobody ordered.
  server.keepAliveTimeout = 10 * 60_000;
  const connections = new Set<Socket>();
  server.on("connection", (connection) => {
    connections.add(connection);
    connection.once("close", () => connections.delete(connection));
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    const id = new URL(request.url ?? "/", "http://stand-in").searchParams.get("call_id");
    const call = calls.find((candidate) => candidate.id === id && !candidate.isOver);
    const status = sidebandsRefused ?? (call ? undefined : 404);
    requests.push(`WS ${id}`);
    if (!call || status !== undefined)
      return void socket.end(`HTTP/1.1 ${status} No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    sockets.handleUpgrade(request, socket, head, (opened) => {
      listen(call, request, { opened, changed });
      changed();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}/v1`,
    calls,
    requests,
    scripts,
    refuse: (status) => {
      refused = status;
    },
    refuseSidebands: (status) => {
      sidebandsRefused = status;
    },
    until: (predicate) => untilFound(predicate, watchers),
    async stop() {
      for (const call of calls) if (!call.isOver) end(call);
      const closed = new Promise((resolve) => server.close(resolve));
      for (const connection of connections) connection.destroy();
      await closed;
    },
  };
}

/** Only where the provider plays the voice itself can it be told to fall silent. */
function takeFromPage({ session, peer }: Live, text: string): void {
  const { type } = JSON.parse(text) as { readonly type?: unknown };
  if (type === "output_audio_buffer.clear") peer?.send(JSON.stringify({ type: "output_audio_buffer.cleared" }));
  else session.take(text);
}

interface CallParts {
  readonly changed: () => void;
  readonly scripts: Script[];
  readonly end: () => void;
}

let count = 0;

function newCall(
  { headers }: IncomingMessage,
  form: Record<string, string>,
  { changed, scripts, end }: CallParts,
): Live {
  const asked = JSON.parse(form.session ?? "{}") as Fields;
  const told: StandInCall["told"] = [];
  const sockets = new Set<WebSocket>();
  const type = asked.type === "transcription" ? "transcription" : "realtime";
  const session = createSession({
    model: typeof asked.model === "string" ? asked.model : null,
    type,
    send(event) {
      told.push(event);
      const text = JSON.stringify(event);
      // Voice goes over the media track, so its deltas are told to nobody.
      if (event.type !== "response.output_audio.delta") {
        for (const socket of sockets) socket.send(text);
        call.peer?.send(text);
      }
      changed();
    },
    cut: end,
    close: end,
    nextScript: () => scripts.shift(),
  });
  const call: Live = {
    id: `rtc_u1_${(++count).toString(16).padStart(8, "0")}`,
    authorization: headers.authorization,
    form,
    sidebands: [],
    voicePackets: () => call.peer?.voicePackets() ?? 0,
    config: session.config,
    fromClient: (event) => session.take(JSON.stringify(event)),
    told,
    isOver: false,
    session,
    sockets,
  };
  // What came with the offer is the session's from the start.
  session.take(JSON.stringify({ type: "session.update", session: withoutModel(asked) }));
  told.length = 0;
  return call;
}

function withoutModel({ model: _, ...session }: Fields): Fields {
  return session;
}

interface Listening {
  readonly opened: WebSocket;
  readonly changed: () => void;
}

function listen(call: Live, { headers }: IncomingMessage, { opened, changed }: Listening): void {
  call.sockets.add(opened);
  const sideband = {
    authorization: headers.authorization,
    events: [] as StandInSideband["events"],
    isOpen: true,
    cut: () => opened.terminate(),
  };
  call.sidebands.push(sideband);
  opened.on("message", (data: Buffer) => {
    sideband.events.push(JSON.parse(data.toString()) as StandInSideband["events"][number]);
    call.session.take(data.toString());
    changed();
  });
  opened.on("close", () => {
    sideband.isOpen = false;
    call.sockets.delete(opened);
    changed();
  });
}

async function readForm(request: IncomingMessage): Promise<Record<string, string>> {
  const body = Buffer.concat(await Array.fromAsync<Buffer<ArrayBuffer>>(request));
  const headers = { "content-type": request.headers["content-type"] ?? "" };
  const form = await new Response(body, { headers }).formData().catch(() => new FormData());
  return Object.fromEntries([...form].map(([name, value]) => [name, String(value)]));
}

function problemOf({ headers }: IncomingMessage, form: Record<string, string>): string | undefined {
  if (!headers.authorization?.startsWith("Bearer ")) return "You did not provide an API key.";
  if (!form.sdp?.startsWith("v=0")) return "Invalid SDP offer.";
  const session = JSON.parse(form.session ?? "null") as Fields | null;
  if (session?.type !== "realtime" && session?.type !== "transcription")
    return "Missing required parameter: 'session.type'.";
  if (session.type === "realtime" && typeof session.model !== "string") return "You must provide a model parameter.";
  return undefined;
}

function fail(response: ServerResponse, status: number, message: string): void {
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
