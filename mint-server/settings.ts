import type { MintServerConfig } from "./config.ts";
import { checkedOrigin, checkedProjectKey, compileConfig } from "./config.ts";
import type { OptionsConfig, OrgConfig } from "./config-schema.ts";
import { impliedEndpoint, readBaseURL, readMembers } from "./implied-endpoint.ts";
import { baseURLSettings, providers } from "./providers/table.ts";
import { type Settings, setting } from "./setting.ts";
import { SettingsError } from "./settings-error.ts";
import { readHeaderPairs, type TelemetryConfig } from "./telemetry/telemetry-config.ts";

export type { Settings };

/** Settings that the server reads besides the providers' keys and base URLs. `npm start` fills in those named `MINTGATE_…`. */
const SETTING_NAMES: readonly string[] = [
  "MINT_SECRET",
  "MINT_CONFIG",
  "MINTGATE_PROJECT_KEY",
  "MINTGATE_SESSIONS",
  "PUBLIC_URL",
  "ALLOWED_ORIGINS",
  "ALLOW_PROVIDER_KEYS",
  "MAX_BODY_BYTES",
  "RESPONSES_TTL_SECONDS",
  "CLIENT_ADDRESS_HEADER",
  "ADMIN_KEY",
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "OTEL_EXPORTER_OTLP_HEADERS",
  "METRICS_KEY",
  "LOG_REQUESTS",
];

/** Every setting that a process must hand on to the Worker: the fixed names, the providers', and what `MINT_CONFIG` refers to. */
export function settingNames(settings: Settings): readonly string[] {
  const names = new Set(SETTING_NAMES);
  for (const provider of providers()) {
    if (provider.keySetting) names.add(provider.keySetting);
    const { optionSettings = {}, secretSettings } = provider;
    const byMember = { ...optionSettings, ...secretSettings?.required, ...secretSettings?.optional };
    for (const name of [...baseURLSettings(provider), ...Object.values(byMember)]) names.add(name);
  }
  for (const [, name] of (setting(settings, "MINT_CONFIG") ?? "").matchAll(/"\$([A-Za-z_][A-Za-z0-9_]*)"/g)) {
    if (name) names.add(name);
  }
  return [...names];
}

/**
 * Reads and checks every setting.
 *
 * @throws {SettingsError} at the first bad one, with one line that names it and shows no value.
 */
export function readSettings(settings: Settings): MintServerConfig {
  const bases = list(settings, "PUBLIC_URL");
  if (bases.length === 0)
    throw new SettingsError("PUBLIC_URL", "is missing; set the origin under which the server is reached");
  const secrets = list(settings, "MINT_SECRET");
  if (secrets.length === 0)
    throw new SettingsError("MINT_SECRET", "is missing; set at least 32 random bytes as base64url");
  const config: MintServerConfig = {
    secrets,
    publicURLs: bases,
    allowProviderKeys: readBoolean(settings, "ALLOW_PROVIDER_KEYS", true),
    ...readMaxBodyBytes(settings),
    ...readResponsesTtl(settings),
    ...readClientAddressHeader(settings),
    ...readAdminKey(settings),
    telemetry: readTelemetry(settings),
    providerBaseURLs: readBaseURLs(settings),
    providerOptions: readProviderOptions(settings),
    orgs: readOrgs(settings),
  };
  compileConfig(config);
  return config;
}

function readOrgs(settings: Settings): Record<string, OrgConfig> {
  const source = setting(settings, "MINT_CONFIG");
  if (source === undefined) return { default: defaultOrg(settings) };
  let parsed: unknown;
  try {
    parsed = JSON.parse(source);
  } catch {
    throw new SettingsError("MINT_CONFIG", "is not valid JSON");
  }
  const resolved = resolveReferences(parsed, settings, "");
  // `compileConfig` checks the shape: the same for settings and for those who pass the object in code.
  return (
    isObject(resolved) && "orgs" in resolved && Object.keys(resolved).length === 1 ? resolved.orgs : refuse(resolved)
  ) as Record<string, OrgConfig>;
}

function refuse(value: unknown): never {
  if (!isObject(value)) throw new SettingsError("MINT_CONFIG", "must be a JSON object");
  const unknown = Object.keys(value).find((key) => key !== "orgs");
  if (unknown !== undefined) throw new SettingsError(`MINT_CONFIG.${unknown}`, "is not a known field");
  throw new SettingsError("MINT_CONFIG.orgs", "is missing");
}

/** Replaces each string `"$NAME"` by that setting's value. */
function resolveReferences(value: unknown, settings: Settings, path: string): unknown {
  if (typeof value === "string" && value.startsWith("$")) {
    const found = setting(settings, value.slice(1));
    if (found === undefined) throw new SettingsError(path, "refers to a setting that is not set");
    return found;
  }
  if (Array.isArray(value)) return value.map((item, index) => resolveReferences(item, settings, `${path}[${index}]`));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      resolveReferences(member, settings, path === "" ? key : `${path}.${key}`),
    ]),
  );
}

/**
 * Without `MINT_CONFIG`: one organisation with the endpoints that the providers' keys imply. Only on one's own machine, where
 * `npm start` says so, may any browser ask for a credential; elsewhere that would give the provider's key's use away.
 */
function defaultOrg(settings: Settings): OrgConfig {
  const projectKey = setting(settings, "MINTGATE_PROJECT_KEY");
  return {
    // Checked here too: an error names the setting, not the field that it becomes.
    ...(projectKey === undefined ? {} : { keys: [checkedProjectKey(projectKey, "MINTGATE_PROJECT_KEY")] }),
    origins: list(settings, "ALLOWED_ORIGINS").map((origin) => checkedOrigin(origin, "ALLOWED_ORIGINS")),
    endpoints: providers().flatMap((provider) => impliedEndpoint(provider, settings)),
    ...(readSessions(settings) === "anonymous" ? { sessions: { authorize: { type: "anonymous" } } } : {}),
  };
}

function readSessions(settings: Settings): "anonymous" | "none" {
  const value = setting(settings, "MINTGATE_SESSIONS") ?? "none";
  if (value === "anonymous" || value === "none") return value;
  throw new SettingsError("MINTGATE_SESSIONS", "must be `anonymous` or `none`");
}

function readProviderOptions(settings: Settings): Record<string, Partial<OptionsConfig>> {
  const entries = providers().flatMap((provider) => {
    const options = readMembers(provider.optionSettings, settings);
    return options ? [[provider.id, options] as const] : [];
  });
  return Object.fromEntries(entries);
}

function readBaseURLs(settings: Settings): Record<string, string> {
  const bases: Record<string, string> = {};
  for (const provider of providers()) {
    const value = readBaseURL(provider, settings);
    if (value !== undefined) bases[provider.id] = value;
  }
  return bases;
}

function readResponsesTtl(settings: Settings): { readonly responsesTtlSeconds?: number } {
  const value = setting(settings, "RESPONSES_TTL_SECONDS");
  return value === undefined ? {} : { responsesTtlSeconds: Number(value) };
}

function readMaxBodyBytes(settings: Settings): { readonly maxBodyBytes?: number } {
  const value = setting(settings, "MAX_BODY_BYTES");
  return value === undefined ? {} : { maxBodyBytes: Number(value) };
}

function readClientAddressHeader(settings: Settings): { readonly clientAddressHeader?: string } {
  const clientAddressHeader = setting(settings, "CLIENT_ADDRESS_HEADER");
  return clientAddressHeader === undefined ? {} : { clientAddressHeader };
}

function readAdminKey(settings: Settings): { readonly adminKey?: string } {
  const adminKey = setting(settings, "ADMIN_KEY");
  return adminKey === undefined ? {} : { adminKey };
}

function readTelemetry(settings: Settings): TelemetryConfig {
  const endpoint = setting(settings, "OTEL_EXPORTER_OTLP_ENDPOINT");
  const metricsKey = setting(settings, "METRICS_KEY");
  return {
    ...(endpoint !== undefined && { endpoint }),
    headers: readHeaderPairs(setting(settings, "OTEL_EXPORTER_OTLP_HEADERS") ?? ""),
    ...(metricsKey !== undefined && { metricsKey }),
    logsRequests: readBoolean(settings, "LOG_REQUESTS", false),
  };
}

function readBoolean(settings: Settings, name: string, fallback: boolean): boolean {
  const value = setting(settings, name);
  if (value === undefined) return fallback;
  if (value === "true") return true;
  if (value === "false") return false;
  throw new SettingsError(name, "must be `true` or `false`");
}

function list(settings: Settings, name: string): string[] {
  const value = setting(settings, name);
  return value === undefined
    ? []
    : value
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== "");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
