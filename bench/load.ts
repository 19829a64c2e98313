import { randomUUID } from "node:crypto";
import { connect, type Socket } from "node:net";
import { createAnswerReader } from "./http-answer.ts";
import { UNIQUE } from "./work.ts";

/** One block of load: `requests` requests, `connections` of them at any time. */
export interface Job {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** One proof for each request, where the credential is bound. */
  readonly proofs?: readonly string[];
  /** Sent in turn, from the first to the last and again. */
  readonly bodies: readonly string[];
  readonly connections: number;
  readonly requests: number;
}

/** What a block took. Times in milliseconds, one entry a request, in no order. */
export interface Taken {
  readonly firstByteMs: readonly number[];
  readonly totalMs: readonly number[];
  /** Sizes of the bodies that came back; one entry if all were alike. */
  readonly sizesBytes: readonly number[];
}

/** Orders to the load process; `stall` opens `connections` requests and reads no byte of the answers until `release`. */
export type LoadOrder =
  | { readonly type: "run"; readonly job: Job }
  | { readonly type: "stall"; readonly job: Job }
  | { readonly type: "release" };
export type LoadReport =
  | { readonly type: "taken"; readonly taken: Taken }
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly message: string };

interface Seen {
  readonly firstByteMs: number[];
  readonly totalMs: number[];
  readonly sizesBytes: Set<number>;
}

async function run(job: Job): Promise<Taken> {
  const messages = render(job);
  const seen: Seen = { firstByteMs: [], totalMs: [], sizesBytes: new Set() };
  await Promise.all(Array.from({ length: job.connections }, () => callInTurn(job, messages, seen)));
  return { ...seen, sizesBytes: [...seen.sizesBytes] };
}

/** The requests' bytes, made before any clock runs. Taken from the end as they are sent. */
function render(job: Job): string[] {
  const { hostname, port, pathname } = new URL(job.url);
  const head = Object.entries({
    host: `${hostname}:${port}`,
    ...job.headers,
    "content-type": "application/json",
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const start = `POST ${pathname} HTTP/1.1\r\n${head.join("")}`;
  return Array.from({ length: job.requests }, (_, index) => {
    const proof = job.proofs?.[index];
    const body = job.bodies[index % job.bodies.length] ?? "";
    const length = `content-length: ${Buffer.byteLength(body)}\r\n`;
    return `${start.replace(UNIQUE, () => randomUUID())}${length}${proof === undefined ? "" : `dpop: ${proof}\r\n`}\r\n${body}`;
  });
}

/** Sends request after request on one connection until none is left. */
function callInTurn(job: Job, messages: string[], seen: Seen): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = open(job);
    const answer = createAnswerReader();
    let sentAt = 0;
    let firstByteMs = 0;
    let failure = "";
    const next = (): void => {
      const message = messages.pop();
      if (message === undefined) {
        socket.destroy();
        resolve();
        return;
      }
      answer.reset();
      firstByteMs = 0;
      sentAt = performance.now();
      socket.write(message);
    };
    socket.on("data", (bytes: Buffer) => {
      const complete = answer.feed(bytes);
      if (answer.status !== 200) failure += bytes.toString();
      if (firstByteMs === 0 && answer.sizeBytes > 0) firstByteMs = performance.now() - sentAt;
      if (!complete) return;
      if (failure !== "") socket.destroy(new Error(failure.slice(0, 600)));
      else {
        seen.firstByteMs.push(firstByteMs);
        seen.totalMs.push(performance.now() - sentAt);
        seen.sizesBytes.add(answer.sizeBytes);
        next();
      }
    });
    socket.on("connect", next);
    socket.on("error", reject);
    socket.on("end", () => reject(new Error(`the server closed a connection, after: ${failure.slice(0, 600)}`)));
  });
}

function open({ url }: Job): Socket {
  const { hostname, port } = new URL(url);
  return connect({ host: hostname, port: Number(port), noDelay: true });
}

let stalled: Socket[] = [];

/** Sockets without a reader: the kernel's buffers fill up, and then nothing moves. */
function stall(job: Job): void {
  stalled = render(job).map((message) => {
    const socket = open(job);
    socket.pause();
    socket.write(message);
    return socket;
  });
}

function release(): void {
  for (const socket of stalled) socket.destroy();
  stalled = [];
}

async function obey(order: LoadOrder): Promise<LoadReport> {
  if (order.type === "run") return { type: "taken", taken: await run(order.job) };
  if (order.type === "stall") stall(order.job);
  else release();
  return { type: "done" };
}

process.on("message", async (order: LoadOrder) => {
  const report = await obey(order).catch((error: unknown): LoadReport => ({ type: "failed", message: String(error) }));
  process.send?.(report);
});
process.on("disconnect", () => process.exit());
