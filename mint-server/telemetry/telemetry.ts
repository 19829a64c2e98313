import type { CacheCounters } from "../cache/cache-counters.ts";
import { newSpan, readTraceparent } from "../contract/trace-context.ts";
import type { Health } from "../providers/health.ts";
import type { Timing } from "../providers/timing.ts";
import { type CallNotes, takeNotes } from "./call-notes.ts";
import { createCounters } from "./counters.ts";
import { createExporter, type Exporter } from "./exporter.ts";
import { isServersFailure, logLine } from "./log-line.ts";
import { type Reading, writePrometheus } from "./prometheus.ts";
import type { RequestRecord } from "./record.ts";
import type { TelemetryConfig } from "./telemetry-config.ts";
import { type Watch, type Watched, watchRequest } from "./watch.ts";

/** What is told of this instance's requests. */
export interface Telemetry {
  watch(watched: Watched): Watch;
  /** For an object that asks in a request's stead, whose record is made elsewhere. */
  notesFor(headers: Headers): CallNotes;
  /** In Prometheus' text format. */
  metrics(): string;
}

export interface TelemetryParts {
  readonly config: TelemetryConfig;
  readonly timing: Timing;
  readonly waitUntil: ((promise: Promise<unknown>) => void) | undefined;
  readonly health: Health;
  readonly cacheCounters: CacheCounters;
}

export function createTelemetry({ config, timing, waitUntil, health, cacheCounters }: TelemetryParts): Telemetry {
  const { endpoint, headers = {}, metricsKey, logsRequests } = config;
  const exporter = endpoint === undefined ? undefined : createExporter({ endpoint, headers, timing });
  const counters = metricsKey === undefined ? undefined : createCounters();
  let underWay = 0;
  const emit = async (record: RequestRecord): Promise<void> => {
    underWay -= 1;
    counters?.add(record);
    if (isServersFailure(record)) console.error(logLine(record));
    else if (logsRequests) console.log(logLine(record));
    await exporter?.add(record);
  };
  return {
    watch(watched) {
      underWay += 1;
      return watchRequest(watched, { clock: timing.now, emit, waitUntil });
    },
    notesFor(asked) {
      const given = readTraceparent(asked.get("traceparent"));
      return takeNotes(given ?? newSpan(), timing.now);
    },
    metrics: () => writePrometheus(counters?.families ?? [], readings({ exporter, health, cacheCounters, underWay })),
  };
}

interface Readable extends Pick<TelemetryParts, "health" | "cacheCounters"> {
  readonly exporter: Exporter | undefined;
  readonly underWay: number;
}

const STATES = ["closed", "open", "half-open", "quarantined"] as const;

function readings({ exporter, health, cacheCounters, underWay }: Readable): readonly Reading[] {
  const rows = health.snapshot();
  return [
    {
      name: "mintgate_requests_under_way",
      help: "Requests whose last byte is not out.",
      type: "gauge",
      values: [{ labels: {}, value: underWay }],
    },
    {
      name: "mintgate_breaker_state",
      help: "1 for the state in which an endpoint's breaker is for a model.",
      type: "gauge",
      values: rows.flatMap(({ org, endpoint, model, state: now }) =>
        STATES.map((state) => ({ labels: { org, endpoint, model, state }, value: state === now ? 1 : 0 })),
      ),
    },
    {
      name: "mintgate_cache_lookups_total",
      help: "Look-ups in the edge's cache, by what came of them.",
      type: "counter",
      values: Object.entries(cacheCounters).map(([result, value]) => ({ labels: { result }, value })),
    },
    {
      name: "mintgate_telemetry_records_total",
      help: "Records for the receiver of OpenTelemetry's protocol.",
      type: "counter",
      values: Object.entries(exporter?.counters ?? {}).map(([result, value]) => ({ labels: { result }, value })),
    },
  ];
}
