import { newSpan } from "../contract/trace-context.ts";
import { pause, type Timing } from "../providers/timing.ts";
import { VERSION } from "../version.ts";
import { type Teller, writeAttributes } from "./otlp.ts";
import { writeMetrics } from "./otlp-metrics.ts";
import type { RequestRecord } from "./record.ts";
import { writeSpans } from "./spans.ts";

/** Sends records to an OTLP receiver, in batches. */
export interface Exporter {
  /** Resolves when this record's batch is sent, or when another request is seeing to that. Never rejects. */
  add(record: RequestRecord): Promise<void>;
  readonly counters: ExportCounters;
}

/** Since the instance started. */
export interface ExportCounters {
  exported: number;
  /** Records that nobody received: the queue was full, or the receiver failed. */
  dropped: number;
}

export interface ExporterParts {
  /** Base URL of the receiver, without a trailing slash: `/v1/traces` and `/v1/metrics` are below it. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timing: Timing;
  readonly fetch?: typeof fetch;
}

/** How long a record waits for others. */
const GATHER_MS = 100;
const MAX_QUEUED = 2048;
const MAX_BATCH = 256;
const DEADLINE_MS = 5000;
const RETRY_MS = 500;
/** Answers after which the same may be sent again (OTLP specification, "Retryable Response Codes"). */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** A context that sees to the queue for longer than that may be gone: the next request no longer waits for it. */
const STUCK_MS = 15_000;

export function createExporter(parts: ExporterParts): Exporter {
  const { timing } = parts;
  const counters: ExportCounters = { exported: 0, dropped: 0 };
  const teller = tellerOf();
  const queue: RequestRecord[] = [];
  const never = new AbortController().signal;
  let sending: { readonly since: number } | undefined;
  let takesMetrics = true;
  let measuredUntil = timing.now();

  const post = async (path: string, body: string, parent?: string): Promise<number> => {
    const send = () => postOnce({ ...parts, path, body, parent });
    const status = await send();
    if (!RETRYABLE.has(status)) return status;
    await pause(timing, RETRY_MS, never);
    return send();
  };
  const sendSpans = async (records: readonly RequestRecord[], parent: string | undefined): Promise<void> => {
    const sampled = records.filter(({ trace }) => trace.isSampled);
    const isSent =
      sampled.length === 0 || isGood(await post("/v1/traces", JSON.stringify(writeSpans(sampled, teller)), parent));
    counters[isSent ? "exported" : "dropped"] += records.length;
  };
  const sendMetrics = async (records: readonly RequestRecord[]): Promise<void> => {
    if (!takesMetrics) return;
    const now = timing.now();
    const window = { from: Math.min(measuredUntil, now), to: now };
    measuredUntil = now;
    const status = await post("/v1/metrics", JSON.stringify(writeMetrics(records, window, teller)));
    // Receivers of traces alone have nothing there.
    if (status === 404 || status === 405) takesMetrics = false;
  };
  const sendAll = async (): Promise<void> => {
    await pause(timing, GATHER_MS, never);
    while (queue.length > 0) {
      const batch = queue.splice(0, MAX_BATCH);
      const byParent = Map.groupBy(batch, ({ logParent }) => logParent);
      await Promise.all([...[...byParent].map(([parent, records]) => sendSpans(records, parent)), sendMetrics(batch)]);
    }
  };

  return {
    counters,
    async add(record) {
      if (queue.length >= MAX_QUEUED) {
        counters.dropped += 1;
        return;
      }
      queue.push(record);
      const now = timing.now();
      if (sending && Math.abs(now - sending.since) < STUCK_MS) return;
      const mine = { since: now };
      sending = mine;
      try {
        await sendAll();
      } catch {
        // Nothing of the receiver's is of any concern to a request.
      } finally {
        if (sending === mine) sending = undefined;
      }
    },
  };
}

interface Post extends ExporterParts {
  readonly path: string;
  readonly body: string;
  readonly parent: string | undefined;
}

/** The answer's status; 0 where there was none. */
async function postOnce({ endpoint, headers, path, body, parent, fetch: post = fetch }: Post): Promise<number> {
  try {
    const answer = await post(endpoint + path, {
      method: "POST",
      headers: {
        ...headers,
        ...(parent !== undefined && { "x-bt-parent": parent }),
        "content-type": "application/json",
      },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return 0;
  }
}

function isGood(status: number): boolean {
  return status >= 200 && status < 300;
}

function tellerOf(): Teller {
  const instance = newSpan().traceId;
  const attributes = { "service.name": "mintgate", "service.version": VERSION, "service.instance.id": instance };
  return { resource: { attributes: writeAttributes(attributes) }, scope: { name: "mintgate", version: VERSION } };
}
