import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** A module of a bundle. */
export interface BuiltModule {
  /** As the others import it, without `./`. */
  readonly name: string;
  readonly code: string;
  /** False for the entry and for all that loads along with it. */
  readonly onDemand: boolean;
}

/**
 * An import by a module of a bundle, on demand where a parenthesis follows. Only of names that bundles are given: the
 * documentation, which one of the modules carries, imports others in its examples.
 */
const IMPORT = /\b(?:from|import)\s*(\(?)\s*["'`]\.\/((?:mint-server|local-entry|mintgate)(?:-[\w.-]+)?\.js)["'`]/g;

/** Names of the modules that a built module imports. */
export function importsOf(code: string): { readonly atOnce: readonly string[]; readonly onDemand: readonly string[] } {
  const found = [...code.matchAll(IMPORT)].map(([, parenthesis, name = ""]) => ({
    name,
    onDemand: parenthesis === "(",
  }));
  return {
    atOnce: found.filter((item) => !item.onDemand).map((item) => item.name),
    onDemand: found.filter((item) => item.onDemand).map((item) => item.name),
  };
}

/**
 * The entry and every module that it can come to import, all of one build: who replaces a bundle puts the modules down
 * before the entry, under names that change with what they hold, and takes the old ones away after it.
 *
 * @param entry path of the entry
 * @throws {Error} of code `ENOENT` if one of them is not there.
 */
export function readModules(entry: string): readonly BuiltModule[] {
  for (let missing: unknown; ; ) {
    try {
      return read(entry);
    } catch (error) {
      const path = missingFile(error);
      // Taken away by another build since the entry was read: then there is a newer entry, which has others.
      if (path === undefined || path === missing) throw error;
      missing = path;
    }
  }
}

function read(entry: string): readonly BuiltModule[] {
  const modules = new Map<string, BuiltModule>();
  const later: string[] = [];
  const add = (name: string, onDemand: boolean): void => {
    if (modules.has(name)) return;
    const code = readFileSync(join(dirname(entry), name), "utf8");
    modules.set(name, { name, code, onDemand });
    const imports = importsOf(code);
    for (const imported of imports.atOnce) add(imported, onDemand);
    later.push(...imports.onDemand);
  };
  add(basename(entry), false);
  // Grows while it is walked.
  for (const name of later) add(name, true);
  return [...modules.values()];
}

/** Path of the file whose absence an error reports. */
function missingFile(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "ENOENT") return undefined;
  return "path" in error ? error.path : undefined;
}
