import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { chart } from "./chart.ts";
import type { Options } from "./options.ts";
import type { Result } from "./result.ts";

/** The results as a table for a terminal. */
export function table(results: readonly Result[]): string {
  const rows = results.map((result) => [
    result.what,
    `${result.value.toFixed(digits(result))} ${result.unit}`,
    result.range ? `${result.range.map((end) => end.toFixed(digits(result))).join(" to ")}` : "",
    result.target === undefined ? "" : `at most ${result.target} ${result.unit}`,
    result.met === undefined ? "" : result.met ? "met" : "MISSED",
  ]);
  const all = [["figure", "value", "rounds", "target", ""], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all
    .map((row) =>
      row
        .map((cell, at) => align(cell, widths[at] ?? 0, at))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function align(cell: string, width: number, column: number): string {
  return column === 1 ? cell.padStart(width) : cell.padEnd(width);
}

function digits({ unit, value }: Result): number {
  return unit === "MB" || unit === "kB" || Math.abs(value) >= 100 ? 1 : Math.abs(value) < 0.1 ? 3 : 2;
}

/** Writes the results beside this file, as JSON and as a picture; gives the names of the files. */
export function write(results: readonly Result[], { rounds, peers }: Options): readonly string[] {
  const content = { day: new Date().toISOString().slice(0, 10), rounds, peers, machine: machine(), results };
  const files = { "results.json": `${JSON.stringify(content, null, 2)}\n`, "results.svg": chart(results) };
  for (const [name, text] of Object.entries(files)) writeFileSync(fileURLToPath(new URL(name, import.meta.url)), text);
  return Object.keys(files).map((name) => `bench/${name}`);
}

function machine() {
  const workerd = createRequire(import.meta.url)("workerd") as { readonly version: string };
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? "unknown",
    memoryMb: Math.round(totalmem() / 1e6),
    system: `${process.platform} ${release()}`,
    node: process.version,
    workerd: workerd.version,
  };
}
