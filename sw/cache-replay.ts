import type { CacheEntry } from "../mint-server/contract/envelope.ts";
import { HEADER, type Source } from "../mint-server/contract/headers.ts";
import { pause } from "./pause.ts";

interface ReplayOptions {
  readonly nowMs: number;
  /** As it came, instead of at once. */
  readonly atPace: boolean;
  /** Stops a replay at its pace. */
  readonly signal: AbortSignal;
}

/** A stored answer as a response. */
export function replay({ status, headers, body, pace, createdMs }: CacheEntry, options: ReplayOptions): Response {
  const { nowMs, atPace, signal } = options;
  const source: Source = "browser-cache";
  const init = {
    status,
    headers: {
      ...headers,
      [HEADER.cached]: "HIT",
      [HEADER.source]: source,
      age: String(Math.max(0, Math.floor((nowMs - createdMs) / 1000))),
    },
  };
  return new Response(atPace && pace ? paced(body, pace, signal) : body, init);
}

function paced(body: Uint8Array, pace: readonly number[], signal: AbortSignal): ReadableStream<Uint8Array> {
  const startedMs = performance.now();
  let sent = 0;
  let mark = 0;
  const next = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const end = pace[mark] ?? body.length;
    await pause((pace[mark + 1] ?? 0) - (performance.now() - startedMs), signal);
    mark += 2;
    if (end > sent) controller.enqueue(body.subarray(sent, end));
    sent = Math.max(sent, end);
    if (sent >= body.length) controller.close();
  };
  return new ReadableStream({
    async pull(controller) {
      // A pull that gave nothing would not be asked again.
      for (const before = sent; sent === before && sent < body.length; ) await next(controller);
    },
  });
}
