import type { Family } from "./counters.ts";
/** Values of now that something else has counted. */
export interface Reading {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly values: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}
export declare const PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8";
/** Prometheus' text format, version 0.0.4. */
export declare function writePrometheus(families: readonly Family[], readings: readonly Reading[]): string;
