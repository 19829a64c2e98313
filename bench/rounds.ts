import type { Crew } from "./crew.ts";
import type { Progress } from "./progress.ts";
import { type Figure, figure, quantile } from "./statistics.ts";
import { cpuMs, watchRss } from "./usage.ts";
import { chatBody, type Order } from "./work.ts";

/** One way to the provider: a server under measurement and how to call it. */
export interface Lane {
  readonly name: string;
  readonly chatURL: string;
  readonly pid: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Makes one proof a request, where the credential is bound. */
  readonly prove?: (count: number) => Promise<readonly string[]>;
  /** False where a server writes answers anew, so that their size may differ. */
  readonly sameBytes?: boolean;
}

/** The load of one block, the same for every lane. */
export interface Work {
  readonly order: Order;
  readonly connections: number;
  readonly requests: number;
  /** How many different questions are asked in turn; one unless given. */
  readonly questions?: number;
}

/** What one block of load took on one lane. */
export interface Block {
  readonly cpuMsPerRequest: number;
  readonly peakRssMb: number;
  readonly firstByteMs: { readonly p50: number; readonly p95: number };
  readonly totalMs: { readonly p50: number; readonly p95: number };
  readonly sizeBytes: number;
}

/** Blocks by lane, in the order of the rounds: entry `i` of every lane was measured in the same round. */
export type Rounds = ReadonlyMap<string, readonly Block[]>;

/** Measures one block. Proofs are made before, out of the timed part. */
export async function measure(
  crew: Crew,
  lane: Lane,
  { order, connections, requests, questions = 1 }: Work,
): Promise<Block> {
  const proofs = await lane.prove?.(requests);
  const { chatURL: url, headers, pid } = lane;
  const bodies = Array.from({ length: questions }, (_, at) => chatBody(order, at));
  const job = { url, headers, connections, requests, bodies, ...(proofs ? { proofs } : {}) };
  const memory = watchRss(pid);
  const before = cpuMs(pid);
  const taken = await crew.run(job).finally(memory.end);
  const usedMs = cpuMs(pid) - before;
  const [sizeBytes, ...others] = taken.sizesBytes;
  if (sizeBytes === undefined || others.length > 0)
    throw new Error(`${lane.name}: answers differ in size: ${taken.sizesBytes}`);
  const quantiles = (values: readonly number[]) => ({ p50: quantile(values, 0.5), p95: quantile(values, 0.95) });
  return {
    cpuMsPerRequest: usedMs / requests,
    peakRssMb: memory.peak(),
    firstByteMs: quantiles(taken.firstByteMs),
    totalMs: quantiles(taken.totalMs),
    sizeBytes,
  };
}

/**
 * Measures every lane once a round, each round starting at another lane, after one block to warm each up. The machine's
 * mood then meets all lanes alike, and ratios are taken within a round.
 */
export async function interleave(
  { crew, lanes, progress }: { readonly crew: Crew; readonly lanes: readonly Lane[]; readonly progress: Progress },
  work: Work,
  rounds: number,
): Promise<Rounds> {
  const blocks = new Map<string, Block[]>(lanes.map((lane) => [lane.name, []]));
  for (const lane of lanes) {
    progress(`warming up ${lane.name}`);
    await measure(crew, lane, {
      ...work,
      requests: Math.max(work.connections, work.questions ?? 0, work.requests >> 1),
    });
  }
  for (let round = 0; round < rounds; round++) {
    for (let at = 0; at < lanes.length; at++) {
      const lane = lanes[(at + round) % lanes.length] as Lane;
      progress(`round ${round + 1} of ${rounds}: ${lane.name}`);
      blocks.get(lane.name)?.push(await measure(crew, lane, work));
    }
  }
  mustCarrySameBytes(lanes, blocks);
  return blocks;
}

function mustCarrySameBytes(lanes: readonly Lane[], rounds: Rounds): void {
  const sizes = lanes
    .filter((lane) => lane.sameBytes !== false)
    .map((lane) => blocksOf(rounds, lane.name)[0]?.sizeBytes);
  if (new Set(sizes).size > 1) throw new Error(`the lanes carried different bytes: ${sizes.join(", ")}`);
}

function blocksOf(rounds: Rounds, lane: string): readonly Block[] {
  const blocks = rounds.get(lane);
  if (!blocks || blocks.length === 0) throw new Error(`nothing was measured on ${lane}`);
  return blocks;
}

/** A lane's figure against the floor's: taken within each round, then the median over the rounds. */
export function against(
  rounds: Rounds,
  { lane, floor }: { readonly lane: string; readonly floor: string },
  compare: (lane: Block, floor: Block) => number,
): Figure {
  const floors = blocksOf(rounds, floor);
  return figure(blocksOf(rounds, lane).map((block, round) => compare(block, floors[round] as Block)));
}

/** A lane's own figure: the median over the rounds. */
export function of(rounds: Rounds, lane: string, read: (block: Block) => number): Figure {
  return figure(blocksOf(rounds, lane).map(read));
}
