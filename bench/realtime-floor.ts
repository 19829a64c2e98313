/** The least that a relay can be: it opens the provider's socket and hands frames on, both ways. */
// biome-ignore lint/style/noDefaultExport: workerd takes the handler from the default export.
export default {
  async fetch(_: Request, { UPSTREAM }: { readonly UPSTREAM: string }): Promise<Response> {
    const { webSocket: upstream } = (await fetch(UPSTREAM.replace("/chat/completions", "/realtime"), {
      headers: { upgrade: "websocket" },
    })) as Response & { readonly webSocket: Relayed };
    const { 0: client, 1: server } = new (globalThis as unknown as { WebSocketPair: new () => Pair }).WebSocketPair();
    for (const socket of [upstream, server]) socket.accept();
    for (const [from, to] of [
      [upstream, server],
      [server, upstream],
    ] as const) {
      from.addEventListener("message", ({ data }) => to.send(data));
      from.addEventListener("close", () => to.close(1000, ""));
    }
    return new Response(null, { status: 101, webSocket: client } as ResponseInit);
  },
};

/** What workerd's sockets have, and Node's do not. */
type Relayed = WebSocket & { accept(): void };
type Pair = { readonly 0: WebSocket; readonly 1: Relayed };
