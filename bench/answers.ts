import type { Order } from "./work.ts";
import { MODEL } from "./work.ts";

const JSON_HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: req_bench\r\n";
const STREAM_HEAD =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nx-request-id: req_bench\r\ntransfer-encoding: chunked\r\n\r\n";

const known = new Map<string, Buffer>();

/** The whole answer to an order that needs no clock: head and body, rendered once. */
export function rendered(order: Order): Buffer {
  const name = `${order.kind}:${order.size}`;
  let bytes = known.get(name);
  if (!bytes) {
    bytes = order.kind === "json" ? completion(order.size) : burst(order.size);
    known.set(name, bytes);
  }
  return bytes;
}

function completion(extraBytes: number): Buffer {
  const body = JSON.stringify({
    id: "chatcmpl-bench",
    object: "chat.completion",
    created: 1790000000,
    model: MODEL,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: `${"Coins are only as good as their dies. ".repeat(12)}${"x".repeat(extraBytes)}`,
        },
        finish_reason: "stop",
      },
    ],
    usage: { prompt_tokens: 120, completion_tokens: 96, total_tokens: 216 },
  });
  return Buffer.from(`${JSON_HEAD}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

/** One event as one HTTP chunk, as providers send them. */
function chunk(data: string): string {
  const event = `data: ${data}\n\n`;
  return `${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`;
}

function delta(content: string, finish: string | null = null): string {
  return JSON.stringify({
    id: "chatcmpl-bench",
    object: "chat.completion.chunk",
    created: 1790000000,
    model: MODEL,
    choices: [{ index: 0, delta: finish ? {} : { content }, finish_reason: finish }],
  });
}

const END = `${chunk(delta("", "stop"))}${chunk("[DONE]")}0\r\n\r\n`;

function burst(events: number): Buffer {
  let body = STREAM_HEAD;
  for (let at = 0; at < events; at++) body += chunk(delta(` word ${at}`));
  return Buffer.from(body + END);
}

/** A stream in pieces: its head, and one buffer for each event; the last also ends the stream. */
export function paced(events: number): { readonly head: Buffer; readonly pieces: readonly Buffer[] } {
  const pieces = Array.from({ length: events - 1 }, (_, at) => Buffer.from(chunk(delta(` word ${at}`))));
  return { head: Buffer.from(STREAM_HEAD), pieces: [...pieces, Buffer.from(END)] };
}

/** A stream of many megabytes: the same piece of 64 kB over and over. */
export function floodBody(megabytes: number): {
  readonly head: Buffer;
  readonly piece: Buffer;
  readonly pieces: number;
  readonly tail: Buffer;
} {
  const piece = Buffer.from(chunk(delta("x".repeat(1000))).repeat(54));
  return {
    head: Buffer.from(STREAM_HEAD),
    piece,
    pieces: Math.ceil((megabytes * 1e6) / piece.length),
    tail: Buffer.from(END),
  };
}
