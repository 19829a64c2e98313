/** Where the API stands on a mint-server; both prefixes serve the same routes. */
export const API_PREFIXES = ["/v1/proxy", "/v1"] as const;

/** The prefix that the worker sends to. */
export const PROXY_PREFIX = "/v1/proxy";

/** A public API host that the worker answers for: the prefix of its paths, and where they stand on the mint-server. */
export interface PublicHost {
  readonly origin: string;
  readonly pathPrefix: string;
  /** Below the mint-server's prefix, before the path's rest; empty or with a slash at its end. */
  readonly at: string;
}

/** The default base URLs of unmodified SDKs. A worker sees a page's request to these before any network or preflight. */
export const PUBLIC_HOSTS: readonly PublicHost[] = [
  { origin: "https://api.openai.com", pathPrefix: "/v1/", at: "" },
  { origin: "https://api.anthropic.com", pathPrefix: "/v1/", at: "anthropic/v1/" },
  { origin: "https://generativelanguage.googleapis.com", pathPrefix: "/v1beta/", at: "google/v1beta/" },
  { origin: "https://generativelanguage.googleapis.com", pathPrefix: "/v1/", at: "google/v1/" },
];
