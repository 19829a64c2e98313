import * as v from "valibot";
import { checkedBaseURL, checkedSecret } from "./checked-values.ts";
import { type MintConfig, mintConfigSchema, type OptionsConfig, type OrgConfig } from "./config-schema.ts";
import { fromBase64url } from "./contract/bytes.ts";
import type { Limits } from "./contract/credential.ts";
import { DEFAULT_MAX_BODY_BYTES } from "./contract/endpoints.ts";
import type { Template } from "./credentials/template.ts";
import { compileEndpoint } from "./endpoint-config.ts";
import { compileOptions } from "./provider-options.ts";
import type { JsModel } from "./providers/js-model.ts";
import type { Endpoint, EndpointOptions } from "./providers/provider.ts";
import { providerById, providers } from "./providers/table.ts";
import type { JsVoice } from "./realtime/js-voice.ts";
import { compileSessions, type SessionPolicy } from "./session-config.ts";
import { SettingsError } from "./settings-error.ts";
import { compileTelemetry, type TelemetryConfig } from "./telemetry/telemetry-config.ts";
import { compileTemplates } from "./template-config.ts";

/** What `createMintServer` takes: the object of `MINT_CONFIG`, and what settings hold beside it. */
export interface MintServerConfig extends MintConfig {
  /** `MINT_SECRET`, newest first: each at least 32 random bytes as base64url. */
  readonly secrets: readonly string[];
  /** Origins under which the server is reached, the main one first. Proofs and credentials are checked against them. */
  readonly publicURLs: readonly string[];
  /** Whether a caller may bring a provider's own key; true unless given. */
  readonly allowProviderKeys?: boolean;
  /** Bases for callers who bring a provider's key, by provider id; the provider's own unless given. */
  readonly providerBaseURLs?: Readonly<Record<string, string>>;
  /** What some providers need to be told, for the same callers, by provider id. */
  readonly providerOptions?: Readonly<Record<string, Partial<OptionsConfig>>>;
  /** Largest body accepted, in bytes: 1 MiB unless given. Bodies with images, audio or files may be larger. */
  readonly maxBodyBytes?: number;
  /**
   * How long translated answers to Responses calls are kept for requests that name them, in seconds: 30 days unless given, as
   * OpenAI does; 0: not at all.
   */
  readonly responsesTtlSeconds?: number;
  /** Header in which a proxy in front of the server names the caller's address; unless given, only Cloudflare is believed. */
  readonly clientAddressHeader?: string;
  /** Models that are functions, by id; every organisation may use them. */
  readonly models?: Readonly<Record<string, JsModel>>;
  /** Realtime voices that are functions, by id; every organisation may use them. */
  readonly voices?: Readonly<Record<string, JsVoice>>;
  /** Opens the admin API: at least 32 characters. */
  readonly adminKey?: string;
  /** What is told of requests, and to whom; nothing unless given. */
  readonly telemetry?: TelemetryConfig;
}

/** Not every caller is checked by TypeScript, and a switch that is misspelt must not count as absent. */
const FIELDS = {
  secrets: true,
  publicURLs: true,
  allowProviderKeys: true,
  providerBaseURLs: true,
  providerOptions: true,
  maxBodyBytes: true,
  responsesTtlSeconds: true,
  clientAddressHeader: true,
  models: true,
  voices: true,
  adminKey: true,
  telemetry: true,
  orgs: true,
} as const satisfies Record<keyof MintServerConfig, true>;

/** An organisation, checked and ready to serve. */
export interface Org {
  readonly name: string;
  readonly origins: ReadonlySet<string>;
  readonly endpoints: readonly Endpoint[];
  readonly sessions?: SessionPolicy;
  /** What all of its subjects may use up together, with `per`. */
  readonly limits?: Limits;
  /** Ledgers among which its subjects are spread; one unless given. */
  readonly ledgerShards?: number;
  readonly templates: ReadonlyMap<string, Template>;
  /** Whether its subjects answer each other from the edge cache. */
  readonly sharesCache: boolean;
  /** Whether spans hold what was asked and answered. */
  readonly logsContent: boolean;
}

/** The configuration, checked. Everything that a request looks up is a map or a set. */
export interface ServerConfig {
  readonly secrets: readonly Uint8Array<ArrayBuffer>[];
  readonly publicURLs: readonly string[];
  readonly allowProviderKeys: boolean;
  readonly providerBaseURLs: ReadonlyMap<string, string>;
  readonly providerOptions: ReadonlyMap<string, EndpointOptions>;
  readonly maxBodyBytes: number;
  readonly responsesTtlSeconds: number;
  /** Lower case. */
  readonly clientAddressHeader: string | undefined;
  readonly models: ReadonlyMap<string, JsModel>;
  readonly voices: ReadonlyMap<string, JsVoice>;
  readonly adminKey: string | undefined;
  readonly telemetry: TelemetryConfig | undefined;
  readonly orgs: ReadonlyMap<string, Org>;
  /** Organisations by project key; a key may belong to several. */
  readonly orgsByKey: ReadonlyMap<string, readonly Org[]>;
  /** Every origin that any organisation allows, and the server's own. */
  readonly origins: ReadonlySet<string>;
}

const MIN_PROJECT_KEY_LENGTH = 16;
const MIN_ADMIN_KEY_LENGTH = 32;
const MIN_SECRET_BYTES = 32;
/** A body is held whole while it is checked and sent. */
const MAX_BODY_BYTES_ALLOWED = 64 * 1024 * 1024;
const DEFAULT_RESPONSES_TTL_SECONDS = 30 * 86400;
const MAX_RESPONSES_TTL_SECONDS = 365 * 86400;

/**
 * Checks a configuration and builds the look-ups that requests use.
 *
 * @throws {SettingsError} at the first field that is wrong.
 */
export function compileConfig(config: MintServerConfig): ServerConfig {
  const unknown = Object.keys(config).find((field) => !Object.hasOwn(FIELDS, field));
  if (unknown !== undefined) throw new SettingsError(unknown, "is not a known field");
  const configs = parseOrgs(config.orgs);
  const publicURLs = config.publicURLs.map((url) => checkedOrigin(url, "PUBLIC_URL"));
  if (publicURLs.length === 0) throw new SettingsError("PUBLIC_URL", "is missing");
  const providerOptions = compileProviderOptions(config);
  const { orgs, orgsByKey } = compileOrgs(configs, publicURLs);
  return {
    secrets: config.secrets.map((secret) => checkedMintSecret(secret)),
    publicURLs,
    allowProviderKeys: config.allowProviderKeys ?? true,
    providerBaseURLs: compileBaseURLs(config, providerOptions),
    providerOptions,
    maxBodyBytes: checkedMaxBodyBytes(config.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES),
    responsesTtlSeconds: checkedResponsesTtl(config.responsesTtlSeconds ?? DEFAULT_RESPONSES_TTL_SECONDS),
    clientAddressHeader: checkedHeaderName(config.clientAddressHeader),
    models: new Map(Object.entries(config.models ?? {})),
    voices: new Map(Object.entries(config.voices ?? {})),
    adminKey: checkedAdminKey(config.adminKey),
    telemetry: compileTelemetry(config.telemetry),
    orgs,
    orgsByKey,
    origins: new Set([...publicURLs, ...[...orgs.values()].flatMap((org) => [...org.origins])]),
  };
}

/**
 * Checks organisations, wherever they come from.
 *
 * @throws {SettingsError} at the first field that is wrong.
 */
export function compileOrgs(
  configs: MintConfig["orgs"],
  publicURLs: readonly string[],
): Pick<ServerConfig, "orgs" | "orgsByKey"> {
  const orgs = new Map<string, Org>();
  const orgsByKey = new Map<string, Org[]>();
  for (const [name, org] of Object.entries(configs)) {
    const compiled = compileOrg(name, org, publicURLs);
    orgs.set(name, compiled);
    for (const [index, key] of (org.keys ?? []).entries()) {
      const checked = checkedProjectKey(key, `orgs.${name}.keys[${index}]`);
      orgsByKey.set(checked, [...(orgsByKey.get(checked) ?? []), compiled]);
    }
  }
  return { orgs, orgsByKey };
}

/**
 * Checks the shape of organisations, and nothing else of them.
 *
 * @param given what `orgs` of `MINT_CONFIG` holds
 * @throws {SettingsError} at the first field that is wrong.
 */
export function parseOrgs(given: unknown): MintConfig["orgs"] {
  const parsed = v.safeParse(mintConfigSchema, { orgs: given });
  if (!parsed.success) throw schemaError(parsed.issues[0]);
  return parsed.output.orgs;
}

function compileOrg(name: string, org: OrgConfig, publicURLs: readonly string[]): Org {
  const field = `orgs.${name}`;
  const endpoints = (org.endpoints ?? []).map((endpoint, index) =>
    compileEndpoint(endpoint, `${field}.endpoints[${index}]`),
  );
  const names = new Set<string>();
  for (const [index, endpoint] of endpoints.entries()) {
    if (names.has(endpoint.name)) throw new SettingsError(`${field}.endpoints[${index}].name`, "is used twice");
    names.add(endpoint.name);
  }
  const origins = (org.origins ?? []).map((origin, index) => checkedOrigin(origin, `${field}.origins[${index}]`));
  const templates = compileTemplates(org.templates ?? {}, `${field}.templates`);
  return {
    name,
    endpoints,
    origins: new Set([...publicURLs, ...origins]),
    templates,
    sharesCache: org.cache === "org",
    logsContent: org.logging?.content === true,
    ...(org.limits && { limits: compileLimits(org.limits, `${field}.limits`) }),
    ...(org.ledgerShards && { ledgerShards: checkedShards(org, field) }),
    ...(org.sessions && { sessions: compileSessions(org.sessions, templates, `${field}.sessions`) }),
  };
}

/** An organisation has no credentials of its own to count by. */
function compileLimits(limits: Limits, field: string): Limits {
  if (limits.per === "credential") throw new SettingsError(`${field}.per`, "must be hour, day, month or total");
  return { per: "day", ...limits };
}

/** A minute that slides cannot be leased by the slice. */
function checkedShards({ ledgerShards = 1, limits }: OrgConfig, field: string): number {
  if (ledgerShards > 1 && limits?.requestsPerMinute !== undefined)
    throw new SettingsError(
      `${field}.ledgerShards`,
      "must be 1 where the organisation's limits have requestsPerMinute",
    );
  return ledgerShards;
}

/** Bases of the providers that a caller's own key can reach: not of one whose URLs need more than is configured. */
function compileBaseURLs(
  { providerBaseURLs = {} }: MintServerConfig,
  options: ReadonlyMap<string, EndpointOptions>,
): ReadonlyMap<string, string> {
  const unknown = Object.keys(providerBaseURLs).find((id) => !providerById(id));
  if (unknown !== undefined) throw new SettingsError(`providerBaseURLs.${unknown}`, "names no provider of this server");
  const bases = new Map<string, string>();
  for (const { id, baseFor, needs = [] } of providers()) {
    const known = options.get(id) ?? {};
    const given = Object.hasOwn(providerBaseURLs, id) ? providerBaseURLs[id] : undefined;
    const baseURL = given === undefined ? baseFor?.(known) : checkedBaseURL(given, `${id.toUpperCase()}_BASE_URL`);
    if (baseURL !== undefined && needs.every((name) => known[name] !== undefined)) bases.set(id, baseURL);
  }
  return bases;
}

function compileProviderOptions(config: MintServerConfig): ReadonlyMap<string, EndpointOptions> {
  const entries = Object.entries(config.providerOptions ?? {});
  return new Map(entries.map(([id, options]) => [id, compileOptions(options, `providerOptions.${id}`)]));
}

/** An exact origin: scheme, host and port, nothing else. */
export function checkedOrigin(value: string, field: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (
    !url ||
    !/^https?:$/.test(url.protocol) ||
    url.hostname.includes("*") ||
    url.origin !== value.replace(/\/$/, "").toLowerCase()
  ) {
    throw new SettingsError(field, "must hold exact origins, such as https://app.example");
  }
  return url.origin;
}

export function checkedProjectKey(key: string, field: string): string {
  if (key.length < MIN_PROJECT_KEY_LENGTH)
    throw new SettingsError(field, `must be at least ${MIN_PROJECT_KEY_LENGTH} characters long`);
  return checkedSecret(key, field);
}

function checkedAdminKey(key: string | undefined): string | undefined {
  if (key === undefined) return undefined;
  if (key.length < MIN_ADMIN_KEY_LENGTH)
    throw new SettingsError("ADMIN_KEY", `must be at least ${MIN_ADMIN_KEY_LENGTH} characters long`);
  return checkedSecret(key, "ADMIN_KEY");
}

function checkedMintSecret(secret: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64url(secret.replace(/=+$/, ""));
  if (!bytes) throw new SettingsError("MINT_SECRET", "is not base64url");
  if (bytes.length < MIN_SECRET_BYTES)
    throw new SettingsError("MINT_SECRET", `must hold at least ${MIN_SECRET_BYTES} bytes`);
  // 32 random bytes hold fewer than 16 different values once in about 10^15 times; "aaaa…" or "0123456789" over and over always do.
  if (new Set(bytes).size < 16) throw new SettingsError("MINT_SECRET", "is too regular to be random");
  return bytes;
}

function checkedHeaderName(name: string | undefined): string | undefined {
  if (name !== undefined && !/^[\w-]+$/.test(name))
    throw new SettingsError("CLIENT_ADDRESS_HEADER", "must be the name of one header");
  return name?.toLowerCase();
}

function checkedMaxBodyBytes(bytes: number): number {
  if (!Number.isSafeInteger(bytes) || bytes < 1024 || bytes > MAX_BODY_BYTES_ALLOWED) {
    throw new SettingsError("MAX_BODY_BYTES", `must be a whole number from 1024 to ${MAX_BODY_BYTES_ALLOWED}`);
  }
  return bytes;
}

function checkedResponsesTtl(seconds: number): number {
  if (!Number.isSafeInteger(seconds) || seconds < 0 || seconds > MAX_RESPONSES_TTL_SECONDS) {
    const range = `from 0 to ${MAX_RESPONSES_TTL_SECONDS}`;
    throw new SettingsError("RESPONSES_TTL_SECONDS", `must be a whole number of seconds ${range}`);
  }
  return seconds;
}

function schemaError(issue: v.BaseIssue<unknown>): SettingsError {
  const path = (v.getDotPath(issue) ?? "MINT_CONFIG").replace(/\.(\d+)(?=\.|$)/g, "[$1]");
  if (issue.type === "strict_object") {
    return new SettingsError(
      path,
      issue.expected === "never" ? "is not a known field" : "is missing, or not an object",
    );
  }
  // A message of our own says more than valibot's.
  if (issue.received !== "undefined" && /^(must|is) /.test(issue.message))
    return new SettingsError(path, issue.message);
  const expected = issue.expected ?? issue.type;
  return new SettingsError(path, issue.received === "undefined" ? "is missing" : `must be ${expected}`);
}
