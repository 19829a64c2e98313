import { WebSocket } from "ws";

/** Run as a process of its own: clients that send voice, one frame every so often, and time each answer. */

export interface VoiceJob {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly sessions: number;
  readonly everyMs: number;
  readonly frames: number;
}

export interface VoiceTaken {
  /** Milliseconds from a frame to its answer, of all frames. */
  readonly latencies: readonly number[];
  /** From the first frame to the last answer. */
  readonly elapsedMs: number;
}

/** Clients that take turns: a frame and its answer on one, then on the next. What else the machine does, it does to all. */
export interface TurnsJob {
  readonly lanes: readonly Pick<VoiceJob, "url" | "headers">[];
  readonly frames: number;
}

export type VoiceReport =
  | { readonly taken: VoiceTaken }
  /** Milliseconds by lane. */
  | { readonly turns: readonly (readonly number[])[] }
  | { readonly failed: string }
  | { readonly ready: true };

/** `open` connects the clients; `go` lets them speak. */
export type VoiceOrder =
  | { readonly open: VoiceJob }
  | { readonly go: true }
  | { readonly close: true }
  | { readonly takeTurns: TurnsJob };

const FRAME = JSON.stringify({
  type: "input_audio_buffer.append",
  audio: Buffer.alloc(4800, "\x10\x01").toString("base64"),
});

let sockets: readonly WebSocket[] = [];
let job: VoiceJob | undefined;

async function open(asked: VoiceJob): Promise<void> {
  job = asked;
  sockets = await Promise.all(Array.from({ length: asked.sessions }, () => greeted(asked)));
}

async function takeTurns({ lanes, frames }: TurnsJob): Promise<readonly (readonly number[])[]> {
  sockets = await Promise.all(lanes.map(greeted));
  const latencies = lanes.map((): number[] => []);
  for (let frame = 0; frame < frames; frame++) {
    for (const [index, socket] of sockets.entries()) {
      const sentAt = performance.now();
      const answered = new Promise<void>((resolve) => socket.once("message", () => resolve()));
      socket.send(FRAME);
      await answered;
      latencies[index]?.push(performance.now() - sentAt);
    }
  }
  await Promise.all(sockets.map(closed));
  return latencies;
}

function greeted({ url, headers }: Pick<VoiceJob, "url" | "headers">): Promise<WebSocket> {
  const socket = new WebSocket(url, { headers });
  return new Promise((resolve, reject) => {
    socket.once("message", () => resolve(socket));
    socket.once("error", reject);
    socket.once("close", (code) => reject(new Error(`closed with ${code}`)));
  });
}

async function speakAll({ everyMs, frames }: VoiceJob): Promise<VoiceTaken> {
  const started = performance.now();
  // Spread over the interval, as voices are.
  const all = await Promise.all(
    sockets.map((socket, index) => speak(socket, { everyMs, frames, delayMs: (everyMs * index) / sockets.length })),
  );
  return { latencies: all.flat(), elapsedMs: performance.now() - started };
}

interface Speech {
  readonly everyMs: number;
  readonly frames: number;
  readonly delayMs: number;
}

function speak(socket: WebSocket, { everyMs, frames, delayMs }: Speech): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const sentAt: number[] = [];
    const latencies: number[] = [];
    const started = performance.now() + delayMs;
    const next = (): void => {
      sentAt.push(performance.now());
      socket.send(FRAME);
      // Against the start, not the last frame: a late timer must not slow the whole session down.
      if (sentAt.length < frames) setTimeout(next, Math.max(0, started + sentAt.length * everyMs - performance.now()));
    };
    const heard = (): void => {
      latencies.push(performance.now() - (sentAt[latencies.length] ?? 0));
      if (latencies.length < frames) return;
      socket.off("message", heard);
      resolve(latencies);
    };
    socket.on("message", heard);
    socket.once("close", (code) => reject(new Error(`closed with ${code} after ${latencies.length} frames`)));
    setTimeout(next, delayMs);
  });
}

async function obey(order: VoiceOrder): Promise<VoiceReport> {
  if ("takeTurns" in order) return { turns: await takeTurns(order.takeTurns) };
  if ("open" in order) await open(order.open);
  else if ("go" in order && job) return { taken: await speakAll(job) };
  else await Promise.all(sockets.map(closed));
  return { ready: true };
}

function closed(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("close", () => resolve());
    socket.close();
  });
}

process.on("message", (order: VoiceOrder) => {
  obey(order).then(
    (report) => process.send?.(report),
    (error: unknown) => process.send?.({ failed: String(error) } satisfies VoiceReport),
  );
});
process.on("disconnect", () => process.exit());
