import { createServer, type Socket } from "node:net";
import { floodBody, paced, rendered } from "./answers.ts";
import { readOrder } from "./work.ts";

/**
 * The provider under the bench: a process of its own that does as little as possible, so that it is never what is
 * measured. It speaks just enough HTTP/1.1 for keep-alive connections without pipelining, and answers with bytes
 * rendered beforehand.
 */
export type UpstreamReport =
  | { readonly type: "listening"; readonly port: number }
  | { readonly type: "floods"; readonly open: number; readonly takenBytes: number };

const floods = new Map<Socket, number>();

function serve(socket: Socket): void {
  socket.setNoDelay(true);
  let pending: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  socket.on("data", (bytes) => {
    pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
    const request = takeRequest(pending);
    if (!request) return;
    pending = pending.subarray(request.sizeBytes);
    answer(socket, request.body);
  });
  socket.on("close", () => floods.delete(socket));
  // The other side may leave at any time; that is its right.
  socket.on("error", () => socket.destroy());
}

function takeRequest(bytes: Buffer): { readonly body: string; readonly sizeBytes: number } | undefined {
  const head = bytes.indexOf("\r\n\r\n");
  if (head < 0) return undefined;
  const start = head + 4;
  const headers = bytes.toString("latin1", 0, head).toLowerCase();
  const length = /\r\ncontent-length: *(\d+)/.exec(headers)?.[1] ?? "0";
  const chunked = headers.includes("\r\ntransfer-encoding: chunked");
  const end = chunked ? endOfChunks(bytes, start) : start + Number(length);
  if (end === undefined || bytes.length < end) return undefined;
  return { body: bytes.toString("latin1", start, end), sizeBytes: end };
}

function endOfChunks(bytes: Buffer, start: number): number | undefined {
  const last = bytes.indexOf("0\r\n\r\n", start);
  return last < 0 ? undefined : last + 5;
}

function answer(socket: Socket, body: string): void {
  const order = readOrder(body);
  if (order.kind === "flood") flood(socket, order.size);
  else if (order.kind === "paced") pace(socket, order.size, order.everyMs ?? 0);
  else socket.write(rendered(order));
}

function pace(socket: Socket, events: number, everyMs: number): void {
  const { head, pieces } = paced(events);
  const started = performance.now();
  let sent = 0;
  socket.write(head);
  const next = (): void => {
    const piece = pieces[sent++];
    if (!piece || socket.destroyed) return;
    socket.write(piece);
    // Against the start, not the last event: a late timer must not slow the whole stream down.
    setTimeout(next, Math.max(0, started + sent * everyMs - performance.now()));
  };
  next();
}

function flood(socket: Socket, megabytes: number): void {
  const { head, piece, tail, pieces } = floodBody(megabytes);
  let left = pieces;
  floods.set(socket, socket.bytesWritten);
  socket.write(head);
  const more = (): void => {
    while (left > 0) {
      left--;
      if (!socket.write(piece)) return;
    }
    socket.off("drain", more);
    socket.write(tail);
  };
  socket.on("drain", more);
  more();
}

function report(message: UpstreamReport): void {
  process.send?.(message);
}

function reportFloods(): void {
  let takenBytes = 0;
  for (const [socket, before] of floods) takenBytes += socket.bytesWritten - before - socket.writableLength;
  report({ type: "floods", open: floods.size, takenBytes });
}

process.on("message", reportFloods);
process.on("disconnect", () => process.exit());

const server = createServer(serve);
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address && typeof address === "object") report({ type: "listening", port: address.port });
});
