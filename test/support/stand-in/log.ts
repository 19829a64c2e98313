import type { IncomingMessage, ServerResponse } from "node:http";
import type { Fields, Orders } from "./orders.ts";

/** A request that reached the stand-in, and how its answer went. The fields change while the exchange runs. */
export interface RecordedRequest {
  /** Counts from 1 in the order of arrival. */
  readonly number: number;
  readonly method: string;
  /** Path and query, as received. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly fields: Fields;
  readonly orders: Orders;
  /** Events (or parts) of the answer sent whole. */
  readonly eventsSent: number;
  /** The answer's body as sent so far; how a caller's copy is compared byte by byte. */
  readonly answer: Buffer;
  /** The whole answer was handed to the network. */
  readonly complete: boolean;
  /** The exchange is over: answered, cut, or left by the caller. */
  readonly closed: boolean;
  /** The caller closed the connection before the answer was whole. */
  readonly leftEarly: boolean;
}

/** The writing side of a {@link RecordedRequest}. */
export interface Exchange {
  readonly number: number;
  readonly request: RecordedRequest;
  /** Resolves when the exchange is over. */
  readonly left: Promise<void>;
  partSent(): void;
  bytesSent(bytes: Buffer): void;
}

interface ExchangeOptions {
  readonly number: number;
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  readonly fields: Fields;
  readonly orders: Orders;
  readonly changed: () => void;
}

export function createExchange({
  number,
  message,
  response,
  body,
  fields,
  orders,
  changed,
}: ExchangeOptions): Exchange {
  const sent: Buffer[] = [];
  const progress = { eventsSent: 0, complete: false, closed: false, leftEarly: false };
  const left = new Promise<void>((resolve) => {
    response.once("close", () => {
      progress.complete = response.writableFinished && !isCut(orders);
      progress.closed = true;
      progress.leftEarly = !response.writableFinished && !isCut(orders);
      resolve();
      changed();
    });
  });
  const request: RecordedRequest = {
    number,
    method: message.method ?? "",
    path: message.url ?? "",
    headers: headersOf(message),
    body,
    fields,
    orders,
    get eventsSent() {
      return progress.eventsSent;
    },
    get answer() {
      return Buffer.concat(sent);
    },
    get complete() {
      return progress.complete;
    },
    get closed() {
      return progress.closed;
    },
    get leftEarly() {
      return progress.leftEarly;
    },
  };
  return {
    number,
    request,
    left,
    partSent() {
      progress.eventsSent++;
      changed();
    },
    bytesSent: (bytes) => void sent.push(bytes),
  };
}

function isCut({ cutAfterBytes, cutAfterEvents, cutBeforeHead }: Orders): boolean {
  return cutAfterBytes !== undefined || cutAfterEvents !== undefined || cutBeforeHead === true;
}

function headersOf(message: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(message.headersDistinct).map(([name, values]) => [name, values?.join(", ") ?? ""]),
  );
}
