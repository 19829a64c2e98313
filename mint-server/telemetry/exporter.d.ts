import { type Timing } from "../providers/timing.ts";
import type { RequestRecord } from "./record.ts";
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
export declare function createExporter(parts: ExporterParts): Exporter;
