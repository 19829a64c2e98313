import {
  type RealtimeBudget,
  type RealtimeError,
  type RealtimeSocketOptions,
  realtimeCredential,
  realtimeSocket,
  register,
} from "../../../sw/client.ts";
import { talkByAgents, talkByCall } from "./agents.ts";
import { talkByOpenAI } from "./openai.ts";
import { talkByReference } from "./reference.ts";
import { talkBySocket } from "./socket.ts";
import { MODEL, type Place, type Talk } from "./talk.ts";

/* An app with every realtime client there is. Tests call it through `realtime`. */

const CLIENTS: Readonly<Record<string, (place: Place) => Promise<Talk>>> = {
  "openai, OpenAIRealtimeWebSocket": talkByOpenAI,
  "@openai/agents-realtime over a WebSocket": talkByAgents,
  "@openai/agents-realtime over WebRTC": talkByCall,
  "the beta's reference client": talkByReference,
  realtimeSocket: talkBySocket,
};

/** OpenAI's SDK takes `wss:` alone; the test's server speaks `ws:`. */
const Original = WebSocket;
window.WebSocket = class extends Original {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(String(url).replace(/^wss:/, "ws:"), protocols);
  }
};

let talk: Talk | undefined;
let socket: WebSocket | undefined;
const events: string[] = [];
const budgets: RealtimeBudget[] = [];

const exposed = {
  register,
  names: Object.keys(CLIENTS),
  async open(name: string): Promise<void> {
    talk?.close();
    const place = await realtimeCredential({ model: MODEL });
    talk = await CLIENTS[name]?.(place);
  },
  do<Act extends keyof Talk>(act: Act, ...given: Parameters<Talk[Act]>): ReturnType<Talk[Act]> {
    if (!talk) throw new Error("not connected");
    const perform = talk[act] as (...given: Parameters<Talk[Act]>) => ReturnType<Talk[Act]>;
    return perform(...given);
  },
  credential: realtimeCredential,
  events,
  budgets,
  /** Opens our own socket and keeps what it says, as types or as `close 1000`. */
  async socket(options: RealtimeSocketOptions): Promise<void> {
    socket = await realtimeSocket({ ...options, onBudget: (left) => budgets.push(left) });
    socket.onmessage = ({ data }) => events.push(String(JSON.parse(String(data)).type));
    socket.onclose = ({ code }) => events.push(`close ${code}`);
    socket.onerror = (event) => events.push(`error ${(event as Event & { error?: RealtimeError }).error?.code}`);
  },
  send: (event: object) => socket?.send(JSON.stringify(event)),
  close: () => socket?.close(1000),
  /** Why it cannot be opened. */
  async failure(options: RealtimeSocketOptions) {
    const error: unknown = await realtimeSocket(options).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    const { name, code, advice, isTemporary, closeCode, status } = error as RealtimeError;
    return { name, code, advice, isTemporary, closeCode, status };
  },
};

declare global {
  var realtime: typeof exposed;
}
globalThis.realtime = exposed;
