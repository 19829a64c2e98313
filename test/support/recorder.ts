import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP relay in front of a server that keeps a copy of every byte. */
export interface Recorder {
  /** Its origin, which stands for the server's. */
  readonly url: string;
  /** Sends connections on to this port from now on. */
  relayTo(port: number): void;
  /** All that the server has sent to the browser. */
  received(): string;
  /** All that the browser has sent to the server. */
  sent(): string;
  /** Resets every connection: now, or when so many more bytes have come from the server. */
  cut(afterBytes?: number): void;
  stop(): Promise<void>;
}

/** Starts a recorder on any free port; give it the server's port before it is used. */
export async function startRecorder(): Promise<Recorder> {
  const received: Buffer[] = [];
  const sent: Buffer[] = [];
  const sockets = new Set<Socket>();
  let target = 0;
  let bytesLeft = Number.POSITIVE_INFINITY;
  const cut = (): void => {
    bytesLeft = Number.POSITIVE_INFINITY;
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const server = createServer({ noDelay: true }, (browser) => {
    const upstream = connect({ port: target, host: "127.0.0.1", noDelay: true });
    for (const [from, to, copy] of [
      [browser, upstream, sent],
      [upstream, browser, received],
    ] as const) {
      sockets.add(from);
      from.on("data", (bytes) => copy.push(bytes));
      from.pipe(to);
      from.on("data", ({ length }) => {
        if (from === upstream) bytesLeft -= length;
        if (bytesLeft <= 0) cut();
      });
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    relayTo(serverPort) {
      target = serverPort;
    },
    received: () => Buffer.concat(received).toString("latin1"),
    sent: () => Buffer.concat(sent).toString("latin1"),
    cut(afterBytes = 0) {
      if (afterBytes === 0) cut();
      else bytesLeft = afterBytes;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
