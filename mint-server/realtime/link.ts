import { accepted, closeSocket } from "./accept.ts";
import { createBacklog, TO_CLIENT, TO_PROVIDER } from "./backlog.ts";
import { ENDING, type Ending, relayedClose } from "./close-codes.ts";

export type Frame = string | ArrayBuffer;

/** Two sockets, joined. Frames pass as they are unless somebody reads along. */
export interface Link {
  toClient(frame: Frame): void;
  toUpstream(frame: Frame): void;
  /** Waits its turn behind what came from the client before. */
  queue(work: () => void | Promise<void>): void;
  /** Ends both sides, once. */
  end(ending: Ending): void;
}

/** Who reads along. */
export interface Reader {
  /** A client's frame. While a promise is pending, what comes after it waits. */
  fromClient(frame: Frame): void | Promise<void>;
  fromUpstream(frame: Frame): void;
}

export interface LinkOptions {
  readonly client: WebSocket;
  readonly upstream: WebSocket;
  /** Absent: nobody reads along. */
  readonly reader?: (link: Link) => Reader;
  /** What stops the provider's answer when a client does not take it. */
  readonly cancel: string;
  /** Frames of the client's that came before there was an upstream. */
  readonly waiting?: readonly Frame[];
  /** Hears what the provider sends, where nobody reads along. */
  readonly onHeard?: ((frame: Frame) => void) | undefined;
  /** With the close that the client got, and who began it; once. */
  readonly onEnd: (ending: Ending, by: Side) => void;
}

/** Who ended a session: one of its two sides, or this server. */
export type Side = "client" | "provider" | "us";

/** Joins a client's socket, accepted half-open, and a provider's, not accepted yet: no event of its is missed. A close of one side is told to the other with its code and reason. */
export function joinSockets({ client, upstream, reader, onHeard, cancel, waiting = [], onEnd }: LinkOptions): Link {
  let isOver = false;
  const clientBacklog = createBacklog(TO_CLIENT);
  const upstreamBacklog = createBacklog(TO_PROVIDER);
  const turns = createTurns(() => link.end(ENDING.lost));

  const finish = (by: Side, toClient: Ending, toUpstream: Ending): void => {
    if (isOver) return;
    isOver = true;
    closeSocket(client, toClient);
    closeSocket(upstream, toUpstream);
    onEnd(toClient, by);
  };
  const send = (socket: WebSocket, frame: Frame): void => {
    if (isOver) return;
    try {
      socket.send(frame);
    } catch {
      // It has closed; its event is on the way.
    }
  };

  const link: Link = {
    toClient(frame) {
      send(client, frame);
      if (clientBacklog.add(sizeOf(frame), Date.now())) return;
      send(upstream, cancel);
      link.end(ENDING.tryAgain);
    },
    toUpstream(frame) {
      if (upstreamBacklog.add(sizeOf(frame), Date.now())) send(upstream, frame);
      else link.end(ENDING.rate);
    },
    queue: (work) => turns.take(work),
    end: (ending) => finish("us", ending, { code: 1000, reason: "" }),
  };
  accepted(upstream);
  const read = reader?.(link);
  const fromClient = read
    ? (frame: Frame) => turns.take(() => (isOver ? undefined : read.fromClient(frame)))
    : link.toUpstream;
  const pass = (frame: Frame): void => {
    onHeard?.(frame);
    link.toClient(frame);
  };
  const fromUpstream = read ? (frame: Frame) => !isOver && read.fromUpstream(frame) : pass;

  client.addEventListener("message", ({ data }) => fromClient(data));
  upstream.addEventListener("message", ({ data }) => fromUpstream(data));
  for (const [socket, side] of [
    [client, "client"],
    [upstream, "provider"],
  ] as const) {
    socket.addEventListener("close", ({ code, reason }) => {
      const told = relayedClose(code, reason);
      // Its own code comes back to whoever closed (RFC 6455 §5.5.1).
      const answered = code === 1006 || code === 1015 ? ENDING.lost : told;
      if (side === "provider") finish(side, told, answered);
      else finish(side, answered, told);
    });
    socket.addEventListener("error", () => finish(side, ENDING.lost, ENDING.lost));
  }
  for (const frame of waiting) fromClient(frame);
  return link;
}

/** Work in the order in which it came, where some of it has to wait. */
function createTurns(onFailure: () => void) {
  const waiting: (() => void | Promise<void>)[] = [];
  let isBusy = false;
  const next = (): void => {
    while (!isBusy) {
      const work = waiting.shift();
      if (!work) return;
      run(work);
    }
  };
  const run = (work: () => void | Promise<void>): void => {
    const done = work();
    if (!done) return;
    isBusy = true;
    done.catch(onFailure).finally(() => {
      isBusy = false;
      next();
    });
  };
  return {
    take(work: () => void | Promise<void>): void {
      if (isBusy || waiting.length > 0) waiting.push(work);
      else run(work);
    },
  };
}

function sizeOf(frame: Frame): number {
  return typeof frame === "string" ? frame.length : frame.byteLength;
}
