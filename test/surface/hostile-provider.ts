import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WebSocketServer } from "ws";

/** A provider of every kind that answers with more headers than anybody should get. */
export interface HostileProvider {
  readonly origin: string;
  /** Names of the headers of each request, sorted, by the path that it came to; the latest only. */
  readonly seen: Map<string, readonly string[]>;
  /** Status of the answers to come. */
  status: number;
  stop(): Promise<void>;
}

/** What a server, a network in between or an enemy may put into an answer. */
const HOSTILE: Readonly<Record<string, string | readonly string[]>> = {
  "set-cookie": ["session=1; Path=/; HttpOnly", "__cf_bm=1; Secure"],
  server: "nginx",
  "x-powered-by": "Express",
  via: "1.1 proxy",
  "alt-svc": 'h3=":443"',
  "cf-ray": "9-FRA",
  "cf-cache-status": "DYNAMIC",
  "access-control-allow-origin": "*",
  "access-control-allow-credentials": "true",
  "access-control-expose-headers": "*",
  "strict-transport-security": "max-age=1",
  "content-security-policy": "default-src *",
  "clear-site-data": '"*"',
  "service-worker-allowed": "/",
  "cache-control": "public, max-age=31536000",
  etag: '"1"',
  vary: "*",
  age: "99",
  expires: "Thu, 01 Jan 2099 00:00:00 GMT",
  link: "<https://evil.example>; rel=preload",
  refresh: "0; url=https://evil.example",
  "www-authenticate": "Basic",
  "authentication-info": "nextnonce=1",
  "dpop-nonce": "theirs",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  "server-timing": "theirs;dur=1",
  "x-bt-cached": "HIT",
  "x-bt-used-endpoint": "theirs",
  "x-mintgate-source": "device",
  "x-mintgate-remaining": "usd=1000",
  "x-amzn-requestid": "aws-1",
  "x-goog-api-client": "gdc",
  "x-azure-ref": "az",
  "apim-request-id": "apim-1",
  "openai-organization": "org-of-the-operator",
  "anthropic-organization-id": "org-of-the-operator",
  "openai-processing-ms": "12",
  "openai-version": "2020-10-01",
  "x-request-id": "req-1",
  "request-id": "req-2",
  "retry-after": "1",
  "retry-after-ms": "1000",
  "x-ratelimit-remaining-requests": "99",
  "anthropic-ratelimit-requests-remaining": "99",
  "x-something-new": "1",
};

const SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

export async function startHostileProvider(): Promise<HostileProvider> {
  const seen = new Map<string, readonly string[]>();
  const state = { status: 200 };
  const note = ({ url = "", rawHeaders }: IncomingMessage): void => {
    const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
    seen.set(new URL(url, "http://provider").pathname, names.toSorted());
  };
  const server = createServer((request, response) => {
    note(request);
    request.resume();
    request.on("end", () => answer(request.url ?? "", response, state.status));
  });
  const sockets = new WebSocketServer({ noServer: true });
  sockets.on("headers", (headers) => {
    for (const [name, value] of Object.entries(HOSTILE))
      for (const each of [value].flat()) headers.push(`${name}: ${each}`);
  });
  server.on("upgrade", (request, socket, head) => {
    note(request);
    sockets.handleUpgrade(request, socket, head, () => {});
  });
  const connections = new Set<Socket>();
  server.on("connection", (connection) => {
    connections.add(connection);
    connection.once("close", () => connections.delete(connection));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    get status() {
      return state.status;
    },
    set status(status) {
      state.status = status;
    },
    stop: () => stop(server, connections),
  };
}

function stop(server: Server, connections: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const connection of connections) connection.destroy();
  return closed;
}

function answer(path: string, response: ServerResponse, status: number): void {
  const isCall = path.endsWith("/realtime/calls");
  const type = isCall ? "application/sdp" : "application/json";
  const location = isCall ? "/v1/realtime/calls/rtc_1" : "https://evil.example/";
  for (const [name, value] of Object.entries(HOSTILE)) response.setHeader(name, value as string | string[]);
  response.writeHead(status, { "content-type": type, location });
  response.end(status >= 400 ? JSON.stringify({ error: { message: "no" } }) : bodyFor(path));
}

/** An answer that the wire format of the path takes for one. */
function bodyFor(path: string): string {
  if (path.endsWith("/realtime/calls")) return SDP;
  if (path.endsWith("/live/sessions"))
    return JSON.stringify({ session: { id: "live_1" }, transport: { type: "webrtc", sdp: SDP } });
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  if (path.endsWith("/messages") || path.includes(":rawPredict"))
    return JSON.stringify({
      ...{ id: "msg_1", type: "message", role: "assistant", model: "m", stop_reason: "end_turn", stop_sequence: null },
      content: [{ type: "text", text: "Hello" }],
      usage: { input_tokens: 1, output_tokens: 1 },
    });
  if (path.includes(":generateContent"))
    return JSON.stringify({
      candidates: [{ index: 0, finishReason: "STOP", content: { role: "model", parts: [{ text: "Hello" }] } }],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
    });
  if (path.endsWith("/converse"))
    return JSON.stringify({
      output: { message: { role: "assistant", content: [{ text: "Hello" }] } },
      stopReason: "end_turn",
      usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
    });
  return JSON.stringify({
    ...{ id: "c", object: "chat.completion", created: 1, model: "m", usage },
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "Hello" } }],
  });
}
