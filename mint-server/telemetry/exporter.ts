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
const MAX_FLIGHTS = 4;
/** A request's context on workerd may end at any moment, and with it what it was about to do; the next one takes over. */
const STUCK_MS = 1000;
/** Longer than any batch is on its way. */
const LOST_MS = 2 * DEADLINE_MS + RETRY_MS + 1000;

interface Flight {
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly records: number;
}

export function createExporter(parts: ExporterParts): Exporter {
  const { timing } = parts;
  const counters: ExportCounters = { exported: 0, dropped: 0 };
  const teller = tellerOf();
  const queue: RequestRecord[] = [];
  const never = new AbortController().signal;
  const flights = new Set<Flight>();
  let gatheringSince = Number.NEGATIVE_INFINITY;
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
  const send = async (batch: readonly RequestRecord[]): Promise<void> => {
    const byParent = Map.groupBy(batch, ({ logParent }) => logParent);
    await Promise.all([...[...byParent].map(([parent, records]) => sendSpans(records, parent)), sendMetrics(batch)]);
  };
  /** Forgets those whose context has ended under them. */
  const countFlights = (): number => {
    for (const flight of flights) {
      if (timing.now() - flight.since < LOST_MS) continue;
      flights.delete(flight);
      counters.dropped += flight.records;
    }
    return flights.size;
  };
  const sendQueued = async (): Promise<void> => {
    while (queue.length > 0 && countFlights() < MAX_FLIGHTS) {
      const batch = queue.splice(0, MAX_BATCH);
      const flight = { since: timing.now(), records: batch.length };
      flights.add(flight);
      await send(batch).finally(() => flights.delete(flight));
    }
  };

  return {
    get counters() {
      countFlights();
      return counters;
    },
    async add(record) {
      if (queue.length >= MAX_QUEUED) {
        counters.dropped += 1;
        return;
      }
      queue.push(record);
      const now = timing.now();
      if (Math.abs(now - gatheringSince) < STUCK_MS) return;
      gatheringSince = now;
      await pause(timing, GATHER_MS, never);
      gatheringSince = Number.NEGATIVE_INFINITY;
      // Nothing of the receiver's is of any concern to a request.
      await sendQueued().catch(() => {});
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
