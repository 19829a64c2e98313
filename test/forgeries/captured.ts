import { connect } from "node:net";
import { text } from "node:stream/consumers";
import type { Recorder } from "../support/recorder.ts";

/** A request as it went over the wire, headers and body, byte for byte. */
export interface Captured {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** The requests with a proof that a recorder saw, oldest first. */
export function capturedBy(recorder: Recorder): readonly Captured[] {
  return recorder
    .sent()
    .split(/(?=(?:GET|POST) \/\S* HTTP\/1\.1\r\n)/)
    .map(parse)
    .filter((captured) => headerOf(captured, "dpop") !== undefined);
}

export function headerOf({ headers }: Captured, name: string): string | undefined {
  return headers.find(([each]) => each.toLowerCase() === name)?.[1];
}

function parse(raw: string): Captured {
  const [head = "", body = ""] = raw.split("\r\n\r\n");
  const [line = "", ...lines] = head.split("\r\n");
  const [method = "", path = ""] = line.split(" ");
  const headers = lines.map((each): readonly [string, string] => {
    const colon = each.indexOf(":");
    return [each.slice(0, colon), each.slice(colon + 1).trim()];
  });
  return { method, path, headers, body };
}

export interface Replayed {
  /** Absent where the connection ended without an answer. */
  readonly status: number | undefined;
  readonly code: string | undefined;
  /** The server's nonce, where it gave one. */
  readonly nonce: string | undefined;
}

/** Sends a captured request once more, to whatever server, with what is given in the place of its own. */
export async function replay(origin: string, captured: Captured, change: Partial<Captured> = {}): Promise<Replayed> {
  const { method, path, headers, body } = { ...captured, ...change };
  const { hostname, port } = new URL(origin);
  const socket = connect({ host: hostname, port: Number(port) });
  const kept = headers.filter(([name]) => !/^(connection|content-length|accept-encoding)$/i.test(name));
  const lines = [...kept, ["connection", "close"], ["content-length", String(Buffer.byteLength(body))]];
  socket.write(`${method} ${path} HTTP/1.1\r\n${lines.map((pair) => pair.join(": ")).join("\r\n")}\r\n\r\n${body}`);
  const answer = await text(socket);
  const code = /"code":\s*"([^"]+)"/.exec(answer)?.[1];
  const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1];
  const nonce = /^dpop-nonce: (\S+)/im.exec(answer)?.[1];
  return { status: status === undefined ? undefined : Number(status), code, nonce };
}

/** The same headers with one of them replaced. */
export function withHeader({ headers }: Captured, name: string, value: string): Captured["headers"] {
  return headers.map(([each, old]) => [each, each.toLowerCase() === name ? value : old]);
}
