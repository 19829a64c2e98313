import { readdirSync, readFileSync } from "node:fs";

/**
 * CPU time that a process has used so far, in milliseconds: the sum over its threads, from the scheduler's own count in
 * nanoseconds (`schedstat`; the clock of `stat` ticks every 10 ms only). Linux.
 */
export function cpuMs(pid: number): number {
  let nanoseconds = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    try {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "latin1").split(" ")[0]);
    } catch (error) {
      // A thread may end between the listing and the reading.
      if (!(error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")))
        throw error;
    }
  }
  return nanoseconds / 1e6;
}

/** Memory of a process that is in RAM now, in megabytes (10⁶ bytes). */
export function rssMb(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
  if (!match) throw new Error(`process ${pid} has no memory figure`);
  return (Number(match[1]) * 1024) / 1e6;
}

/** Samples a process's memory every 25 ms until `end`; `peak` is the most that was seen, in megabytes. */
export function watchRss(pid: number): { readonly end: () => void; readonly peak: () => number } {
  let peak = rssMb(pid);
  const look = (): void => {
    peak = Math.max(peak, rssMb(pid));
  };
  const timer = setInterval(look, 25);
  return {
    end() {
      clearInterval(timer);
      look();
    },
    peak: () => peak,
  };
}
