import { onTestFinished } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import type { Fields } from "../../mint-server/realtime/events.ts";
import { type Rig, type RigOptions, startRig } from "../support/rig.ts";
import { type RealtimeStandIn, startRealtimeStandIn } from "../support/stand-in/realtime/realtime.ts";

/** The real server on workerd, with a stand-in of OpenAI's Realtime API behind it. */
export interface RealtimeRig extends Rig {
  readonly provider: RealtimeStandIn;
  /** URL of a session: `socketURL("?model=gpt-realtime")`. */
  socketURL(query?: string): string;
}

export async function startRealtimeRig(options: Omit<RigOptions, "standIn"> = {}): Promise<RealtimeRig> {
  const provider = await startRealtimeStandIn();
  const rig = await startRig({ ...options, settings: { OPENAI_BASE_URL: provider.url, ...options.settings } });
  return {
    ...rig,
    provider,
    socketURL: (query = "?model=gpt-realtime") => `${rig.server.url.replace("http", "ws")}/v1/proxy/realtime${query}`,
    async stop() {
      await rig.stop();
      await provider.stop();
    },
  };
}

export type ServerEvent = Fields & { readonly type: string };

/** A client of bare WebSockets. */
export interface Client {
  readonly socket: WebSocket;
  readonly events: readonly ServerEvent[];
  /** Frames as they came. */
  readonly frames: readonly (string | Buffer)[];
  send(event: object | string): void;
  /** The first event of a type from here on that has not been waited for; rejects if the socket closes, or after 10 s. */
  next(type: string, matches?: (event: ServerEvent) => boolean): Promise<ServerEvent>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

export interface ClientInit extends ClientOptions {
  readonly protocols?: readonly string[];
}

/** Connects; rejects with the status where the handshake is refused. */
export async function connectTo(url: string, { protocols = [], ...options }: ClientInit = {}): Promise<Client> {
  const socket = new WebSocket(url, [...protocols], options);
  onTestFinished(() => socket.terminate());
  const client = clientOf(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("unexpected-response", (_, response) => {
      const body: Buffer[] = [];
      response.on("data", (bytes: Buffer) => body.push(bytes));
      response.on("end", () => reject(new HandshakeRefused(response.statusCode ?? 0, Buffer.concat(body).toString())));
    });
    socket.once("error", reject);
  });
  return client;
}

/** A handshake that was answered with something else than 101. */
export class HandshakeRefused extends Error {
  readonly status: number;
  readonly body: string;
  constructor(status: number, body: string) {
    super(`handshake refused with ${status}: ${body}`);
    this.status = status;
    this.body = body;
  }
}

export const byHeader = (key: string): ClientInit => ({ headers: { authorization: `Bearer ${key}` } });
export const byProtocol = (key: string): ClientInit => ({
  protocols: ["realtime", `openai-insecure-api-key.${key}`],
});

const GIVE_UP_MS = 10_000;

interface Wanted {
  readonly type: string;
  readonly matches: (event: ServerEvent) => boolean;
  readonly resolve: (event: ServerEvent) => void;
  readonly reject: (error: Error) => void;
}

function clientOf(socket: WebSocket): Client {
  const events: ServerEvent[] = [];
  const frames: (string | Buffer)[] = [];
  const unseen: ServerEvent[] = [];
  const wanted = new Set<Wanted>();
  socket.on("message", (data: Buffer, isBinary) => {
    frames.push(isBinary ? data : data.toString());
    if (isBinary) return;
    const event = JSON.parse(data.toString()) as ServerEvent;
    events.push(event);
    const waiter = [...wanted].find(({ type, matches }) => type === event.type && matches(event));
    if (waiter) waiter.resolve(event);
    else unseen.push(event);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once("close", (code, reason) => {
      for (const { reject, type } of wanted) reject(new Error(`closed with ${code} ${reason} before ${type}`));
      resolve({ code, reason: String(reason) });
    });
  });
  return {
    socket,
    events,
    frames,
    closed,
    send: (event) => socket.send(typeof event === "string" ? event : JSON.stringify(event)),
    next(type, matches = () => true) {
      const at = unseen.findIndex((event) => event.type === type && matches(event));
      const [found] = at < 0 ? [] : unseen.splice(at, 1);
      if (found) return Promise.resolve(found);
      if (socket.readyState === WebSocket.CLOSED) return Promise.reject(new Error(`closed before ${type}`));
      return new Promise((resolve, reject) => {
        const after =
          <Value>(settle: (value: Value) => void) =>
          (value: Value): void => {
            clearTimeout(timer);
            wanted.delete(waiter);
            settle(value);
          };
        const waiter: Wanted = { type, matches, resolve: after(resolve), reject: after(reject) };
        const seen = () => events.map((event) => event.type).join(", ");
        const timer = setTimeout(() => waiter.reject(new Error(`no ${type} came; there were ${seen()}`)), GIVE_UP_MS);
        wanted.add(waiter);
      });
    },
  };
}

/** 24 kHz PCM as base64: a tone, or silence. */
export function pcm(milliseconds: number, { silent = false } = {}): string {
  return Buffer.alloc(milliseconds * 48, silent ? 0 : "\x10\x01").toString("base64");
}

/** A user's message. */
export function userText(text: string): object {
  const content = [{ type: "input_text", text }];
  return { type: "conversation.item.create", item: { type: "message", role: "user", content } };
}
