import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { SettingsError } from "../settings-error.ts";

/** Settings as text, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `.dev.vars` of a folder, with the process's environment before it. */
export function loadEnvironment(folder: string, processEnv: Environment): Environment {
  const text = readIfThere(join(folder, ".dev.vars"));
  return { ...(text === undefined ? {} : parseEnv(text)), ...processEnv };
}

/**
 * `MINT_CONFIG` as JSON text: its own, or that of the file that it names, relative to the current folder.
 *
 * @throws {SettingsError} if there is no such file.
 */
export function withConfigText(env: Environment): Environment {
  const config = env.MINT_CONFIG?.trim();
  if (!config || config.startsWith("{")) return env;
  const text = readIfThere(resolve(config));
  if (text === undefined)
    throw new SettingsError("MINT_CONFIG", "is neither a JSON object nor the path of a readable file");
  return { ...env, MINT_CONFIG: text };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
