import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

/** Run as a process of its own: a provider of realtime sessions that answers every frame of voice with as much of its own. */

/** 100 ms of 24 kHz PCM. */
const VOICE = Buffer.alloc(4800, "\x10\x01").toString("base64");
const DELTA = JSON.stringify({
  type: "response.output_audio.delta",
  event_id: "event_0123456789abcdefghij",
  response_id: "resp_0123456789abcdefghij",
  item_id: "item_0123456789abcdefghij",
  output_index: 0,
  content_index: 0,
  delta: VOICE,
});
const GREETING = JSON.stringify({ type: "session.created", session: { type: "realtime" } });
const UPDATED = JSON.stringify({ type: "session.updated", session: { type: "realtime" } });

const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
server.on("connection", (socket) => {
  socket.send(GREETING);
  socket.on("message", (data) => socket.send((data as Buffer).length > 1000 ? DELTA : UPDATED));
});
server.on("listening", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("disconnect", () => process.exit());
