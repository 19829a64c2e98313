import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createRandom } from "../limits/priced.ts";
import { CONTRACT_TARGETS } from "./contract-targets.ts";
import { mutate } from "./mutate.ts";
import { REALTIME_TARGETS } from "./realtime-targets.ts";
import { SERVER_TARGETS } from "./server-targets.ts";
import type { FuzzTarget } from "./target.ts";
import { WIRE_TARGETS } from "./wire-targets.ts";

export const TARGETS: readonly FuzzTarget[] = [
  ...CONTRACT_TARGETS,
  ...WIRE_TARGETS,
  ...REALTIME_TARGETS,
  ...SERVER_TARGETS,
];

export interface Crash {
  readonly input: Uint8Array<ArrayBuffer>;
  readonly reason: string;
}

/** What a reader may make of an input: it is bounded by what went in, and by what a few words cost. */
const MOST_OUTPUT = 100;
const LEAST_OUTPUT = 64 * 1024;

/** Reads one input as a target does; undefined if all is well. */
async function attempt(target: FuzzTarget, input: Uint8Array<ArrayBuffer>): Promise<Crash | undefined> {
  try {
    const size = await target.run(input);
    if (size <= Math.max(LEAST_OUTPUT, MOST_OUTPUT * input.length)) return undefined;
    return { input, reason: `${input.length} bytes became ${size}` };
  } catch (error) {
    return { input, reason: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** Reads the kept inputs, then so many others; the first crash of each kind. */
export async function fuzz(target: FuzzTarget, cases: number, seed: number): Promise<readonly Crash[]> {
  const random = createRandom(seed);
  const kept = corpusOf(target.name);
  const seeds = [...target.seeds, ...kept];
  const crashes = new Map<string, Crash>();
  const read = async (input: Uint8Array<ArrayBuffer>): Promise<void> => {
    const crash = await attempt(target, input);
    if (crash) crashes.set(crash.reason.split("\n").slice(0, 2).join(" "), crash);
  };
  for (const input of seeds) await read(Uint8Array.from(input));
  for (let count = 0; count < cases; count++) await read(mutate(seeds, random));
  return [...crashes.values()];
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(`./corpus/${name}.txt`, import.meta.url));
}

/** Inputs that once broke something, or nearly: one a line, in base64. */
function corpusOf(name: string): readonly Uint8Array<ArrayBuffer>[] {
  const file = fileOf(name);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => Uint8Array.from(Buffer.from(line, "base64")));
}

/** Keeps an input, so that every later run begins with it. */
export function keep(name: string, input: Uint8Array): void {
  const line = Buffer.from(input).toString("base64");
  const file = fileOf(name);
  if (existsSync(file) && readFileSync(file, "utf8").split("\n").includes(line)) return;
  appendFileSync(file, `${line}\n`);
}
