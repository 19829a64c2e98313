import { type Answer, answerOf, type StreamEvent } from "./answers.ts";
import type { Fields, Orders } from "./orders.ts";

/** An answer ready to be sent: its body in the parts that orders count, an event of a stream each. */
export interface EncodedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly parts: readonly Buffer[];
  readonly streaming: boolean;
}

/** The answer that an endpoint gives under these orders. An unknown endpoint answers 404. */
export function encodeAnswer(endpoint: string, fields: Fields, orders: Orders): EncodedAnswer {
  const answer = answerOf(endpoint, fields);
  if (!answer) return fixed(404, errorBody(`Unknown request URL: /v1/${endpoint}`), orders);
  if (orders.status !== undefined || orders.body !== undefined) {
    const status = orders.status ?? 200;
    return fixed(status, orders.body ?? errorBody(`The stand-in was ordered to answer ${status}.`), orders);
  }
  return withHeaders(encode(answer, orders), orders);
}

/** An error in OpenAI's shape. */
export function errorBody(message: string, code: string | null = null) {
  return { error: { message, type: "invalid_request_error", param: null, code } };
}

/** An answer of one part. */
export function fixed(status: number, body: unknown, orders: Orders): EncodedAnswer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const headers = { "content-type": "application/json" };
  return withHeaders({ status, headers, parts: [Buffer.from(text)], streaming: false }, orders);
}

function withHeaders(answer: EncodedAnswer, orders: Orders): EncodedAnswer {
  return { ...answer, headers: { ...answer.headers, ...orders.headers } };
}

function encode(answer: Answer, orders: Orders): EncodedAnswer {
  switch (answer.kind) {
    case "json":
      return fixed(200, answer.body, {});
    case "bytes":
      return { status: 200, headers: { "content-type": answer.contentType }, parts: [answer.body], streaming: false };
    case "events":
      return {
        status: 200,
        headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" },
        parts: answer.events.map((event, at) => encodeEvent(event, at, orders)),
        streaming: true,
      };
  }
}

const NEWLINES = { lf: "\n", crlf: "\r\n", cr: "\r" } as const;

function encodeEvent({ event, data }: StreamEvent, at: number, orders: Orders): Buffer {
  const lines = [
    ...(orders.comments ? [`: comment ${at}`] : []),
    ...(event === undefined ? [] : [`event: ${event}`]),
    `data: ${typeof data === "string" ? data : JSON.stringify(data)}`,
    "",
    "",
  ];
  const newline = NEWLINES[orders.newline ?? (orders.crlf ? "crlf" : "lf")];
  return Buffer.from((orders.bom && at === 0 ? "\uFEFF" : "") + lines.join(newline));
}
