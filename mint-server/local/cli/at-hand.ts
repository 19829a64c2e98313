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

/** `MINT_SECRET`, and whether `npm start` made it. */
export interface Secret {
  readonly value: string;
  readonly isKept: boolean;
}

/**
 * The secret at hand: in the environment, in `.dev.vars`, or in the state folder of `npm start`. Undefined where there is
 * none; nothing is written.
 *
 * @throws {SettingsError} if the state folder cannot be read.
 */
export function secretAtHand(terminal: Terminal): Secret | undefined {
  const env = readEnvironment(terminal);
  const given = env.MINT_SECRET?.trim();
  if (given) return { value: given, isKept: false };
  const kept = readKept(stateFolder(env, terminal), "mint-secret");
  return kept === undefined ? undefined : { value: kept, isKept: true };
}

/**
 * The settings of the mint-server whose secret is at hand, with what `npm start` fills in by itself if it made that
 * secret. Undefined where there is none.
 *
 * @throws {SettingsError} if what is there cannot be read.
 */
export function settingsAtHand(terminal: Terminal): Environment | undefined {
  const secret = secretAtHand(terminal);
  if (!secret) return undefined;
  const env = withConfigText(readEnvironment(terminal));
  // Only `npm start` finds its address out; a secret from elsewhere is that of a server elsewhere.
  return { ...env, MINT_SECRET: secret.value, ...(secret.isKept && keptSettings(env, terminal)) };
}

function keptSettings(env: Environment, terminal: Terminal): Environment {
  const wantsKey = !env.MINT_CONFIG?.trim() && !env.MINTGATE_PROJECT_KEY?.trim();
  const projectKey = wantsKey ? readKept(stateFolder(env, terminal), "project-key") : undefined;
  return {
    ...(!env.PUBLIC_URL?.trim() && { PUBLIC_URL: originsAtStart(env) }),
    ...(projectKey !== undefined && { MINTGATE_PROJECT_KEY: projectKey }),
  };
}

function stateFolder(env: Environment, { folder }: Terminal): string {
  return resolve(folder, env.MINTGATE_STATE?.trim() || ".mintgate");
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
