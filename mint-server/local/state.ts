import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { SettingsError } from "../settings-error.ts";
import { describeProcess } from "./processes.ts";

/** What a server keeps between its starts. Readable by its owner only. */
export interface State {
  readonly folder: string;
  /** Databases of the Durable Objects. */
  readonly objects: string;
}

/** Makes a state folder, or opens one that is there. */
export function openState(folder: string): State {
  const state = { folder, objects: join(folder, "objects") };
  for (const path of Object.values(state)) mkdirSync(path, { recursive: true, mode: 0o700 });
  // It holds secrets, and stands in the folder of somebody's project.
  writePrivate(state, ".gitignore", "*\n");
  return state;
}

/** `prefix` and 32 random bytes as base64url, made at the first call and the same from then on. */
export function keptSecret(state: State, { name, prefix = "" }: { name: string; prefix?: string }): string {
  const path = join(state.folder, name);
  try {
    // `wx`: of two servers that start at once, one makes it and the other reads it.
    writeFileSync(path, `${prefix}${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
  }
  return readFileSync(path, "utf8").trim();
}

/** Writes a file that only its owner can read. */
function writePrivate(state: State, name: string, text: string): string {
  const path = join(state.folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const CONFIG = "workerd.capnp";
const OWNER = "server.pid";

/** Writes the configuration that workerd runs on; returns its path. */
export function writeConfig(state: State, text: string): string {
  return writePrivate(state, CONFIG, text);
}

/**
 * Writes the modules that workerd runs on, in the place of an earlier start's: a build may replace what they were read
 * from at any moment.
 */
export function writeModules(
  state: State,
  modules: readonly { readonly name: string; readonly code: string }[],
): { readonly name: string; readonly path: string }[] {
  const folder = join(state.folder, "modules");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o700 });
  // Not as scripts: this stands in the folder of an app, whose linters and type checkers would read them.
  const fileOf = (name: string): string => join("modules", `${name}.txt`);
  return modules.map(({ name, code }) => ({ name, path: writePrivate(state, fileOf(name), code) }));
}

/** Notes which workerd runs on a state folder, and under which Node process. */
export function claimState(state: State, workerdPid: number): void {
  writePrivate(state, OWNER, `${process.pid} ${workerdPid}\n`);
}

/** Undoes {@link claimState}. */
export function releaseState(state: State): void {
  rmSync(join(state.folder, OWNER), { force: true });
}

/**
 * Ends a workerd that outlived its Node process (which was killed outright), so that its port and databases are free.
 *
 * @throws {SettingsError} if a living server uses the folder: two would write the same databases.
 */
export async function reclaimState(state: State): Promise<void> {
  const [nodePid, workerdPid] = readOwner(state);
  if (!nodePid || !workerdPid) return;
  const running = describeProcess(workerdPid);
  // Process ids are used again: only what was started on this very configuration is ours to end.
  if (!running?.command.includes(join(state.folder, CONFIG))) return;
  if (running.parent === nodePid) {
    throw new SettingsError("MINTGATE_STATE", `a server that runs already (process ${nodePid}) uses this folder`);
  }
  process.kill(workerdPid, "SIGKILL");
  while (describeProcess(workerdPid)) await delay(5);
}

function readOwner(state: State): number[] {
  try {
    return readFileSync(join(state.folder, OWNER), "utf8").trim().split(" ").map(Number);
  } catch {
    return [];
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
