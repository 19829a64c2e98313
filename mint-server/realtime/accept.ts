/** Takes a socket over: half-open, so that each side's close is told to the other before it is answered. */
export function accepted(socket: WebSocket): WebSocket {
  socket.binaryType = "arraybuffer";
  socket.accept({ allowHalfOpen: true });
  return socket;
}
