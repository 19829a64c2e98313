/**
 * CPU time that a process has used so far, in milliseconds: the sum over its threads, from the scheduler's own count in
 * nanoseconds (`schedstat`; the clock of `stat` ticks every 10 ms only). Linux.
 */
export declare function cpuMs(pid: number): number;
/** Memory of a process that is in RAM now, in megabytes (10⁶ bytes). */
export declare function rssMb(pid: number): number;
/** Samples a process's memory every 25 ms until `end`; `peak` is the most that was seen, in megabytes. */
export declare function watchRss(pid: number): {
  readonly end: () => void;
  readonly peak: () => number;
};
