import { randomBytes } from "node:crypto";
import type { EndpointConfig } from "../../mint-server/config-schema.ts";
import type { Provider } from "../../mint-server/providers/provider.ts";
import { baseURLSettings, providers } from "../../mint-server/providers/table.ts";
import { serve } from "../support/serve.ts";
import type { RecordedRequest } from "../support/stand-in/log.ts";
import { type StandIn, startStandIn } from "../support/stand-in.ts";

const PROJECT_KEY = "project-key-of-the-provider-tests";
/** What a caller brings of their own. Must occur in no answer. */
export const CALLERS_KEY = "key-canary-of-the-caller-90d2";

/** Project key of the organisation whose one endpoint is this provider's: unmodified clients cannot name an endpoint. */
export function onlyKeyFor({ id }: Provider): string {
  return `project-key-of-only-${id}`;
}

/** What the server holds for a provider. The same holds. */
export function keyFor({ id }: Provider): string {
  return `key-canary-of-${id}-3e81`;
}

/** Path at the stand-in that stands for a provider's base. */
export function baseFor({ id }: Provider): string {
  return `/at-${id}/v0`;
}

/** The real server, with the stand-in as each provider of the table. */
export interface ProviderRig {
  readonly standIn: StandIn;
  /** Base URL of the API. */
  readonly url: string;
  /** Sends JSON, to the named endpoint if one is named, with the project key unless another key is given. */
  post(path: string, body: object | string, init?: PostInit): Promise<Response>;
  get(path: string): Promise<Response>;
  stop(): Promise<void>;
}

interface PostInit {
  readonly endpoint?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Starts it. Each endpoint lists `models` if they are given, and that of `custom` has them in the formats of `customModels`;
 * else the catalog and the rows say what it serves.
 */
export async function startProviders(
  models?: readonly string[],
  customModels?: EndpointConfig["customModels"],
): Promise<ProviderRig> {
  const standIn = await startStandIn();
  const origin = new URL(standIn.url).origin;
  const rows = providers().filter(({ id }) => models !== undefined || id !== "custom");
  const endpoints = rows.map((provider) => ({
    ...endpointFor(provider, origin, models),
    ...(provider.id === "custom" && customModels && { customModels }),
  }));
  const alone = rows.map((row, at) => [`only-${row.id}`, { keys: [onlyKeyFor(row)], endpoints: [endpoints[at]] }]);
  const server = await serve({
    settings: {
      MINT_SECRET: randomBytes(32).toString("base64url"),
      MINT_CONFIG: JSON.stringify({
        orgs: { default: { keys: [PROJECT_KEY], endpoints }, ...Object.fromEntries(alone) },
      }),
      ...Object.fromEntries(rows.map((row) => [baseURLSettings(row)[0] ?? "", `${origin}${baseFor(row)}`])),
      ...Object.fromEntries(
        rows.flatMap((row) => (row.needs ?? []).map((name) => [row.optionSettings?.[name] ?? "", `a-${name}`])),
      ),
    },
  });
  const api = `${server.url}/v1`;
  return {
    standIn,
    url: api,
    post: (path, body, { endpoint, key = PROJECT_KEY, headers } = {}) =>
      fetch(`${api}/${path}`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${key}`,
          "content-type": "application/json",
          ...(endpoint && { "x-bt-endpoint-name": endpoint }),
          // Each call is to reach its provider.
          "x-bt-use-cache": "never",
          ...headers,
        },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    get: (path) => fetch(`${api}/${path}`, { headers: { authorization: `Bearer ${PROJECT_KEY}` } }),
    async stop() {
      await server.stop();
      await standIn.stop();
    },
  };
}

function endpointFor(provider: Provider, origin: string, models?: readonly string[]): EndpointConfig {
  return {
    name: provider.id,
    provider: provider.id,
    ...(provider.auth === "none" ? {} : { apiKey: keyFor(provider) }),
    baseURL: `${origin}${baseFor(provider)}`,
    ...(models ? { models: [...models] } : {}),
    ...(provider.needs && provider.optionsField
      ? { [provider.optionsField]: Object.fromEntries(provider.needs.map((name) => [name, `a-${name}`])) }
      : {}),
  };
}

/** Headers in which keys travel. */
const KEY_HEADERS = ["authorization", "api-key", "x-api-key", "x-goog-api-key"] as const;

/** What of a recorded request tells whose key came, and how. */
export function authorityOf(request: RecordedRequest | undefined): Record<string, string | undefined> {
  return Object.fromEntries(KEY_HEADERS.map((name) => [name, request?.headers[name]]));
}

/** The authority that a row's calls should carry, and no other. */
export function expectedAuthority(
  { auth, wire }: Pick<Provider, "auth" | "wire">,
  key: string,
): Record<string, string | undefined> {
  const headers: Record<string, string | undefined> = Object.fromEntries(KEY_HEADERS.map((name) => [name, undefined]));
  if (auth === "bearer") headers.authorization = `Bearer ${key}`;
  const keyHeader = wire === "anthropic" ? "x-api-key" : wire === "google" ? "x-goog-api-key" : "api-key";
  if (auth === "api-key") headers[keyHeader] = key;
  return headers;
}
