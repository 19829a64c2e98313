import type { Family, Series } from "./counters.ts";

/** Values of now that something else has counted. */
export interface Reading {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly values: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

export const PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Prometheus' text format, version 0.0.4. */
export function writePrometheus(families: readonly Family[], readings: readonly Reading[]): string {
  const lines = [
    ...families.flatMap(({ name, help, type, series }) =>
      series.size === 0
        ? []
        : [...head(name, help, type), ...[...series.values()].flatMap((one) => samples(name, one))],
    ),
    ...readings.flatMap(({ name, help, type, values }) => [
      ...head(name, help, type),
      ...values.map(({ labels, value }) => sample(name, labels, value)),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

function head(name: string, help: string, type: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function samples(name: string, { labels, value, histogram }: Series): string[] {
  if (!histogram) return [sample(name, labels, value)];
  let below = 0;
  const buckets = histogram.buckets.map((count, at) => {
    below += count;
    return sample(`${name}_bucket`, { ...labels, le: String(histogram.bounds[at] ?? "+Inf") }, below);
  });
  return [...buckets, sample(`${name}_sum`, labels, histogram.sum), sample(`${name}_count`, labels, histogram.count)];
}

function sample(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
