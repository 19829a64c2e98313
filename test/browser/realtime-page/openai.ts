import OpenAI from "openai";
import { OpenAIRealtimeWebSocket } from "openai/realtime/websocket";
import { createTalk, type Sender } from "./events.ts";
import { MODEL, type Place, type Talk } from "./talk.ts";

/** OpenAI's SDK, with its own emitter. */
export async function talkByOpenAI({ value, url }: Place): Promise<Talk> {
  const baseURL = url.replace(/^ws/, "http").replace(/\/realtime\?.*$/, "");
  const client = new OpenAI({ apiKey: value, baseURL, dangerouslyAllowBrowser: true });
  const rt = new OpenAIRealtimeWebSocket({ model: MODEL }, client);
  const sender: Sender = { send: (event) => rt.send(event as Parameters<typeof rt.send>[0]), close: () => rt.close() };
  const talk = createTalk(sender, (take) => rt.on("event", (event) => take(event as never)));
  rt.on("error", () => undefined);
  await talk.ready;
  return talk;
}
