import { realtimeSocket } from "../../../sw/client.ts";
import { createTalk } from "./events.ts";
import { MODEL, type Talk } from "./talk.ts";

/** Our own socket. */
export async function talkBySocket(): Promise<Talk> {
  const socket = await realtimeSocket({ model: MODEL });
  const talk = createTalk(
    { send: (event) => socket.send(JSON.stringify(event)), close: () => socket.close() },
    (take) => {
      socket.addEventListener("message", ({ data }) => take(JSON.parse(String(data))));
    },
  );
  await talk.ready;
  return talk;
}
