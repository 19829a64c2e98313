import { gzipSync } from "node:zlib";
import type { Answer, StreamEvent } from "./answers.ts";
import type { Problem } from "./check.ts";
import type { Format } from "./format.ts";
import { encodeEvents, STREAM_TYPES } from "./frames.ts";
import { isObject, type Orders } from "./orders.ts";
import { replyTo } from "./reply.ts";
import type { Asked, Turn } from "./turn.ts";

/** An answer ready to be sent: its body in the parts that orders count, an event of a stream each. */
export interface EncodedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly parts: readonly Buffer[];
  readonly streaming: boolean;
  readonly requestIdHeader: string;
}

interface Encodable {
  readonly format: Format;
  readonly asked: Asked;
  readonly turn: Turn | undefined;
  readonly orders: Orders;
}

/** The answer that a format's provider gives under these orders. What it would refuse is refused first. */
export function encodeAnswer({ format, asked, turn, orders }: Encodable): EncodedAnswer {
  const problem = format.check(asked);
  if (problem) return refusal(format, problem);
  const answer = ordinary({ format, asked, turn, orders });
  return orders.gzip ? compressed(answer) : answer;
}

function ordinary({ format, asked, turn, orders }: Encodable): EncodedAnswer {
  if (orders.status !== undefined || orders.body !== undefined) {
    const status = orders.status ?? 200;
    const message = `The stand-in was ordered to answer ${status}.`;
    const { headers } = status < 400 ? {} : format.error({ status, message });
    const body = orders.body ?? format.error({ status, message }).body;
    return withHeaders({ ...fixed(format, status, body), headers: { ...JSON_TYPE, ...headers } }, orders);
  }
  const reply = turn && replyTo(turn, orders, asked.body);
  return withHeaders(encode(format, bend(format, format.answer(asked, reply), orders), orders), orders);
}

/** A refusal in the format's own shape. */
export function refusal(format: Format, problem: Problem): EncodedAnswer {
  const { body, headers } = format.error(problem);
  return { ...fixed(format, problem.status ?? 400, body), headers: { ...JSON_TYPE, ...headers } };
}

const JSON_TYPE = { "content-type": "application/json" };

function fixed({ requestIdHeader }: Format, status: number, body: unknown): EncodedAnswer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers: JSON_TYPE, parts: [Buffer.from(text)], streaming: false, requestIdHeader };
}

function compressed(answer: EncodedAnswer): EncodedAnswer {
  const parts = [gzipSync(Buffer.concat(answer.parts))];
  return { ...answer, headers: { ...answer.headers, "content-encoding": "gzip" }, parts };
}

function withHeaders(answer: EncodedAnswer, orders: Orders): EncodedAnswer {
  return { ...answer, headers: { ...answer.headers, ...orders.headers } };
}

/** Puts in what no client knows yet, and the error that comes too late for a status. */
function bend(format: Format, answer: Answer, { unknownEvents, errorInStream }: Orders): Answer {
  if (answer.kind === "bytes") return answer;
  if (answer.kind === "json") return unknownEvents ? { ...answer, body: withUnknown(answer.body) } : answer;
  const events: readonly StreamEvent[] = unknownEvents
    ? answer.events.flatMap((event, at) => [
        ...(at === 0 ? [] : [format.unknownEvent(at)]),
        { ...event, data: withUnknown(event.data) },
      ])
    : answer.events;
  if (errorInStream === undefined) return { ...answer, events };
  const error = format.streamError("The stand-in was ordered to fail in the middle.");
  return { ...answer, events: [...events.slice(0, errorInStream), error] };
}

const withUnknown = (body: unknown) => (isObject(body) ? { ...body, future_field: { of: ["a later", "time"] } } : body);

function encode(format: Format, answer: Answer, orders: Orders): EncodedAnswer {
  const { requestIdHeader } = format;
  switch (answer.kind) {
    case "json":
      return fixed(format, answer.status ?? 200, answer.body);
    case "bytes": {
      const headers = { "content-type": answer.contentType };
      return { status: 200, headers, parts: [answer.body], streaming: false, requestIdHeader };
    }
    case "events": {
      const { framing = "sse" } = answer;
      const headers = { "content-type": STREAM_TYPES[framing], "cache-control": "no-cache" };
      const parts = encodeEvents(answer.events, framing, orders);
      return { status: 200, headers, parts, streaming: true, requestIdHeader };
    }
  }
}
