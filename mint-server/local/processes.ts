import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** A running process. */
export interface ProcessFacts {
  readonly parent: number;
  /** Its command line, arguments separated by spaces. */
  readonly command: string;
}

/** What the system knows of a process; `undefined` if none of this id runs. */
export function describeProcess(pid: number): ProcessFacts | undefined {
  // Small Linux images have no `ps`; other systems have no `/proc`.
  return existsSync("/proc/self/status") ? fromProc(pid) : fromPs(pid);
}

function fromProc(pid: number): ProcessFacts | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const field = (name: string): string => new RegExp(`^${name}:\\s*(\\w+)`, "m").exec(status)?.[1] ?? "";
    // One that has ended keeps its entry until its parent asks how. Only when its last thread is gone are its files closed.
    if (/[ZX]/.test(field("State")) && Number(field("Threads")) <= 1) return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    return { parent: Number(field("PPid")), command };
  } catch {
    return undefined;
  }
}

function fromPs(pid: number): ProcessFacts | undefined {
  const { stdout } = spawnSync("ps", ["-ww", "-o", "ppid=,args=", "-p", String(pid)], { encoding: "utf8" });
  const [, parent, command] = /^\s*(\d+)\s+(.*)$/m.exec(stdout ?? "") ?? [];
  return parent === undefined || command === undefined ? undefined : { parent: Number(parent), command };
}
