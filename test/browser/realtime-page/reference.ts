import { RealtimeClient } from "openai-realtime-api";
import { MODEL, type Place, pcm, type Talk, WEATHER } from "./talk.ts";

/** OpenAI's reference client of the beta, as it is kept today. */
export async function talkByReference({ value, url }: Place): Promise<Talk> {
  const client = new RealtimeClient({
    url: url.replace(/\?.*$/, ""),
    apiKey: value,
    model: MODEL,
    dangerouslyAllowAPIKeyInBrowser: true,
  });
  const errors: string[] = [];
  let begun = 0;
  let interruptions = 0;
  client.realtime.on("error", (event) => errors.push(JSON.stringify(event)));
  client.realtime.on("server.response.created", () => begun++);
  client.on("conversation.interrupted", () => interruptions++);
  client.addTool({ ...WEATHER }, async () => "rain in Paris");
  await client.connect();
  await client.waitForSessionCreated();
  client.updateSession({ turn_detection: { type: "server_vad" } });
  const answers = () => client.conversation.getItems().filter(({ role }) => role === "assistant");
  return {
    write: (text) => client.sendUserMessageContent([{ type: "input_text", text }]),
    speak({ pause }) {
      client.appendInputAudio(pcm(400));
      if (pause) client.appendInputAudio(pcm(400, true));
    },
    // Its own way: it is told by the voice that talks over it.
    interrupt: () => client.appendInputAudio(pcm(400)),
    said: () =>
      answers()
        .map(({ formatted }) => formatted.transcript)
        .join("\n"),
    heard: async () => answers().reduce((sum, { formatted }) => sum + (formatted.audio?.length ?? 0), 0),
    begun: () => begun,
    interruptions: () => interruptions,
    errors: () => errors,
    close: () => client.disconnect(),
  };
}
