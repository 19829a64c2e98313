import { checkedBaseURL, checkedSecret } from "./checked-values.ts";
import type { AwsConfig, EndpointConfig, GoogleConfig, OptionsConfig } from "./config-schema.ts";
import { pathSegment } from "./providers/address.ts";
import { type AwsKeys, createAwsAuthority } from "./providers/aws.ts";
import { createGoogleAuthority, GOOGLE_TOKEN_URL, type ServiceAccount } from "./providers/google-auth.ts";
import type { Authority, EndpointOptions } from "./providers/provider.ts";
import { SettingsError } from "./settings-error.ts";

/** What only some providers need to be told, and what each member must look like: all of it becomes part of URLs. */
const PATTERNS = {
  apiVersion: [/^[\w.-]+$/, "must be a version such as 2024-10-21"],
  region: [/^[a-z][a-z0-9]*(-[a-z0-9]+)+$/, "must be a region such as us-east-1"],
  project: [/^[a-z0-9]+(-[a-z0-9]+)*$/, "must be the id or the number of a project"],
  location: [/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "must be a location such as europe-west1 or global"],
} as const satisfies Partial<Record<keyof EndpointOptions, readonly [RegExp, string]>>;

const MEMBERS = Object.keys(PATTERNS) as (keyof typeof PATTERNS)[];

/** Checks what only one provider needs, and leaves secrets out. `field` leads to it, for errors. */
export function compileOptions(config: Partial<OptionsConfig>, field: string): EndpointOptions {
  const options: { -readonly [member in keyof EndpointOptions]: EndpointOptions[member] } = {};
  for (const member of MEMBERS) {
    const value = config[member];
    if (value === undefined) continue;
    const [pattern, problem] = PATTERNS[member];
    // A label of a host name holds no more (RFC 1035 §2.3.4).
    if (!pattern.test(value) || value.length > 63) throw new SettingsError(`${field}.${member}`, problem);
    options[member] = value;
  }
  if (config.deployments === undefined) return options;
  for (const [model, name] of Object.entries(config.deployments)) {
    if (pathSegment(name) === undefined) {
      throw new SettingsError(`${field}.deployments.${model}`, "cannot be part of a URL's path");
    }
  }
  return { ...options, deployments: new Map(Object.entries(config.deployments)) };
}

interface AuthorityParts extends Pick<EndpointConfig, "aws" | "google"> {
  readonly options: EndpointOptions;
  readonly field: string;
}

/** What works out an endpoint's authority, where its secrets do not travel as they are. */
export function compileAuthority({ aws, google, options, field }: AuthorityParts): Authority | undefined {
  const keys = aws && compileAwsKeys(aws, options, `${field}.aws`);
  if (keys) return createAwsAuthority(keys);
  const account = google && compileServiceAccount(google, `${field}.google.serviceAccount`);
  return account && createGoogleAuthority(account);
}

function compileAwsKeys(aws: AwsConfig, { region }: EndpointOptions, field: string): AwsKeys | undefined {
  const { accessKeyId, secretAccessKey, sessionToken } = aws;
  if (accessKeyId === undefined && secretAccessKey === undefined && sessionToken === undefined) return undefined;
  if (accessKeyId === undefined) throw new SettingsError(`${field}.accessKeyId`, "is missing");
  if (secretAccessKey === undefined) throw new SettingsError(`${field}.secretAccessKey`, "is missing");
  if (region === undefined) throw new SettingsError(`${field}.region`, "is missing");
  return {
    region,
    accessKeyId: checkedSecret(accessKeyId, `${field}.accessKeyId`),
    secretAccessKey: checkedSecret(secretAccessKey, `${field}.secretAccessKey`),
    ...(sessionToken === undefined ? {} : { sessionToken: checkedSecret(sessionToken, `${field}.sessionToken`) }),
  };
}

/** A service account's key file, as an object or as its text. Nothing of it is in an error. */
function compileServiceAccount({ serviceAccount }: GoogleConfig, field: string): ServiceAccount | undefined {
  if (serviceAccount === undefined) return undefined;
  const file = typeof serviceAccount === "string" ? parseKeyFile(serviceAccount, field) : serviceAccount;
  const member = (name: string): string => {
    const value = file[name];
    if (typeof value !== "string" || value === "") throw new SettingsError(`${field}.${name}`, "is missing");
    return value;
  };
  const privateKey = member("private_key").trim();
  if (!/^-----BEGIN PRIVATE KEY-----[\sA-Za-z0-9+/=]+-----END PRIVATE KEY-----$/.test(privateKey)) {
    throw new SettingsError(`${field}.private_key`, "is no PEM of a private key");
  }
  return {
    clientEmail: member("client_email"),
    privateKey,
    ...(file.private_key_id === undefined ? {} : { privateKeyId: member("private_key_id") }),
    tokenURL: file.token_uri === undefined ? GOOGLE_TOKEN_URL : checkedTokenURL(member("token_uri"), field),
  };
}

/** An assertion's audience is the address as the file spells it. */
function checkedTokenURL(value: string, field: string): string {
  checkedBaseURL(value, `${field}.token_uri`);
  return value;
}

function parseKeyFile(text: string, field: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) {
      return parsed as Record<string, unknown>;
    }
  } catch {
    // The same as JSON that is no object.
  }
  throw new SettingsError(field, "must be a service account's key file: a JSON object, or its text");
}
