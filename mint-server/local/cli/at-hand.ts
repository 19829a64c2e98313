import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { SettingsError } from "../../settings-error.ts";
import { originsOf, readAddress } from "../address.ts";
import { type Environment, loadEnvironment, withConfigText } from "../environment.ts";
import type { Terminal } from "./terminal.ts";

/** The process's environment, with `.dev.vars` of the current folder behind it. */
export function readEnvironment({ env, folder }: Terminal): Environment {
  return loadEnvironment(folder, env);
}

/**
 * The settings of the mint-server whose secret is at hand: in the environment, in `.dev.vars`, or in the state folder of
 * `npm start`, which also says what that fills in by itself. Undefined where there is no secret. Writes nothing.
 *
 * @throws {SettingsError} if what is there cannot be read.
 */
export function settingsAtHand(terminal: Terminal): Environment | undefined {
  const env = readEnvironment(terminal);
  const state = resolve(terminal.folder, env.MINTGATE_STATE?.trim() || ".mintgate");
  const kept = readKept(state, "mint-secret");
  const given = env.MINT_SECRET?.trim();
  if (!given && kept === undefined) return undefined;
  const projectKey = readKept(state, "project-key");
  const wantsKey = !env.MINT_CONFIG?.trim() && !env.MINTGATE_PROJECT_KEY?.trim();
  return {
    ...withConfigText(env),
    ...(!given && { MINT_SECRET: kept }),
    // Only `npm start` finds its address out; a secret from elsewhere is that of a server elsewhere.
    ...(!given && !env.PUBLIC_URL?.trim() && { PUBLIC_URL: originsAtStart(env) }),
    ...(!given && wantsKey && projectKey !== undefined && { MINTGATE_PROJECT_KEY: projectKey }),
  };
}

function originsAtStart(env: Environment): string {
  const address = readAddress(env);
  if (address.port === 0) throw new SettingsError("PUBLIC_URL", "is missing, and PORT does not tell it");
  return originsOf(address).join(",");
}

function readKept(folder: string, name: string): string | undefined {
  try {
    return readFileSync(join(folder, name), "utf8").trim() || undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
      return undefined;
    throw new SettingsError("MINTGATE_STATE", `\`${name}\` in that folder cannot be read`);
  }
}
