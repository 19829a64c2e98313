import type { CacheCounters } from "../cache/cache-counters.ts";
import { newSpan, readTraceparent } from "../contract/trace-context.ts";
import type { Health } from "../providers/health.ts";
import type { Timing } from "../providers/timing.ts";
import { healthSeen, type SeenHealth, type ToldHealth } from "../providers/told-health.ts";
import type { SessionsSeen } from "../realtime/sessions-seen.ts";
import { type CallNotes, takeNotes } from "./call-notes.ts";
import { createCounters } from "./counters.ts";
import { createExporter, type Exporter } from "./exporter.ts";
import { isServersFailure, logLine } from "./log-line.ts";
import { type Reading, writePrometheus } from "./prometheus.ts";
import type { RequestRecord } from "./record.ts";
import type { TelemetryConfig } from "./telemetry-config.ts";
import { type Watch, type Watched, watchRequest } from "./watch.ts";
import { recordOfCall, type WatchedCall } from "./watched-call.ts";

/** What is told of this instance's requests. */
export interface Telemetry {
  watch(watched: Watched): Watch;
  /** For the object that has watched over a call: the call is over. */
  called(call: WatchedCall): void;
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
  readonly toldHealth: ToldHealth;
  readonly cacheCounters: CacheCounters;
  readonly sessionsSeen: SessionsSeen;
}

export function createTelemetry(parts: TelemetryParts): Telemetry {
  const { config, timing, waitUntil } = parts;
  const { endpoint, headers = {}, metricsKey, logsRequests } = config;
  const exporter = endpoint === undefined ? undefined : createExporter({ endpoint, headers, timing });
  const counters = metricsKey === undefined ? undefined : createCounters();
  let underWay = 0;
  const tell = async (record: RequestRecord): Promise<void> => {
    if (isServersFailure(record)) console.error(logLine(record));
    else if (logsRequests) console.log(logLine(record));
    await exporter?.add(record);
  };
  const emit = async (record: RequestRecord): Promise<void> => {
    underWay -= 1;
    counters?.add(record);
    await tell(record);
  };
  return {
    watch(watched) {
      underWay += 1;
      return watchRequest(watched, { clock: timing.now, emit, waitUntil });
    },
    called(call) {
      const told = tell(recordOfCall(call)).catch(() => {});
      waitUntil?.(told);
    },
    notesFor(asked) {
      const given = readTraceparent(asked.get("traceparent"));
      return takeNotes(given ?? newSpan(), timing.now);
    },
    metrics: () => writePrometheus(counters?.families ?? [], readings({ ...parts, exporter, underWay })),
  };
}

interface Readable extends Pick<TelemetryParts, "health" | "toldHealth" | "cacheCounters" | "sessionsSeen" | "timing"> {
  readonly exporter: Exporter | undefined;
  readonly underWay: number;
}

const STATES = ["closed", "open", "half-open", "quarantined"] as const;

function readings({
  exporter,
  health,
  toldHealth,
  cacheCounters,
  sessionsSeen,
  timing,
  underWay,
}: Readable): readonly Reading[] {
  const rows = healthSeen(health.snapshot(), toldHealth.rows());
  const now = timing.now();
  return [
    {
      name: "mintgate_requests_under_way",
      help: "Requests whose last byte is not out.",
      type: "gauge",
      values: [{ labels: {}, value: underWay }],
    },
    {
      name: "mintgate_realtime_sessions_open",
      help: "Realtime sessions that are relayed now.",
      type: "gauge",
      values: [{ labels: {}, value: sessionsSeen.open }],
    },
    {
      name: "mintgate_breaker_state",
      help: "1 for the state in which an endpoint's breaker is for a model; quarantined: its key was refused.",
      type: "gauge",
      values: rows.flatMap((row) =>
        STATES.map((state) => ({ labels: { ...labelsOf(row), state }, value: state === row.state ? 1 : 0 })),
      ),
    },
    {
      name: "mintgate_endpoint_cooldown_seconds",
      help: "Seconds for which an endpoint is still left alone, or asked last; 0 where it is not.",
      type: "gauge",
      values: rows.map((row) => ({
        labels: labelsOf(row),
        value: row.until === null ? 0 : Math.max(0, (row.until - now) / 1000),
      })),
    },
    {
      name: "mintgate_endpoint_failures_in_a_row",
      help: "Failures of an endpoint with a model since it last answered.",
      type: "gauge",
      values: rows.map((row) => ({ labels: labelsOf(row), value: row.failures })),
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

function labelsOf({ org, endpoint, model, seenBy }: SeenHealth): Readonly<Record<string, string>> {
  return { org, endpoint, model, seen_by: seenBy };
}
