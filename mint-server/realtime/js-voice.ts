import type { Endpoint } from "../providers/provider.ts";
import { accepted } from "./accept.ts";
import { relayedClose } from "./close-codes.ts";
import { errorEvent, invalidEvent, type RealtimeEvent, readEvent } from "./events.ts";

/** What a voice is given of a session. */
export interface VoiceSession {
  /** The model id that the client asked for. */
  readonly model: string;
  /** Tells the client an event of OpenAI's Realtime API (GA). */
  readonly send: (event: RealtimeEvent) => void;
}

/** A session's provider, as code. */
export interface VoiceEnd {
  /** An event of the client's (GA), already checked against its credential. */
  take(event: RealtimeEvent): void;
  /** The session is over: no timer may be left. */
  stop(): void;
}

/** A realtime voice that is a function: the provider's side of a session, as a pair of streams of events. */
export type JsVoice = (session: VoiceSession) => VoiceEnd | Promise<VoiceEnd>;

/** Starts a voice; what comes back is to it what a provider's socket is to others, and not accepted yet. */
export async function openVoice(voice: JsVoice, model: string): Promise<WebSocket> {
  const { 0: upstream, 1: server } = new WebSocketPair();
  const socket = accepted(server);
  const send = (event: RealtimeEvent): void => {
    try {
      socket.send(JSON.stringify(event));
    } catch {
      // It has closed; its event is on the way.
    }
  };
  const end = await voice({ model, send });
  socket.addEventListener("message", ({ data }) => {
    const event = readEvent(typeof data === "string" ? data : new TextDecoder().decode(data));
    if (event) end.take(event);
    else send(errorEvent(invalidEvent("Every frame must be one JSON event.", null, "invalid_json")));
  });
  socket.addEventListener("close", ({ code, reason }) => {
    end.stop();
    const told = relayedClose(code, reason);
    socket.close(told.code, told.reason);
  });
  socket.addEventListener("error", () => end.stop());
  return upstream;
}

/** Stands where a provider's endpoint would. It costs nothing. */
export function voiceEndpoint(model: string): Endpoint {
  const free = { inputCostPerMillionTokens: 0, outputCostPerMillionTokens: 0 };
  return {
    name: "js",
    provider: { id: "js", auth: "none", wire: "js", models: /(?!)/, realtime: { url: () => undefined } },
    baseURL: "",
    auth: "none",
    headers: {},
    customModels: new Map([[model, { flavor: "audio", format: "js", multimodal: false, ...free }]]),
    options: {},
    weight: 1,
    supportsStreaming: true,
  };
}
