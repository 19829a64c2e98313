import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const children = new Set<ChildProcess>();
const pids = new Set<number>();
const folders = new Set<string>();

/** Remembers a child so that it ends with this process, however this process ends. */
export function track<Child extends ChildProcess>(child: Child): Child {
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

/** The same for a process that another part of the project started and hands out by its id. */
export function trackPid(pid: number): number {
  pids.add(pid);
  return pid;
}

/** Ends a process by its id if it still runs. */
function killPid(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}

/** A new folder for this run, removed with it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "mintgate-bench-"));
  folders.add(folder);
  return folder;
}

/** Ends one child and waits until it is gone. */
export async function stop(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await gone;
}

/** Ends everything that this run started: at its end, when it fails, and when it is interrupted. */
export function cleanUpAtExit(): void {
  process.once("exit", () => {
    for (const child of children) child.kill("SIGKILL");
    for (const pid of pids) killPid(pid);
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));
}

/** Resolves with the first truthy answer of `probe`, asked every `everyMs`; rejects after `withinMs`. */
export async function until<Answer>(
  probe: () => Promise<Answer | undefined | false> | Answer | undefined | false,
  { what, everyMs = 50, withinMs = 30_000 }: { what: string; everyMs?: number; withinMs?: number },
): Promise<Answer> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
