import type { ServerResponse } from "node:http";
import { setImmediate as nextTick, setTimeout as sleep } from "node:timers/promises";
import type { EncodedAnswer } from "./encode.ts";
import type { Gate } from "./gate.ts";
import type { Exchange } from "./log.ts";
import type { Orders } from "./orders.ts";

interface SendOptions {
  readonly response: ServerResponse;
  readonly answer: EncodedAnswer;
  readonly orders: Orders;
  readonly exchange: Exchange;
  readonly gate: Gate | undefined;
}

/** Sends an answer as ordered; returns when it is sent, cut, or the caller has left. */
export async function send(options: SendOptions): Promise<void> {
  const { response, answer, orders, exchange } = options;
  if (orders.hang === true) return;
  if (orders.firstByteDelayMs) await Promise.race([sleep(orders.firstByteDelayMs), exchange.left]);
  if (response.destroyed) return;
  response.writeHead(answer.status, headersOf(options));
  if (orders.hang === "after-headers") return response.flushHeaders();
  const finished = await sendParts(options);
  if (response.destroyed) return;
  if (finished) response.end();
  else cutOff(response, orders);
}

const OPENAI_HEADERS = { "openai-processing-ms": "7", "x-ratelimit-remaining-requests": "4999" };

function headersOf({ answer, exchange }: SendOptions): Record<string, string | string[]> {
  const length = answer.streaming
    ? {}
    : { "content-length": String(answer.parts.reduce((sum, part) => sum + part.length, 0)) };
  const ordinary = {
    [answer.requestIdHeader]: `req_stand_in_${exchange.number}`,
    ...(answer.requestIdHeader === "x-request-id" && OPENAI_HEADERS),
  };
  return { ...ordinary, ...length, ...answer.headers } as Record<string, string | string[]>;
}

/** True when every part was sent; false when an order cuts the answer here. */
async function sendParts(options: SendOptions): Promise<boolean> {
  const { response, answer, orders, exchange, gate } = options;
  let bytesLeft = orders.cutAfterBytes ?? Number.POSITIVE_INFINITY;
  for (const [at, part] of answer.parts.entries()) {
    if (at === orders.cutAfterEvents) return false;
    if (gate) await Promise.race([gate.pass(), exchange.left]);
    if (at > 0 && orders.everyMs) await sleep(orders.everyMs);
    if (response.destroyed) return false;
    const bytes = part.subarray(0, bytesLeft);
    await write(options, bytes);
    bytesLeft -= bytes.length;
    if (bytesLeft <= 0) return false;
    exchange.partSent();
  }
  return true;
}

async function write({ response, orders, exchange }: SendOptions, bytes: Buffer): Promise<void> {
  if (orders.split === undefined) return writeOne(response, exchange, bytes);
  const size = sizes(orders.split, orders.seed);
  for (let at = 0; at < bytes.length && !response.destroyed; ) {
    const end = at + size();
    await writeOne(response, exchange, bytes.subarray(at, end));
    // One write a turn: those of one turn leave together.
    await nextTick();
    at = end;
  }
}

async function writeOne(response: ServerResponse, exchange: Exchange, bytes: Buffer): Promise<void> {
  exchange.bytesSent(bytes);
  if (response.write(bytes)) return;
  await Promise.race([new Promise((resolve) => response.once("drain", resolve)), exchange.left]);
}

/** Sizes of the writes; `random` repeats itself for the same seed. */
function sizes(split: "byte" | "random" | number, seed = 1): () => number {
  if (split === "byte") return () => 1;
  if (typeof split === "number") return () => Math.max(1, split);
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return 1 + ((state >> 16) % 64);
  };
}

function cutOff(response: ServerResponse, { cut = "reset" }: Orders): void {
  const socket = response.socket;
  // What was written so far must leave first, or the cut would come at an earlier place than ordered.
  if (cut === "clean-end-without-done") response.end();
  else if (cut === "fin") response.write("", () => socket?.end());
  else response.write("", () => setImmediate(() => socket?.resetAndDestroy()));
}
