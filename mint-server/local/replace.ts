import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { importsOf } from "./modules.ts";

/** Where a bundle was made, where it is to be, and its entry's name in both. */
export interface Replacement {
  readonly from: string;
  readonly to: string;
  readonly entry: string;
}

/**
 * Moves a bundle's entry and modules into a folder, in the place of those of an earlier build. At every moment whoever
 * reads the entry there finds the modules that it imports, or else a newer entry.
 */
export function replaceModules({ from, to, entry }: Replacement): void {
  const names = readdirSync(from).filter((name) => name.endsWith(".js"));
  const prefix = entry.replace(/\.js$/, "-");
  const isOwn = (name: string): boolean => name.startsWith(prefix) && name.endsWith(".js");
  const imported = new Set(names.flatMap((name) => allImports(join(from, name))));
  // Who serves a bundle reads in it which modules it has: that has to be what the bundler made.
  const differing = [...new Set([...imported, ...names])].filter(
    (name) => isOwn(name) && imported.has(name) !== names.includes(name),
  );
  if (differing.length > 0) throw new Error(`${entry} is not seen to import what was made: ${differing.join(", ")}`);
  for (const name of names) if (name !== entry) renameSync(join(from, name), join(to, name));
  renameSync(join(from, entry), join(to, entry));
  const isStale = (name: string): boolean => isOwn(name) && !names.includes(name);
  for (const name of readdirSync(to).filter(isStale)) rmSync(join(to, name), { force: true });
}

function allImports(path: string): readonly string[] {
  const { atOnce, onDemand } = importsOf(readFileSync(path, "utf8"));
  return [...atOnce, ...onDemand];
}

/** Moves a folder into the place of another. */
export function replaceFolder(from: string, to: string): void {
  const old = `${from}-old`;
  if (existsSync(to)) renameSync(to, old);
  try {
    renameSync(from, to);
  } catch (error) {
    // Another build of the same sources was first; its folder is as good as ours.
    if (!existsSync(to)) throw error;
  }
  rmSync(old, { recursive: true, force: true });
}
