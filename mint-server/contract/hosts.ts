/** Where the API stands on a mint-server; both prefixes serve the same routes. */
export const API_PREFIXES = ["/v1/proxy", "/v1"] as const;

/** The prefix that the worker sends to. */
export const PROXY_PREFIX = "/v1/proxy";

/** A public API host that the worker answers for, and where its paths start. */
export interface PublicHost {
  readonly origin: string;
  readonly pathPrefix: string;
}

/** The default base URLs of unmodified SDKs. A worker sees a page's request to these before any network or preflight. */
export const PUBLIC_HOSTS: readonly PublicHost[] = [{ origin: "https://api.openai.com", pathPrefix: "/v1" }];
