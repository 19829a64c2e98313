import type { IncomingMessage } from "node:http";
import { type OpenRequest, openRequest } from "../support/raw-request.ts";
import type { Rig } from "../support/rig.ts";
import type { Orders } from "../support/stand-in/orders.ts";
import { chat } from "../support/work.ts";

/** Project key of the servers whose organisations a test configures. */
export const DEFAULT_KEY = "project-key-of-answers";

/** One call that may be asked again: under its key, from any position on. */
export interface Call {
  /** The `Idempotency-Key`; none where it is the cache that shares. */
  readonly key?: string;
  readonly path?: string;
  readonly body: object;
  readonly authorization?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Way {
  /** Seconds. */
  readonly hold?: number | string;
  readonly position?: number | string;
}

function headersOf(rig: Rig, { key, authorization, headers }: Call, { hold, position }: Way): Record<string, string> {
  return {
    authorization: authorization ?? `Bearer ${rig.server.projectKey ?? DEFAULT_KEY}`,
    "content-type": "application/json",
    ...(key !== undefined && { "idempotency-key": key }),
    ...(hold !== undefined && { "x-mintgate-hold": String(hold) }),
    ...(position !== undefined && { "x-mintgate-position": String(position) }),
    ...headers,
  };
}

/** Asks as any client does. */
export function ask(rig: Rig, call: Call, way: Way = {}): Promise<Response> {
  return fetch(rig.url(call.path ?? "chat/completions"), {
    method: "POST",
    headers: headersOf(rig, call, way),
    body: JSON.stringify(call.body),
  });
}

/** Asks over a connection that the test holds in its hand. */
export function open(rig: Rig, call: Call, way: Way = {}): OpenRequest {
  return openRequest(rig.url(call.path ?? "chat/completions"), headersOf(rig, call, way), JSON.stringify(call.body));
}

/** Reads at least so many bytes and no more than have come. */
export async function readSome(answer: IncomingMessage, atLeast: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  answer.on("error", () => {});
  while (size < atLeast && !answer.destroyed) {
    const part = answer.read() as Buffer | null;
    if (part) {
      parts.push(part);
      size += part.length;
    } else if (answer.readableEnded) break;
    else await once(answer);
  }
  return Buffer.concat(parts);
}

const once = (answer: IncomingMessage): Promise<void> =>
  new Promise((resolve) => {
    for (const event of ["readable", "end", "close"]) answer.once(event, () => resolve());
  });

export async function bytesOf(answer: Response | Promise<Response>): Promise<Buffer> {
  return Buffer.from(await (await answer).arrayBuffer());
}

/** A chat stream with orders. */
export function streaming(orders: Orders, fields: object = {}): object {
  return chat(orders, { stream: true, ...fields });
}

export async function cancel(rig: Rig, key: string, authorization?: string): Promise<unknown> {
  const answer = await rig.post("answers/cancel", { idempotency_key: key }, { authorization });
  return answer.json();
}

/** `status code` of a failure. */
export async function refusalOf(answer: Response | Promise<Response>): Promise<string> {
  const response = await answer;
  const { error } = (await response.json()) as { error?: { code: string } };
  return `${response.status} ${error?.code}`;
}

let count = 0;

/** A key that no other test uses. */
export const newKey = (): string => `key-${++count}-${Math.random().toString(36).slice(2)}`;
