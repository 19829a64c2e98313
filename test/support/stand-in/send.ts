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
  if (orders.cutBeforeHead) return cutSocket(response, orders);
  response.writeHead(answer.status, headersOf(options));
  if (orders.hang === "after-headers") return response.flushHeaders();
  const finished = await sendParts(options);
  if (response.destroyed) return;
  if (finished) end(response, orders);
  else cutOff(response, orders);
}

const OPENAI_HEADERS = { "openai-processing-ms": "7", "x-ratelimit-remaining-requests": "4999" };

/** Who states a wrong length cannot use the connection again. */
function end(response: ServerResponse, { lengthOff }: Orders): void {
  const { socket } = response;
  response.end(() => lengthOff === undefined || socket?.end());
}

function headersOf({ answer, orders, exchange }: SendOptions): Record<string, string | string[]> {
  const { lengthOff } = orders;
  const length =
    answer.streaming && lengthOff === undefined
      ? {}
      : { "content-length": String(sizeOf(answer.parts) + (lengthOff ?? 0)) };
  const ordinary = {
    [answer.requestIdHeader]: `req_stand_in_${exchange.number}`,
    ...(answer.requestIdHeader === "x-request-id" && OPENAI_HEADERS),
  };
  return { ...ordinary, ...length, ...answer.headers } as Record<string, string | string[]>;
}

const sizeOf = (parts: readonly Buffer[]): number => parts.reduce((sum, part) => sum + part.length, 0);

/** A place in an answer, counted from its beginning or from its end. */
function placeIn(size: number, ordered: number | undefined): number {
  if (ordered === undefined) return Number.POSITIVE_INFINITY;
  return ordered < 0 ? Math.max(0, size + ordered) : ordered;
}

/** True when every part was sent; false when an order cuts the answer here. */
async function sendParts(options: SendOptions): Promise<boolean> {
  const { response, answer, orders, exchange, gate } = options;
  const { parts } = answer;
  const cutAt = placeIn(parts.length, orders.cutAfterEvents);
  let bytesLeft = placeIn(sizeOf(parts), orders.cutAfterBytes);
  for (const [at, part] of parts.entries()) {
    if (at === cutAt) return false;
    if (orders.hangAfterEvents !== undefined && (at === orders.hangAfterEvents || !answer.streaming)) {
      response.flushHeaders();
      await exchange.left;
    }
    if (gate) await Promise.race([gate.pass(), exchange.left]);
    if (at > 0 && orders.everyMs) await Promise.race([sleep(orders.everyMs), exchange.left]);
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

function cutSocket({ socket }: ServerResponse, { cut }: Orders): void {
  if (cut === "fin") socket?.end();
  else socket?.resetAndDestroy();
}

function cutOff(response: ServerResponse, { cut = "reset" }: Orders): void {
  const socket = response.socket;
  // What was written so far must leave first, or the cut would come at an earlier place than ordered.
  if (cut === "clean-end-without-done") response.end();
  else if (cut === "fin") response.write("", () => socket?.end());
  else response.write("", () => setImmediate(() => socket?.resetAndDestroy()));
}
