import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { MODEL_ENDPOINTS } from "../../mint-server/contract/endpoints.ts";
import { type EncodedAnswer, encodeAnswer, errorBody, fixed } from "./stand-in/encode.ts";
import { createGate, type Gate } from "./stand-in/gate.ts";
import { createExchange, type Exchange, type RecordedRequest } from "./stand-in/log.ts";
import { type Orders, readFields, readOrders } from "./stand-in/orders.ts";
import { send } from "./stand-in/send.ts";

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
 * Starts a provider that speaks OpenAI's wire format and does as it is told: chat/completions, completions,
 * embeddings, moderations, responses, images/generations, audio/speech and audio/transcriptions, whole and streaming,
 * for any model id. Equal requests get equal bytes. It records what it got and how each exchange ended.
 *
 * Orders travel in the body; see {@link Orders} for all of them.
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
    const ordered = readOrders(fields);
    const exchange = createExchange({ number: ++count, message, response, body, fields, orders: ordered, changed });
    record(exchange);
    const orders = spent(ordered, body, timesSeen) ? {} : ordered;
    const key =
      ordered.times === undefined
        ? [message.url, message.headers.authorization, body.toString("latin1")].join("\n")
        : undefined;
    const answer =
      (key === undefined ? undefined : memo.get(key)) ??
      answerTo(message, { fields, orders, apiKeys: options.apiKeys });
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

interface Parsed {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly orders: Orders;
  readonly apiKeys: readonly string[] | undefined;
}

function answerTo(message: IncomingMessage, { fields, orders, apiKeys }: Parsed): EncodedAnswer {
  const key = message.headers.authorization?.replace(/^Bearer /, "") ?? "";
  if (apiKeys && !apiKeys.includes(key))
    return fixed(401, errorBody("Incorrect API key provided.", "invalid_api_key"), {});
  if (message.method !== "POST") return fixed(405, errorBody("Not allowed."), {});
  return encodeAnswer(endpointOf((message.url ?? "").replace(/\?.*/, ""), fields), fields, orders);
}

/** What a path asks for: providers put different things before the endpoint's name, and some one name for all. */
function endpointOf(path: string, fields: Parsed["fields"]): string {
  const named = MODEL_ENDPOINTS.find((endpoint) => path.endsWith(`/${endpoint.path}`));
  if (named) return named.path;
  if (!path.endsWith("/invocations")) return path;
  if (fields.messages !== undefined) return "chat/completions";
  return fields.input === undefined ? "completions" : "embeddings";
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
