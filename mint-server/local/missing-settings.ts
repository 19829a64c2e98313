import type { Environment } from "./environment.ts";

export interface DeployedSettings {
  /** Settings on this machine: they tell what the configuration refers to, and are not deployed themselves. */
  readonly env: Environment;
  /** Names of the settings that the deployed Worker has. */
  readonly known: ReadonlySet<string>;
}

/** Names of the settings that the deployed Worker could not start without. */
export function missingSettings({ env, known }: DeployedSettings): string[] {
  const config = env.MINT_CONFIG?.trim();
  const needed = ["MINT_SECRET", "PUBLIC_URL", ...(config ? ["MINT_CONFIG", ...references(config)] : [])];
  return [...new Set(needed)].filter((name) => !known.has(name));
}

/** Names of the settings that a configuration reads with `"$NAME"`. */
function references(config: string): string[] {
  const names: string[] = [];
  JSON.parse(config, (_key, value: unknown) => {
    if (typeof value === "string" && value.startsWith("$")) names.push(value.slice(1));
    return value;
  });
  return names;
}
