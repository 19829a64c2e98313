import { checkedBaseURL, checkedSecret } from "./checked-values.ts";
import type { EndpointConfig } from "./config-schema.ts";
import { compileAuthority, compileOptions } from "./provider-options.ts";
import type { Endpoint, EndpointOptions, ModelFacts, Provider } from "./providers/provider.ts";
import { providerById } from "./providers/table.ts";
import { SettingsError } from "./settings-error.ts";
import { defined } from "./wire/openai/defined.ts";

/** Headers that the mint-server sets itself, or that HTTP owns. */
const RESERVED_HEADERS = /^(host|content-length|transfer-encoding|connection|cookie|content-type|accept-encoding)$/;

/** Checks one configured endpoint and fills in what its provider's row knows. `field` leads to it, for errors. */
export function compileEndpoint(config: EndpointConfig, field: string): Endpoint {
  const provider = providerById(config.provider);
  if (!provider) throw new SettingsError(`${field}.provider`, "names no provider of this server");
  const auth = config.auth ?? provider.auth;
  const options = compileOwnOptions(config, provider, field);
  const { apiKey, authority } = compileKey(config, { options, field });
  if (auth !== "none" && apiKey === undefined && authority === undefined && config.headers === undefined) {
    throw new SettingsError(`${field}.apiKey`, "is missing, and no `headers` carry the authority instead");
  }
  if (provider.id === "custom" && !config.models && !config.customModels) {
    throw new SettingsError(`${field}.models`, "a custom endpoint must list its `models` or `customModels`");
  }
  return {
    name: config.name,
    provider,
    baseURL: compileBaseURL(config, { provider, options, field }),
    auth,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(authority === undefined ? {} : { authority }),
    headers: compileHeaders(config, field),
    ...(config.models ? { models: new Set(config.models) } : {}),
    customModels: compileCustomModels(config),
    options,
    weight: config.weight ?? 1,
    ...defined({ priority: config.priority }),
    ...(config.timeouts && { timeouts: defined(config.timeouts) }),
    ...(config.breaker && { breaker: defined(config.breaker) }),
    supportsStreaming: config.supportsStreaming ?? true,
    ...(config.passesTrace && { passesTrace: true }),
  };
}

/**
 * The address that an endpoint's secrets are sent to; they are not needed to tell.
 *
 * @throws {SettingsError} if a field that it is made of is wrong.
 */
export function baseURLOf(config: EndpointConfig, field: string): string {
  const provider = providerById(config.provider);
  if (!provider) throw new SettingsError(`${field}.provider`, "names no provider of this server");
  return compileBaseURL(config, { provider, options: compileOwnOptions(config, provider, field), field });
}

interface OptionsParts {
  readonly provider: Provider;
  readonly options: EndpointOptions;
  readonly field: string;
}

function compileBaseURL(config: EndpointConfig, { provider, options, field }: OptionsParts): string {
  const value = config.baseURL ?? provider.baseURL ?? provider.baseFor?.(options);
  if (value !== undefined) return checkedBaseURL(value, `${field}.baseURL`);
  if (!provider.baseFor) throw new SettingsError(`${field}.baseURL`, "is missing, and this provider has no default");
  throw new SettingsError(
    `${field}.${provider.optionsField}.${Object.keys(provider.optionSettings ?? {}).at(-1)}`,
    "is missing",
  );
}

const OPTIONS_FIELDS = ["azure", "aws", "google"] as const;

function compileOwnOptions(config: EndpointConfig, provider: Provider, field: string): EndpointOptions {
  const { id, optionsField, needs } = provider;
  const foreign = OPTIONS_FIELDS.find((name) => config[name] !== undefined && name !== optionsField);
  if (foreign) throw new SettingsError(`${field}.${foreign}`, `does not belong to an endpoint of ${id}`);
  const options = compileOptions((optionsField && config[optionsField]) ?? {}, `${field}.${optionsField}`);
  const missing = needs?.find((name) => options[name] === undefined);
  if (missing) throw new SettingsError(`${field}.${optionsField}.${missing}`, "is missing");
  return options;
}

interface KeyParts {
  readonly options: EndpointOptions;
  readonly field: string;
}

/** The endpoint's one key, or what signs in its place. Two of them would leave open which one is used. */
function compileKey(
  { apiKey, aws, google }: EndpointConfig,
  { options, field }: KeyParts,
): Pick<Endpoint, "apiKey" | "authority"> {
  const authority = compileAuthority({ aws, google, options, field });
  const given = [apiKey, google?.accessToken, authority].filter((key) => key !== undefined);
  if (given.length > 1) throw new SettingsError(field, "holds more than one key; an endpoint has one");
  if (authority) return { authority };
  if (apiKey !== undefined) return { apiKey: checkedSecret(apiKey, `${field}.apiKey`) };
  if (google?.accessToken === undefined) return {};
  return { apiKey: checkedSecret(google.accessToken, `${field}.google.accessToken`) };
}

function compileHeaders(config: EndpointConfig, field: string): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(config.headers ?? {})) {
    const lower = name.toLowerCase();
    if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(lower))
      throw new SettingsError(`${field}.headers`, "holds a name that is no header name");
    if (RESERVED_HEADERS.test(lower))
      throw new SettingsError(`${field}.headers.${lower}`, "is set by the server itself");
    headers[lower] = checkedSecret(value, `${field}.headers.${lower}`);
  }
  if (config.organization !== undefined)
    headers["openai-organization"] = checkedSecret(config.organization, `${field}.organization`);
  return Object.freeze(headers);
}

function compileCustomModels({ customModels = {} }: EndpointConfig): ReadonlyMap<string, ModelFacts> {
  const models = new Map<string, ModelFacts>();
  for (const [id, custom] of Object.entries(customModels)) {
    const { flavor, format, multimodal = false, ...figures } = custom;
    models.set(id, { flavor, format, multimodal, ...defined(figures) });
  }
  return models;
}
