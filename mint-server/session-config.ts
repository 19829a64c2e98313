import { checkedBaseURL, checkedSecret, checkedURL } from "./checked-values.ts";
import type { SessionsConfig } from "./config-schema.ts";
import type { Feature, Limits } from "./contract/credential.ts";
import { GRANTABLE_ENDPOINTS } from "./contract/endpoints.ts";
import type { Template } from "./credentials/template.ts";
import { SettingsError } from "./settings-error.ts";

/** Who may come in from a browser, and what they get. */
export interface SessionPolicy {
  readonly authorize: SessionsConfig["authorize"];
  readonly ttlSeconds: number;
  readonly models?: readonly string[];
  readonly endpoints?: readonly string[];
  readonly features?: readonly Feature[];
  /** With `per`. */
  readonly limits?: Limits;
  /** Names of the organisation's templates of which every browser must take one. */
  readonly templates?: readonly string[];
  /** How many may come in a minute. */
  readonly rate: DoorRate;
}

export interface DoorRate {
  /** From one network. */
  readonly network: number;
  /** From all of those whose network is not known. */
  readonly unknown: number;
}

const DEFAULT_TTL_SECONDS = 600;
const DEFAULT_PER_MINUTE = 60;
/** How many networks' worth may come from where networks cannot be told apart. */
const UNKNOWN_SHARE = 10;

/** @throws {SettingsError} at the first field that is wrong. */
export function compileSessions(
  sessions: SessionsConfig,
  offered: ReadonlyMap<string, Template>,
  field: string,
): SessionPolicy {
  const {
    authorize,
    ttlSeconds = DEFAULT_TTL_SECONDS,
    models,
    endpoints,
    features,
    limits,
    templates,
    rate,
  } = sessions;
  checkAuthorize(authorize, `${field}.authorize`);
  if (endpoints?.some((endpoint) => !GRANTABLE_ENDPOINTS.includes(endpoint)))
    throw new SettingsError(`${field}.endpoints`, "holds a name that is no endpoint of the API");
  const unknown = templates?.findIndex((name) => !offered.has(name)) ?? -1;
  if (unknown >= 0) throw new SettingsError(`${field}.templates[${unknown}]`, "names no template of the organisation");
  const perMinute = rate?.perMinute ?? DEFAULT_PER_MINUTE;
  return {
    authorize,
    ttlSeconds,
    rate: { network: perMinute, unknown: perMinute * UNKNOWN_SHARE },
    ...(models && { models }),
    ...(endpoints && { endpoints }),
    ...(features && features.length > 0 && { features }),
    // Counted by credential, a limit would end where a browser asks for the next one.
    ...(limits && { limits: { per: "day", ...limits } }),
    ...(templates && { templates }),
  };
}

function checkAuthorize(authorize: SessionsConfig["authorize"], field: string): void {
  if (typeof authorize === "function") return;
  switch (authorize.type) {
    case "anonymous":
      return;
    case "oidc":
      checkedBaseURL(authorize.issuer, `${field}.issuer`);
      if (authorize.jwksURL) checkedBaseURL(authorize.jwksURL, `${field}.jwksURL`);
      return;
    case "turnstile":
      checkedSecret(authorize.secretKey, `${field}.secretKey`);
      if (authorize.verifyURL) checkedURL(authorize.verifyURL, `${field}.verifyURL`);
      return;
    case "callback":
      checkedURL(authorize.url, `${field}.url`);
  }
}
