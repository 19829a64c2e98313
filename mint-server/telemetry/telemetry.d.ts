import type { CacheCounters } from "../cache/cache-counters.ts";
import type { Health } from "../providers/health.ts";
import type { Timing } from "../providers/timing.ts";
import { type CallNotes } from "./call-notes.ts";
import type { TelemetryConfig } from "./telemetry-config.ts";
import { type Watch, type Watched } from "./watch.ts";
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
export declare function createTelemetry({
  config,
  timing,
  waitUntil,
  health,
  cacheCounters,
}: TelemetryParts): Telemetry;
