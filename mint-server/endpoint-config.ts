import type { EndpointConfig, OptionsConfig } from "./config-schema.ts";
import { pathSegment } from "./providers/address.ts";
import type { Endpoint, EndpointOptions, ModelFacts, Provider } from "./providers/provider.ts";
import { providerById } from "./providers/table.ts";
import { SettingsError } from "./settings-error.ts";

/** Headers that the mint-server sets itself, or that HTTP owns. */
const RESERVED_HEADERS = /^(host|content-length|transfer-encoding|connection|cookie|content-type|accept-encoding)$/;

/** Checks one configured endpoint and fills in what its provider's row knows. `field` leads to it, for errors. */
export function compileEndpoint(config: EndpointConfig, field: string): Endpoint {
  const provider = providerById(config.provider);
  if (!provider) throw new SettingsError(`${field}.provider`, "names no provider of this server");
  const auth = config.auth ?? provider.auth;
  if (auth !== "none" && config.apiKey === undefined && config.headers === undefined) {
    throw new SettingsError(`${field}.apiKey`, "is missing, and no `headers` carry the authority instead");
  }
  if (provider.id === "custom" && !config.models && !config.customModels) {
    throw new SettingsError(`${field}.models`, "a custom endpoint must list its `models` or `customModels`");
  }
  return {
    name: config.name,
    provider,
    baseURL: compileBaseURL(config, provider, field),
    auth,
    ...(config.apiKey === undefined ? {} : { apiKey: checkedSecret(config.apiKey, `${field}.apiKey`) }),
    headers: compileHeaders(config, field),
    ...(config.models ? { models: new Set(config.models) } : {}),
    customModels: compileCustomModels(config, field),
    options: compileOwnOptions(config, provider, field),
    weight: config.weight ?? 1,
    supportsStreaming: config.supportsStreaming ?? true,
  };
}

/** Checks a base URL: `https`, or `http` to a loopback or private address. Returns it without trailing slashes. */
export function checkedBaseURL(value: string, field: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url) throw new SettingsError(field, "is not a URL");
  if (url.username || url.password) throw new SettingsError(field, "must not hold a user name or password");
  if (url.search || url.hash) throw new SettingsError(field, "must not hold a query or fragment");
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isPrivateHost(url.hostname))) {
    throw new SettingsError(field, "must be https, or http to a loopback or private address");
  }
  return url.href.replace(/\/+$/, "");
}

function compileBaseURL(config: EndpointConfig, provider: Provider, field: string): string {
  const value = config.baseURL ?? provider.baseURL;
  if (value === undefined) throw new SettingsError(`${field}.baseURL`, "is missing, and this provider has no default");
  return checkedBaseURL(value, `${field}.baseURL`);
}

function isPrivateHost(hostname: string): boolean {
  if (hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]") return true;
  if (/^\[f[cd][0-9a-f]{2}:/.test(hostname)) return true;
  return /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)\d/.test(hostname) && /^[\d.]+$/.test(hostname);
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

function compileOwnOptions(config: EndpointConfig, { id, optionsField }: Provider, field: string): EndpointOptions {
  if (config.azure && optionsField !== "azure") {
    throw new SettingsError(`${field}.azure`, `does not belong to an endpoint of ${id}`);
  }
  return compileOptions((optionsField && config[optionsField]) ?? {}, `${field}.${optionsField}`);
}

/** Checks what only one provider needs: all of it becomes part of URLs. `field` leads to it, for errors. */
export function compileOptions({ apiVersion, deployments }: OptionsConfig, field: string): EndpointOptions {
  if (apiVersion !== undefined && !/^[\w.-]+$/.test(apiVersion)) {
    throw new SettingsError(`${field}.apiVersion`, "must be a version such as 2024-10-21");
  }
  for (const [model, name] of Object.entries(deployments ?? {})) {
    if (pathSegment(name) === undefined) {
      throw new SettingsError(`${field}.deployments.${model}`, "cannot be part of a URL's path");
    }
  }
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(deployments === undefined ? {} : { deployments: new Map(Object.entries(deployments)) }),
  };
}

/** A value that is to travel in a header. */
export function checkedSecret(value: string, field: string): string {
  if (!/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value)) {
    throw new SettingsError(field, "holds characters that no header can carry, or begins or ends with a space");
  }
  return value;
}

function compileCustomModels(config: EndpointConfig, field: string): ReadonlyMap<string, ModelFacts> {
  const models = new Map<string, ModelFacts>();
  for (const [id, custom] of Object.entries(config.customModels ?? {})) {
    if (custom.format !== "openai") {
      throw new SettingsError(`${field}.customModels.${id}.format`, "this version speaks only `openai` to an endpoint");
    }
    const { inputCostPerMillionTokens, outputCostPerMillionTokens } = custom;
    models.set(id, {
      flavor: custom.flavor,
      format: custom.format,
      multimodal: custom.multimodal ?? false,
      ...(inputCostPerMillionTokens === undefined ? {} : { inputCostPerMillionTokens }),
      ...(outputCostPerMillionTokens === undefined ? {} : { outputCostPerMillionTokens }),
    });
  }
  return models;
}
