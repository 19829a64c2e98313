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
    const parent = /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    // One that has ended, and whose parent has not asked how, still has an entry, but no command line.
    return command === "" ? undefined : { parent: Number(parent), command };
  } catch {
    return undefined;
  }
}

function fromPs(pid: number): ProcessFacts | undefined {
  const { stdout } = spawnSync("ps", ["-ww", "-o", "ppid=,args=", "-p", String(pid)], { encoding: "utf8" });
  const [, parent, command] = /^\s*(\d+)\s+(.*)$/m.exec(stdout ?? "") ?? [];
  return parent === undefined || command === undefined ? undefined : { parent: Number(parent), command };
}
