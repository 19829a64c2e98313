import type { Timing } from "../../mint-server/providers/timing.ts";

/** The time and chance of a simulation: nothing in it takes any, and equal seeds make equal runs. */
export interface SimulatedClock extends Timing {
  /** Runs until nothing is left to do. */
  run(): Promise<void>;
}

export function createSimulatedClock(seed: number): SimulatedClock {
  const queue = createQueue();
  let time = 0;
  return {
    now: () => time,
    random: createRandom(seed),
    after: (ms, call) => queue.add(time + Math.max(0, ms), call),
    async run() {
      for (let due = queue.take(); due; due = queue.take()) {
        time = due.at;
        due.call();
        // Whoever waits for a promise goes on before the time does.
        if (queue.isIdle || due.at !== queue.nextAt) await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

/** The same numbers for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Due {
  readonly at: number;
  readonly order: number;
  readonly call: () => void;
  isOff: boolean;
}

/** A binary heap by time, and by order of arrival at equal times. */
function createQueue() {
  const heap: Due[] = [];
  let count = 0;
  const isBefore = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
  const at = (index: number): Due => heap[index] as Due;
  const swap = (one: number, other: number): void => {
    [heap[one], heap[other]] = [at(other), at(one)];
  };
  const sink = (index: number): void => {
    const least = [index, 2 * index + 1, 2 * index + 2]
      .filter((each) => each < heap.length)
      .reduce((best, each) => (isBefore(at(each), at(best)) ? each : best));
    if (least === index) return;
    swap(index, least);
    sink(least);
  };
  return {
    add(when: number, call: () => void): () => void {
      const due: Due = { at: when, order: count++, call, isOff: false };
      heap.push(due);
      for (let index = heap.length - 1; index > 0; ) {
        const parent = (index - 1) >> 1;
        if (!isBefore(at(index), at(parent))) break;
        swap(index, parent);
        index = parent;
      }
      return () => {
        due.isOff = true;
      };
    },
    take(): Due | undefined {
      for (;;) {
        const first = heap[0];
        const last = heap.pop();
        if (!first || !last) return undefined;
        if (heap.length > 0) {
          heap[0] = last;
          sink(0);
        }
        if (!first.isOff) return first;
      }
    },
    get isIdle() {
      return heap.length === 0;
    },
    get nextAt() {
      return heap[0]?.at;
    },
  };
}
