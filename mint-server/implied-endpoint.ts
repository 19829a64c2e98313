import { checkedBaseURL, checkedSecret } from "./checked-values.ts";
import type { EndpointConfig } from "./config-schema.ts";
import type { Provider } from "./providers/provider.ts";
import { baseURLSettings } from "./providers/table.ts";
import { type Settings, setting } from "./setting.ts";
import { SettingsError } from "./settings-error.ts";

/**
 * The endpoint that a provider's settings make: one, or none where they are not set.
 *
 * @throws {SettingsError} if only half of what belongs together is set, with the name of what is missing.
 */
export function impliedEndpoint(provider: Provider, settings: Settings): EndpointConfig[] {
  const apiKey = readKey(provider, settings);
  const secrets = apiKey === undefined ? readSecrets(provider, settings) : undefined;
  const baseURL = readBaseURL(provider, settings);
  const implied = provider.auth === "none" ? baseURL : (apiKey ?? secrets);
  // A project or a region alone says nothing: other tools of the same cloud read those settings, too.
  if (implied === undefined) return [];
  const missing = missingSetting(provider, { settings, baseURL, signs: secrets !== undefined });
  if (missing) throw new SettingsError(missing, `is missing; ${keyNames(provider, apiKey)} needs it`);
  const options = { ...readMembers(provider.optionSettings, settings), ...secrets };
  return [
    {
      name: provider.id,
      provider: provider.id,
      ...(apiKey ? { apiKey } : {}),
      ...(baseURL ? { baseURL } : {}),
      ...(provider.optionsField && Object.keys(options).length > 0 ? { [provider.optionsField]: options } : {}),
    },
  ];
}

function readKey({ keySetting }: Provider, settings: Settings): string | undefined {
  const value = keySetting && setting(settings, keySetting);
  return keySetting && value && checkedSecret(value, keySetting);
}

/** @throws {SettingsError} if it is no base URL, with the name of the setting. */
export function readBaseURL(provider: Provider, settings: Settings): string | undefined {
  const name = baseURLSettings(provider).find((candidate) => setting(settings, candidate) !== undefined);
  const value = name && setting(settings, name);
  return name && value && checkedBaseURL(value, name);
}

/** The members whose settings are set; `undefined` if none is. */
export function readMembers(
  byMember: Readonly<Record<string, string>> = {},
  settings: Settings,
): Readonly<Record<string, string>> | undefined {
  const entries = Object.entries(byMember).flatMap(([member, name]) => {
    const value = setting(settings, name);
    return value === undefined ? [] : [[member, value] as const];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** Secrets that make an authority together. */
function readSecrets({ secretSettings }: Provider, settings: Settings): Readonly<Record<string, string>> | undefined {
  if (!secretSettings) return undefined;
  const { required, optional } = secretSettings;
  const secrets = readMembers({ ...required, ...optional }, settings);
  if (!secrets) return undefined;
  const [, missing] = Object.entries(required).find(([member]) => secrets[member] === undefined) ?? [];
  if (missing === undefined) return secrets;
  const present = Object.entries({ ...required, ...optional }).find(([member]) => secrets[member] !== undefined);
  throw new SettingsError(missing, `is missing; ${present?.[1]} needs it`);
}

interface Given {
  readonly settings: Settings;
  readonly baseURL: string | undefined;
  /** True where calls are signed, which takes every option. */
  readonly signs: boolean;
}

/** A setting without which an endpoint that has its key could make no call. */
function missingSetting(provider: Provider, { settings, baseURL, signs }: Given): string | undefined {
  const { optionSettings = {}, needs = [], baseFor } = provider;
  const wanted = baseFor && (signs || baseURL === undefined) ? Object.keys(optionSettings) : needs;
  const missing = wanted.map((member) => optionSettings[member]).find((name) => name && !setting(settings, name));
  if (missing || baseURL !== undefined || provider.baseURL !== undefined || baseFor) return missing;
  return baseURLSettings(provider)[0];
}

function keyNames({ keySetting, secretSettings }: Provider, apiKey: string | undefined): string {
  const [name] = apiKey === undefined ? Object.values(secretSettings?.required ?? {}) : [keySetting];
  return name ?? "it";
}
