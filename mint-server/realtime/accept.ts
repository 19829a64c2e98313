import { type Ending, relayedClose, withinReason } from "./close-codes.ts";

/** Takes a socket over: half-open, so that each side's close is told to the other before it is answered. */
export function accepted(socket: WebSocket): WebSocket {
  socket.binaryType = "arraybuffer";
  socket.accept({ allowHalfOpen: true });
  return socket;
}

/** Answers a client's close, also where it leaves before it is joined to a provider: else it would wait for ours. */
export function answerClose(client: WebSocket): void {
  client.addEventListener("close", ({ code, reason }) => closeSocket(client, relayedClose(code, reason)));
}

/** Closes a socket that may be closed already; of a reason only as much is said as a close frame holds. */
export function closeSocket(socket: WebSocket, { code, reason }: Ending): void {
  try {
    socket.close(code, withinReason(reason));
  } catch {
    // It is closed already.
  }
}
