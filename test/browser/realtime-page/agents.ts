import {
  OpenAIRealtimeWebRTC,
  OpenAIRealtimeWebSocket,
  RealtimeAgent,
  RealtimeSession,
  tool,
} from "@openai/agents-realtime";
import { z } from "zod";
import { MODEL, type Place, pcm, type Talk, WEATHER } from "./talk.ts";

const agent = () =>
  new RealtimeAgent({
    name: "a",
    instructions: "Be brief.",
    tools: [
      tool({
        name: WEATHER.name,
        description: WEATHER.description,
        parameters: z.object({ city: z.string() }),
        execute: async ({ city }) => `rain in ${city}`,
      }),
    ],
  });

/** The agents SDK over a WebSocket. */
export async function talkByAgents({ value, url }: Place): Promise<Talk> {
  const transport = new OpenAIRealtimeWebSocket({ url });
  const talk = talkWith(new RealtimeSession(agent(), { transport, model: MODEL }));
  await talk.session.connect({ apiKey: value });
  return {
    ...talk,
    speak({ pause }) {
      talk.session.sendAudio(pcm(400).buffer);
      if (pause) talk.session.sendAudio(pcm(400, true).buffer);
    },
  };
}

/** The agents SDK over WebRTC, with the page's microphone. */
export async function talkByCall({ value, callsURL }: Place): Promise<Talk> {
  const transport = new OpenAIRealtimeWebRTC({ baseUrl: callsURL, audioElement: document.createElement("audio") });
  const talk = talkWith(new RealtimeSession(agent(), { transport, model: MODEL }));
  await talk.session.connect({ apiKey: value });
  return {
    ...talk,
    // The microphone is open anyway.
    speak: () => undefined,
    async heard() {
      const { connectionState } = transport;
      const stats = await connectionState.peerConnection?.getStats();
      const inbound = [...(stats?.values() ?? [])].filter(({ type }) => type === "inbound-rtp");
      return inbound.reduce((sum, { packetsReceived = 0 }) => sum + packetsReceived, 0);
    },
  };
}

function talkWith(session: RealtimeSession): Talk & { readonly session: RealtimeSession } {
  const errors: string[] = [];
  let heard = 0;
  let begun = 0;
  let interruptions = 0;
  session.on("error", (error) => errors.push(JSON.stringify(error)));
  session.on("audio", ({ data }) => {
    heard += data.byteLength;
  });
  session.on("transport_event", (event) => {
    const { type, response } = event as { readonly type: string; readonly response?: { readonly status?: string } };
    if (type === "response.created") begun++;
    if (type === "response.done" && response?.status === "cancelled") interruptions++;
  });
  return {
    session,
    write: (text) => session.sendMessage(text),
    speak: () => undefined,
    interrupt: () => session.interrupt(),
    said: () => JSON.stringify(session.history.filter((item) => "role" in item && item.role === "assistant")),
    heard: async () => heard,
    begun: () => begun,
    interruptions: () => interruptions,
    errors: () => errors,
    close: () => session.close(),
  };
}
