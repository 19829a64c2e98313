import { type IncomingMessage, request } from "node:http";

export interface RawRequest {
  readonly method: string;
  /** Path and query exactly as they go out: `fetch` would tidy them. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Names and values as they came, one after the other. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** A request that goes out as it is given, without the care that `fetch` takes. */
export function rawRequest(origin: string, { method, path, headers, body }: RawRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { hostname, port, method, path, headers: headers as Record<string, string | string[]> },
      async (answer) => {
        const chunks = await Array.fromAsync<Buffer>(answer).catch(reject);
        if (!chunks) return;
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          rawHeaders: answer.rawHeaders,
          body: Buffer.concat(chunks).toString(),
        });
      },
    );
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}

export interface OpenRequest {
  /** The answer, once its headers are there; its body has not been read. */
  readonly answer: Promise<IncomingMessage>;
  /** Leaves: `reset` breaks the connection off, as happens with unread data; `close` is how clients usually go. */
  leave(way: Leaving): void;
}

export type Leaving = "reset" | "close";

/** A request whose connection the test holds in its hand. */
export function openRequest(url: string, headers: Readonly<Record<string, string>>, body: string): OpenRequest {
  const outgoing = request(url, {
    method: "POST",
    headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
  });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once("response", resolve);
    outgoing.on("error", reject);
  });
  // Who resets before the answer does not wait for it.
  answer.catch(() => {});
  outgoing.end(body);
  return {
    answer,
    leave(way) {
      if (way === "reset") outgoing.socket?.resetAndDestroy();
      else outgoing.destroy();
    },
  };
}
