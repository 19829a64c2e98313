import type { EndpointConfig, OrgConfig } from "../config-schema.ts";
import { baseURLOf } from "../endpoint-config.ts";

/** A field of an organisation that holds a secret, and all that its secret is bound to. */
export interface SecretField {
  /** Where it stands, such as `endpoints[0].apiKey`: for errors. */
  readonly path: string;
  /** What it is, in whatever order the endpoints stand, such as `endpoint openai apiKey`. */
  readonly name: string;
  /** Index of its endpoint; absent where it belongs to none. */
  readonly endpoint?: number;
}

/** Gives a secret's replacement. */
export type Replace = (value: unknown, field: SecretField) => string | Promise<string>;

/** An organisation with each of its secrets replaced; everything else is as it was. */
export async function replaceSecrets(org: OrgConfig, replace: Replace): Promise<OrgConfig> {
  const endpoints: EndpointConfig[] = [];
  for (const [index, endpoint] of (org.endpoints ?? []).entries())
    endpoints.push(await replaceInEndpoint(endpoint, index, replace));
  const { sessions } = org;
  const authorize = sessions?.authorize;
  const isChallenge = typeof authorize === "object" && authorize.type === "turnstile";
  return {
    ...org,
    ...(org.endpoints && { endpoints }),
    ...(sessions &&
      isChallenge && {
        sessions: {
          ...sessions,
          authorize: { ...authorize, secretKey: await replace(authorize.secretKey, CHALLENGE) },
        },
      }),
  };
}

const CHALLENGE: SecretField = { path: "sessions.authorize.secretKey", name: "sessions secretKey" };

async function replaceInEndpoint(endpoint: EndpointConfig, index: number, replace: Replace): Promise<EndpointConfig> {
  const { apiKey, headers, aws, google } = endpoint;
  const at = (member: string): SecretField => ({
    path: `endpoints[${index}].${member}`,
    // Names of headers have no case.
    name: `endpoint ${JSON.stringify(endpoint.name)} ${member.startsWith("headers.") ? member.toLowerCase() : member}`,
    endpoint: index,
  });
  const members = async <T extends object>(group: T | undefined, prefix: string, names: readonly string[]) => {
    const replaced: Record<string, unknown> = { ...group };
    for (const name of names) {
      if (replaced[name] !== undefined) replaced[name] = await replace(replaced[name], at(`${prefix}.${name}`));
    }
    return replaced as T;
  };
  return {
    ...endpoint,
    ...(apiKey !== undefined && { apiKey: await replace(apiKey, at("apiKey")) }),
    ...(headers && { headers: await members(headers, "headers", Object.keys(headers)) }),
    ...(aws && { aws: await members(aws, "aws", ["accessKeyId", "secretAccessKey", "sessionToken"]) }),
    ...(google && { google: await members(google, "google", ["serviceAccount", "accessToken"]) }),
  };
}

/**
 * What a field's secret is sealed with: the organisation, the endpoint, its provider and the address that it is sent to.
 * A default address is bound by its origin alone: a new version of this server may know another path there.
 *
 * @throws {SettingsError} if the endpoint is one that this server cannot have.
 */
export function labelOf(org: string, config: OrgConfig, { name, endpoint: index }: SecretField): string {
  if (index === undefined) {
    const authorize = config.sessions?.authorize;
    const verifyURL = typeof authorize === "object" && authorize.type === "turnstile" ? authorize.verifyURL : undefined;
    return JSON.stringify(["secret", org, name, "turnstile", verifyURL ?? ""]);
  }
  const endpoint = config.endpoints?.[index];
  if (!endpoint) throw new TypeError(`no endpoint ${index}`);
  const baseURL = baseURLOf(endpoint, `endpoints[${index}]`);
  const address = endpoint.baseURL === undefined ? new URL(baseURL).origin : baseURL;
  return JSON.stringify(["secret", org, name, endpoint.provider, address]);
}
