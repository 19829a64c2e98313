import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { authorityProblem } from "./stand-in/authority.ts";
import { type EncodedAnswer, encodeAnswer, refusal } from "./stand-in/encode.ts";
import { createGate, type Gate } from "./stand-in/gate.ts";
import { createExchange, type Exchange, type RecordedRequest } from "./stand-in/log.ts";
import { type Orders, readFields, readOrders } from "./stand-in/orders.ts";
import { routeOf } from "./stand-in/routes.ts";
import { send } from "./stand-in/send.ts";
import type { Asked } from "./stand-in/turn.ts";

export interface StandInOptions {
  /** 0, the default: any free port. */
  readonly port?: number;
  /** Keys that are accepted; any, or none at all, unless given. */
  readonly apiKeys?: readonly string[];
  /** How many of the latest requests are remembered; all unless given. */
  readonly keep?: number;
}

export interface StandIn {
  /** Base URL, `/v1` included: what `OPENAI_BASE_URL` is set to. */
  readonly url: string;
  readonly port: number;
  /** Requests so far, oldest first. Clear it with `requests.length = 0`. */
  readonly requests: RecordedRequest[];
  /** The gate that orders name: `gate("a").allow(3)` lets three more events of `{"gate":"a"}` through. */
  gate(name: string): Gate;
  /**
   * Resolves with the first request that fulfils the predicate, now or after a change; rejects after 10 s.
   *
   * @example await standIn.waitFor((request) => request.leftEarly);
   */
  waitFor(predicate: (request: RecordedRequest) => boolean): Promise<RecordedRequest>;
  /** Ends every connection and the server. */
  stop(): Promise<void>;
}

const GIVE_UP_MS = 10_000;
const MAX_MEMOIZED = 64;

/**
 * Starts a provider that speaks every wire format and does as it is told, for any model id. It knows a format by the
 * end of the path, whatever stands before it:
 *
 * - OpenAI's: `/chat/completions`, `/completions`, `/embeddings`, `/moderations`, `/responses`, `/images/generations`,
 *   `/audio/speech` and `/audio/transcriptions`;
 * - Anthropic's: `/v1/messages`, and at Vertex `/publishers/anthropic/models/{m}:rawPredict`, `:streamRawPredict`;
 * - Google's: `/models/{m}:generateContent`, `:streamGenerateContent`, `:countTokens`, `:embedContent`,
 *   `:batchEmbedContents`, at Vertex below `/publishers/google`, and there `:predict` for embeddings;
 * - Amazon's: `/model/{m}/converse`, `/converse-stream`, and `/invoke` for embedding models.
 *
 * It refuses what the provider would refuse, in the provider's words and shape. Without orders it calls the tool that
 * the user names (`call:weather`) and reports what the tools gave. Equal requests get equal bytes. It records what it
 * got and how each exchange ended.
 *
 * Orders travel in the body; see {@link Orders} for all of them, and {@link orderInText} for a body that is translated.
 *
 * @example
 * const standIn = await startStandIn();
 * await fetch(`${standIn.url}/chat/completions`, {
 *   method: "POST",
 *   body: JSON.stringify({ model: "m", stream: true, ...order({ events: 1000, everyMs: 2, cutAfterEvents: 5, cut: "fin" }) }),
 * });
 * await standIn.stop();
 */
export async function startStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const requests: RecordedRequest[] = [];
  const gates = new Map<string, Gate>();
  const watchers = new Set<() => void>();
  const timesSeen = new Map<string, number>();
  const memo = new Map<string, EncodedAnswer>();
  let count = 0;

  const gate = (name: string) => {
    const known = gates.get(name) ?? createGate();
    gates.set(name, known);
    return known;
  };
  const changed = () => {
    for (const watcher of watchers) watcher();
  };
  const record = (exchange: Exchange) => {
    requests.push(exchange.request);
    if (requests.length > (options.keep ?? Number.POSITIVE_INFINITY)) requests.shift();
    changed();
  };

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await Array.fromAsync<Buffer<ArrayBuffer>>(message));
    const fields = (await readFields(body, message.headers["content-type"] ?? "")) ?? {};
    const { format, asked, turn } = understand(message, body, fields);
    const toolResults = turn?.results.length ? JSON.stringify(turn.results) : undefined;
    const ordered = readOrders(fields, body.toString("latin1"), toolResults);
    const exchange = createExchange({ number: ++count, message, response, body, fields, orders: ordered, changed });
    record(exchange);
    const orders = spent(ordered, body, timesSeen) ? {} : ordered;
    const key = ordered.times === undefined ? keyOf(message, body) : undefined;
    const problem = authorityProblem({ format, asked, method: message.method, apiKeys: options.apiKeys });
    const answer =
      (key === undefined ? undefined : memo.get(key)) ??
      (problem ? refusal(format, problem) : encodeAnswer({ format, asked, turn, orders }));
    if (key) remember(memo, key, answer);
    await send({ response, answer, orders, exchange, gate: orders.gate === undefined ? undefined : gate(orders.gate) });
  }

  const server = createServer({ noDelay: true }, (message, response) => {
    // A caller that leaves while its body is read is no failure of the stand-in.
    handle(message, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    requests,
    gate,
    waitFor: (predicate) => waitFor({ requests, watchers, predicate }),
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** The field that carries orders, to be spread into a request's JSON body. */
export function order(orders: Orders): { readonly metadata: { readonly stand_in: string } } {
  return { metadata: { stand_in: JSON.stringify(orders) } };
}

/** What a request is, in the words of the format that its path belongs to. */
function understand(message: IncomingMessage, body: Buffer, fields: Asked["fields"]) {
  const { pathname, searchParams: query } = new URL(message.url ?? "/", "http://stand-in");
  const { format, call, model } = routeOf(pathname, fields);
  const asked: Asked = {
    path: pathname,
    query,
    headers: message.headers,
    body,
    fields,
    call,
    model: model || String(fields.model ?? "stand-in"),
  };
  return { format, asked, turn: format.turn(asked) };
}

/** Requests with the same key get the same answer. */
function keyOf({ url, headers }: IncomingMessage, body: Buffer): string {
  const authority = ["authorization", "x-api-key", "x-goog-api-key", "api-key", "anthropic-version"];
  return [url, ...authority.map((name) => headers[name]), body.toString("latin1")].join("\n");
}

function spent(orders: Orders, body: Buffer, timesSeen: Map<string, number>): boolean {
  if (orders.times === undefined) return false;
  const key = body.toString("latin1");
  const seen = timesSeen.get(key) ?? 0;
  timesSeen.set(key, seen + 1);
  return seen >= orders.times;
}

function remember(memo: Map<string, EncodedAnswer>, key: string, answer: EncodedAnswer): void {
  memo.set(key, answer);
  for (const oldest of memo.keys()) {
    if (memo.size <= MAX_MEMOIZED) break;
    memo.delete(oldest);
  }
}

interface Wait {
  readonly requests: readonly RecordedRequest[];
  readonly watchers: Set<() => void>;
  readonly predicate: (request: RecordedRequest) => boolean;
}

function waitFor({ requests, watchers, predicate }: Wait): Promise<RecordedRequest> {
  return new Promise((resolve, reject) => {
    const settle = (found: RecordedRequest | undefined, reason = "") => {
      watchers.delete(look);
      clearTimeout(timer);
      if (found) resolve(found);
      else reject(new Error(reason));
    };
    const look = () => {
      const found = requests.find(predicate);
      if (found) settle(found);
    };
    const timer = setTimeout(() => settle(undefined, `no such request: ${String(predicate)}`), GIVE_UP_MS);
    watchers.add(look);
    look();
  });
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { port: { type: "string", default: "9999" } } });
  const standIn = await startStandIn({ port: Number(values.port), keep: 0 });
  console.log(`Stand-in provider: set OPENAI_BASE_URL=${standIn.url} (any OPENAI_API_KEY will do).`);
}
